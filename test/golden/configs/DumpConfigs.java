import java.util.*;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.coordinator.group.GroupConfig;
import org.apache.kafka.server.config.*;
import org.apache.kafka.server.metrics.ClientMetricsConfigs;
import org.apache.kafka.storage.internals.log.LogConfig;

/** Prints every config that Kafka knows as JSON, one a line: [name, type, default, valid values, update mode, internal]. */
public class DumpConfigs {
  static String quoted(String text) {
    return text == null ? "null" : '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  static String rows(ConfigDef def, Map<String, String> modes) {
    StringJoiner rows = new StringJoiner(",\n", "[\n", "\n]");
    for (ConfigDef.ConfigKey key : new TreeMap<>(def.configKeys()).values()) {
      String fallback = key.hasDefault() ? ConfigDef.convertToString(key.defaultValue, key.type) : "REQUIRED";
      String valid = key.validator == null ? null : key.validator.toString();
      String mode = modes == null ? null : modes.getOrDefault(key.name, "read-only");
      rows.add("[" + String.join(", ", quoted(key.name), quoted(key.type.name()), quoted(fallback), quoted(valid),
          quoted(mode), String.valueOf(key.internalConfig)) + "]");
    }
    return rows.toString();
  }

  static String topicSynonyms() {
    StringJoiner rows = new StringJoiner(",\n", "{\n", "\n}");
    new TreeMap<>(ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS).forEach((name, synonyms) -> {
      StringJoiner list = new StringJoiner(", ", "[", "]");
      synonyms.forEach(each -> list.add("[" + quoted(each.name()) + ", " + each.converter().apply("1") + "]"));
      rows.add(quoted(name) + ": " + list);
    });
    return rows.toString();
  }

  static String groupSynonyms() {
    StringJoiner rows = new StringJoiner(",\n", "{\n", "\n}");
    new TreeMap<>(GroupConfig.ALL_GROUP_CONFIG_SYNONYMS)
        .forEach((name, synonym) -> rows.add(quoted(name) + ": " + quoted(synonym.orElse(null))));
    return rows.toString();
  }

  static String brokerSynonyms() {
    StringJoiner rows = new StringJoiner(",\n", "{\n", "\n}");
    for (String name : new TreeSet<>(AbstractKafkaConfig.CONFIG_DEF.names())) {
      StringJoiner list = new StringJoiner(", ", "[", "]");
      DynamicBrokerConfig.brokerConfigSynonyms(name, true).forEach(each -> list.add(quoted(each)));
      rows.add(quoted(name) + ": " + list);
    }
    return rows.toString();
  }

  public static void main(String[] arguments) {
    Map<String, String> modes = DynamicBrokerConfig.dynamicConfigUpdateModes();
    System.out.println("{\n\"topic\": " + rows(LogConfig.configDefCopy(), null)
        + ",\n\"broker\": " + rows(AbstractKafkaConfig.CONFIG_DEF, modes)
        + ",\n\"group\": " + rows(GroupConfig.CONFIG_DEF, null)
        + ",\n\"clientMetrics\": " + rows(ClientMetricsConfigs.configDef(), null)
        + ",\n\"topicSynonyms\": " + topicSynonyms()
        + ",\n\"groupSynonyms\": " + groupSynonyms()
        + ",\n\"brokerSynonyms\": " + brokerSynonyms() + "\n}");
  }
}
