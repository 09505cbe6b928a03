import java.io.*;
import java.lang.reflect.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.common.utils.Exit;

/**
 * What Kafka's command-line tools print. Run: java -cp 'LIBS/*:CLASSES' Tools BOOTSTRAP
 *
 * Every tool runs in this one JVM, as starting one takes longer than most tools do. Prints a line for each check:
 * "ok NAME" or "failed NAME: WHY".
 */
public class Tools extends Frame {
  /** How a tool ended and what it printed, on both streams, with words set apart by one space. */
  record Printed(int exitCode, String text) {
    Printed has(String... parts) {
      for (String part : parts) {
        if (!text.contains(part)) throw new AssertionError("no \"" + part + "\" in: " + text);
      }
      return this;
    }

    Printed matches(String regex) {
      if (!Pattern.compile(regex).matcher(text).find()) throw new AssertionError("no " + regex + " in: " + text);
      return this;
    }

    Printed hasNot(String... parts) {
      for (String part : parts) {
        if (text.contains(part)) throw new AssertionError("\"" + part + "\" in: " + text);
      }
      return this;
    }

    List<String> lines() {
      return text.lines().filter(line -> !line.isEmpty()).toList();
    }
  }

  /** How a tool's process would have ended, and how much it had printed until then. */
  record End(int code, int printed) {}

  /** Leaves a tool that ends its process. Tools that catch this one too go on and end once more. */
  static class Ended extends Error {
    Ended() {
      super("", null, false, false);
    }
  }

  static final String TOOLS = "org.apache.kafka.tools.";
  static final Duration CHECK_DEADLINE = Duration.ofSeconds(60);
  static final PrintStream STDOUT = System.out;
  static final Map<String, Check> CHECKS = new LinkedHashMap<>();
  static final List<Runnable> hooks = Collections.synchronizedList(new ArrayList<>());
  static volatile ByteArrayOutputStream captured;
  static volatile End end;
  static String brokerId;
  static Path folder;

  public static void main(String[] args) throws Exception {
    connect(args, Map.of());
    Set<String> chosen = Set.of(args).size() > 1 ? Set.of(args) : null;
    folder = Files.createTempDirectory("odradek-tools-");
    Exit.setExitProcedure(Tools::ended);
    Exit.setHaltProcedure(Tools::ended);
    Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
    brokerId = String.valueOf(admin.describeCluster().nodes().get().iterator().next().id());
    TopicTools.checks();
    ClientTools.checks();
    GroupTools.checks();
    ClusterTools.checks();
    CHECKS.forEach((name, check) -> {
      if (chosen == null || chosen.contains(name)) within(CHECK_DEADLINE, name, check);
    });
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) Files.delete(file);
    }
    Files.delete(folder);
    STDOUT.flush();
    Runtime.getRuntime().halt(0);
  }

  static void ended(int code, String message) {
    if (end == null) {
      if (message != null) System.out.println(message);
      end = new End(code, captured.size());
    }
    throw new Ended();
  }

  /** Runs a check. A tool that does not come to its end ends all: nothing could follow it in this JVM. */
  static void within(Duration time, String name, Check check) {
    Thread runner = new Thread(() -> STDOUT.println(outcome(name, check)));
    runner.setDaemon(true);
    runner.start();
    try {
      runner.join(time.toMillis());
      if (!runner.isAlive()) return;
    } catch (InterruptedException error) {
      throw new AssertionError(error);
    }
    String printed = captured.toString(StandardCharsets.UTF_8).replace('\n', '|');
    STDOUT.println("failed " + name + ": not done after " + time + ", having printed: " + printed + " at "
        + Arrays.toString(runner.getStackTrace()));
    Runtime.getRuntime().halt(1);
  }

  /** Runs a tool that has to succeed. Its options are those of `args`, split at spaces, and the broker's address. */
  static Printed tool(String name, String args, String... more) throws Exception {
    Printed printed = toolWith("", name, args, more);
    if (printed.exitCode != 0) throw new AssertionError(name + " " + args + " ended with " + printed);
    return printed;
  }

  /** Runs a tool that has to say in its exit code that it failed. */
  static Printed refused(String name, String args, String... more) throws Exception {
    Printed printed = toolWith("", name, args, more);
    if (printed.exitCode == 0) throw new AssertionError(name + " " + args + " succeeded: " + printed.text);
    return printed;
  }

  static Printed toolWith(String input, String name, String args, String... more) throws Exception {
    List<String> all = new ArrayList<>(List.of("--bootstrap-server", bootstrap));
    if (!args.isBlank()) all.addAll(List.of(args.trim().split(" +")));
    all.addAll(List.of(more));
    return mainOf(input, name.contains(".admin.") ? name : TOOLS + name, all);
  }

  static Printed mainOf(String input, String className, List<String> args) throws Exception {
    Class<?> tool = Class.forName(className);
    // The console's consumers count what they have printed in a static field.
    for (Field field : tool.getDeclaredFields()) {
      if (!field.getName().equals("messageCount")) continue;
      field.setAccessible(true);
      field.setInt(null, 0);
    }
    captured = new ByteArrayOutputStream();
    end = null;
    hooks.clear();
    PrintStream stderr = System.err;
    InputStream stdin = System.in;
    var capturing = new PrintStream(captured, true, StandardCharsets.UTF_8);
    System.setOut(capturing);
    System.setErr(capturing);
    System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
    try {
      tool.getMethod("main", String[].class).invoke(null, (Object) args.toArray(new String[0]));
    } catch (InvocationTargetException error) {
      if (!(error.getCause() instanceof Ended)) {
        capturing.println(error.getCause());
        if (end == null) end = new End(1, captured.size());
      }
    }
    byte[] printed = Arrays.copyOf(captured.toByteArray(), end == null ? captured.size() : end.printed);
    captured.reset();
    // What a tool does when its process ends: some print their results then.
    for (Runnable hook : List.copyOf(hooks)) hook.run();
    System.setOut(STDOUT);
    System.setErr(stderr);
    System.setIn(stdin);
    String text = new String(printed, StandardCharsets.UTF_8) + captured.toString(StandardCharsets.UTF_8);
    return printed(end == null ? 0 : end.code, text);
  }

  static Printed printed(int code, String text) {
    // What Kafka's consumers say of their newer protocol whenever they speak the classic one.
    String own = text.replaceAll("(?m)^The consumer rebalance protocol \\(KIP-848\\).*\\n", "");
    return new Printed(code, own.replaceAll("[ \t]+", " ").replaceAll("(?m)^ | $", ""));
  }

  /** For a tool that tells its results when its process ends. */
  static Printed process(String name, String args) throws Exception {
    List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"),
        "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
        "-cp", System.getProperty("java.class.path"), TOOLS + name, "--bootstrap-server", bootstrap));
    command.addAll(List.of(args.split(" +")));
    Path output = Files.createTempFile(folder, "tool", ".txt");
    Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    if (!process.waitFor(deadline.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new AssertionError(name + " did not end: " + Files.readString(output));
    }
    Printed printed = printed(process.exitValue(), Files.readString(output));
    if (printed.exitCode != 0) throw new AssertionError(name + " " + args + " ended with " + printed);
    return printed;
  }

  static String file(String content) throws IOException {
    Path file = Files.createTempFile(folder, "tool", ".txt");
    Files.writeString(file, content);
    return file.toString();
  }

  static void send(String topic, int partition, int count) throws Exception {
    try (var producer = producer(Map.of())) {
      for (int at = 0; at < count; at++) {
        producer.send(new ProducerRecord<>(topic, partition, 1_700_000_000_000L + at * 1000L, "key" + at, "value" + at));
      }
      producer.flush();
    }
  }

  /** The name of a share group that begins with the first record. */
  static String shareGroup() throws Exception {
    String group = unique("share");
    var resource = new ConfigResource(ConfigResource.Type.GROUP, group);
    var set = new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);
    admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all().get();
    settled(() -> expect(admin.describeConfigs(List.of(resource)).all().get().get(resource)
        .get("share.auto.offset.reset").value(), "earliest"));
    return group;
  }

  static KafkaConsumer<String, String> consumer(String group, Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "group.id", group,
        "client.id", "client-of-" + group, "auto.offset.reset", "earliest"));
    config.putAll(more);
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }

  /** Runs what the tool is to see while a member of the group has its partitions. */
  static void whileConsuming(String group, String topic, int records, Map<String, Object> more, Check check)
      throws Exception {
    try (var consumer = consumer(group, more)) {
      consumer.subscribe(List.of(topic));
      int[] read = {0};
      waitUntil(() -> (read[0] += consumer.poll(Duration.ofMillis(50)).count()) >= records);
      consumer.commitSync();
      check.run();
    }
  }
}
