import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Writes what Kafka's own classes encode; README.md beside this file says how to run it. */
public class GoldenBytes {
  static final String[] PACKAGES = {
    "org.apache.kafka.common.message.",
    "org.apache.kafka.coordinator.group.generated.",
    "org.apache.kafka.coordinator.share.generated.",
    "org.apache.kafka.coordinator.transaction.generated.",
    "org.apache.kafka.server.log.remote.metadata.storage.generated.",
  };
  static final String[] JARS = {
    "kafka-clients", "kafka-group-coordinator", "kafka-share-coordinator", "kafka-transaction-coordinator", "kafka-storage",
  };
  static final String LETTERS = "abcdefghijklmnopqrstuvwxyz\u00e4\u00df\u65e5";

  static Map<String, JsonNode> structs = new HashMap<>();

  public static void main(String[] arguments) throws Exception {
    Map<String, JsonNode> declarations = readDeclarations(Path.of(arguments[0]), arguments[1]);
    PrintStream out = new PrintStream(System.out, false, "UTF-8");
    for (JsonNode declaration : declarations.values()) {
      String name = declaration.get("name").asText();
      if (!isWanted(declaration, declarations)) continue;
      int[] valid = range(declaration.get("validVersions").asText());
      structs.clear();
      if (declaration.has("commonStructs"))
        for (JsonNode struct : declaration.get("commonStructs")) structs.put(struct.get("name").asText(), struct.get("fields"));
      for (int version = valid[0]; version <= valid[1]; version++)
        for (String seed : List.of("a", "b")) {
          Message message = (Message) fill(classOf(declaration), declaration.get("fields"), version, seed + "/" + name);
          out.println(name + " " + version + " " + seed + " " + Base64.getEncoder().encodeToString(encode(message, (short) version)));
        }
    }
    out.flush();
  }

  static boolean isWanted(JsonNode declaration, Map<String, JsonNode> declarations) {
    if (range(declaration.get("validVersions").asText()) == null) return false;
    String type = declaration.get("type").asText();
    if (type.startsWith("coordinator") || type.equals("header")) return true;
    String name = declaration.get("name").asText();
    if (type.equals("data"))
      return Set.of("ConsumerProtocolSubscription", "ConsumerProtocolAssignment", "ControlRecordTypeSchema", "EndTxnMarker",
          "AbortedTxn", "ProducerSnapshot").contains(name);
    JsonNode request = declarations.get(name.replaceAll("(Request|Response)$", "Request"));
    if (!request.has("listeners")) return false;
    for (JsonNode listener : request.get("listeners")) if (listener.asText().equals("broker")) return true;
    return false;
  }

  static Map<String, JsonNode> readDeclarations(Path folder, String kafkaVersion) throws Exception {
    ObjectMapper mapper = new ObjectMapper().configure(JsonParser.Feature.ALLOW_COMMENTS, true);
    Map<String, JsonNode> declarations = new TreeMap<>();
    for (String jar : JARS)
      try (ZipFile zip = new ZipFile(folder.resolve(jar + "-" + kafkaVersion + ".jar").toFile())) {
        for (ZipEntry entry : (Iterable<ZipEntry>) zip.stream().map(ZipEntry.class::cast)::iterator) {
          if (!entry.getName().matches("(common/)?message/[A-Za-z]+\\.json")) continue;
          JsonNode declaration = mapper.readTree(zip.getInputStream(entry));
          declarations.put(declaration.get("name").asText(), declaration);
        }
      }
    return declarations;
  }

  static Class<?> classOf(JsonNode declaration) throws Exception {
    String name = declaration.get("name").asText();
    for (String suffix : List.of("Data", ""))
      for (String prefix : PACKAGES)
        try {
          return Class.forName(prefix + name + suffix);
        } catch (ClassNotFoundException notHere) {
          continue;
        }
    throw new ClassNotFoundException(name);
  }

  static byte[] encode(Message message, short version) {
    ObjectSerializationCache cache = new ObjectSerializationCache();
    ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
    message.write(new ByteBufferAccessor(buffer), cache, version);
    return buffer.array();
  }

  static Object fill(Class<?> type, JsonNode fields, int version, String path) throws Exception {
    Object object = type.getConstructor().newInstance();
    for (JsonNode field : fields) {
      String versions = field.has("versions") ? field.get("versions").asText() : field.get("taggedVersions").asText();
      if (!contains(versions, version)) continue;
      String name = field.get("name").asText();
      name = Character.toLowerCase(name.charAt(0)) + name.substring(1);
      Method setter = null;
      for (Method method : type.getMethods())
        if (method.getName().equals("set" + Character.toUpperCase(name.charAt(0)) + name.substring(1))) setter = method;
      boolean nullable = field.has("nullableVersions") && contains(field.get("nullableVersions").asText(), version);
      setter.invoke(object, value(field, field.get("type").asText(), setter.getParameterTypes()[0],
          setter.getGenericParameterTypes()[0], nullable, version, path + "/" + name));
    }
    return object;
  }

  @SuppressWarnings("unchecked")
  static Object value(JsonNode field, String type, Class<?> javaType, java.lang.reflect.Type generic, boolean nullable,
      int version, String path) throws Exception {
    int hash = hash(path);
    if (type.startsWith("[]")) {
      if (nullable && Integer.remainderUnsigned(hash, 5) == 0) return null;
      String element = type.substring(2);
      Collection<Object> list = javaType == List.class ? new ArrayList<>() : (Collection<Object>) javaType.getConstructor().newInstance();
      Class<?> elementType = null;
      if (Character.isUpperCase(element.charAt(0)))
        elementType = javaType == List.class
            ? (Class<?>) ((ParameterizedType) generic).getActualTypeArguments()[0]
            : (Class<?>) ((ParameterizedType) javaType.getGenericSuperclass()).getActualTypeArguments()[0];
      for (int index = 0; index < (hash >>> 8) % 3; index++)
        list.add(value(field, element, elementType, null, false, version, path + "/" + index));
      return list;
    }
    switch (type) {
      case "bool": return (hash & 1) == 1;
      case "int8": return (byte) hash;
      case "int16": return (short) hash;
      case "uint16": return hash & 0xffff;
      case "int32": return hash;
      case "uint32": return Integer.toUnsignedLong(hash);
      case "int64": return (long) (hash(path + "#2") >> 11) * 0x1_0000_0000L + Integer.toUnsignedLong(hash);
      case "float64": return hash / 1024.0;
      case "uuid": return new Uuid(word(path, 0) << 32 | word(path, 1), word(path, 2) << 32 | word(path, 3));
      case "string": return nullable && Integer.remainderUnsigned(hash, 4) == 0 ? null : text(hash);
      case "records": return nullable && Integer.remainderUnsigned(hash, 4) == 0 ? null : MemoryRecords.readableRecords(ByteBuffer.wrap(blob(hash)));
      case "bytes":
        if (nullable && Integer.remainderUnsigned(hash, 4) == 0) return null;
        return javaType == ByteBuffer.class ? ByteBuffer.wrap(blob(hash)) : blob(hash);
      default:
        if (nullable && Integer.remainderUnsigned(hash, 3) == 0) return null;
        return fill(javaType, field.has("fields") ? field.get("fields") : structs.get(type), version, path);
    }
  }

  static String text(int hash) {
    int length = (hash >>> 16) % 8 == 0 ? 150 : (hash >>> 8) % 12;
    StringBuilder text = new StringBuilder();
    for (int index = 0; index < length; index++) text.append(LETTERS.charAt(Integer.remainderUnsigned(hash >>> (index % 16), 29)));
    return text.toString();
  }

  static byte[] blob(int hash) {
    byte[] bytes = new byte[(hash >>> 16) % 16 == 0 ? 200 : (hash >>> 8) % 20];
    for (int index = 0; index < bytes.length; index++) bytes[index] = (byte) (hash >>> (index % 24));
    return bytes;
  }

  static long word(String path, int index) {
    return Integer.toUnsignedLong(hash(path + "#" + index));
  }

  /** FNV-1a. */
  static int hash(String path) {
    int hash = 0x811c9dc5;
    for (int index = 0; index < path.length(); index++) hash = (hash ^ path.charAt(index)) * 0x01000193;
    return hash;
  }

  static boolean contains(String versions, int version) {
    int[] range = range(versions);
    return range != null && version >= range[0] && version <= range[1];
  }

  static int[] range(String versions) {
    if (versions.equals("none")) return null;
    if (versions.endsWith("+")) return new int[] {Integer.parseInt(versions.substring(0, versions.length() - 1)), Short.MAX_VALUE};
    String[] ends = versions.split("-");
    return new int[] {Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])};
  }
}
