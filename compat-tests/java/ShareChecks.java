import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.*;

/**
 * What Kafka's share consumer expects of a broker (KIP-932). Run: java -cp 'LIBS/*:CLASSES' ShareChecks BOOTSTRAP
 */
public class ShareChecks extends Frame {
  public static void main(String[] args) {
    connect(args, Map.of());
    deadline = Duration.ofSeconds(40);
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("implicit", ShareChecks::implicit);
    checks.put("explicit", ShareChecks::explicit);
    checks.put("two", ShareChecks::two);
    checks.put("dies", ShareChecks::dies);
    checks.put("adminShareGroups", ShareChecks::adminShareGroups);
    if (version().compareTo("4.4") >= 0) checks.put("deadLetters", ShareChecks::deadLetters);
    run(checks);
  }

  /** Of the client. */
  static String version() {
    return admin.metrics().values().stream()
        .filter(metric -> metric.metricName().group().equals("app-info") && metric.metricName().name().equals("version"))
        .findFirst().orElseThrow().metricValue().toString();
  }

  /** A share group that begins at the start of its topics. */
  static String newGroup() throws Exception {
    String group = unique("share-group");
    var entry = new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET);
    admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, group), List.of(entry)))
        .all().get();
    return group;
  }

  static void send(String topic, int count) throws Exception {
    try (var producer = producer(Map.of())) {
      for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(topic, "" + i, "v" + i));
    }
  }

  static KafkaShareConsumer<String, String> consumer(String group, String mode, String topic) {
    var deserializer = new StringDeserializer();
    Map<String, Object> config = Map.of("bootstrap.servers", bootstrap, "group.id", group,
        "share.acknowledgement.mode", mode);
    var consumer = new KafkaShareConsumer<>(config, deserializer, deserializer);
    consumer.subscribe(List.of(topic));
    return consumer;
  }

  static void implicit() throws Exception {
    String topic = newTopic(3);
    send(topic, 1000);
    List<String> seen = new ArrayList<>();
    try (var consumer = consumer(newGroup(), "implicit", topic)) {
      waitUntil(() -> {
        consumer.poll(Duration.ofMillis(100)).forEach(record -> seen.add(record.value()));
        return seen.size() >= 1000;
      });
      consumer.commitSync();
      expect(consumer.poll(Duration.ofMillis(500)).count(), 0);
    }
    expect(seen.size() + "/" + new HashSet<>(seen).size(), "1000/1000");
  }

  static void explicit() throws Exception {
    String topic = newTopic(1);
    send(topic, 9);
    Map<String, Integer> deliveries = new TreeMap<>();
    Set<String> done = new HashSet<>();
    try (var consumer = consumer(newGroup(), "explicit", topic)) {
      waitUntil(() -> {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          int count = deliveries.merge(record.value(), 1, Integer::sum);
          expect(record.deliveryCount().get().intValue(), count);
          int rest = Integer.parseInt(record.value().substring(1)) % 3;
          if (rest == 0 && count == 1) consumer.acknowledge(record, AcknowledgeType.RELEASE);
          else {
            consumer.acknowledge(record, rest == 1 ? AcknowledgeType.REJECT : AcknowledgeType.ACCEPT);
            done.add(record.value());
          }
        }
        for (var result : consumer.commitSync().values()) expect(result, Optional.empty());
        return done.size() == 9;
      });
      expect(consumer.poll(Duration.ofMillis(500)).count(), 0);
    }
    expect(deliveries.toString(), "{v0=2, v1=1, v2=1, v3=2, v4=1, v5=1, v6=2, v7=1, v8=1}");
  }

  /** Dead-letter topics of share groups (KIP-1191). */
  static void deadLetters() throws Exception {
    String topic = newTopic(1);
    String group = newGroup();
    String dead = "dlq." + topic;
    create(dead, 1, 1, Map.of("errors.deadletterqueue.group.enable", "true"));
    List<AlterConfigOp> settings = new ArrayList<>();
    Map.of("topic.name", dead, "copy.record.enable", "true").forEach((name, value) -> settings.add(
        new AlterConfigOp(new ConfigEntry("errors.deadletterqueue." + name, value), AlterConfigOp.OpType.SET)));
    admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, group), settings)).all().get();
    send(topic, 6);
    Map<String, String> letters = new TreeMap<>();
    try (var consumer = consumer(group, "explicit", topic); var reader = consumer(Map.of())) {
      var partition = new TopicPartition(dead, 0);
      reader.assign(List.of(partition));
      reader.seekToBeginning(List.of(partition));
      waitUntil(() -> {
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          int rest = (int) record.offset() % 3;
          consumer.acknowledge(record, rest == 0 ? AcknowledgeType.REJECT
              : rest == 1 ? AcknowledgeType.RELEASE : AcknowledgeType.ACCEPT);
        }
        consumer.commitSync();
        for (var record : reader.poll(Duration.ofMillis(100))) {
          List<String> headers = new ArrayList<>();
          record.headers().forEach(header -> headers.add(new String(header.value())));
          expect(headers.subList(0, 2) + " " + headers.get(3), List.of(topic, "0") + " " + group);
          letters.put(record.key(), record.value() + " " + headers.get(2) + " " + headers.get(4));
        }
        return letters.size() == 4;
      });
    }
    expect(letters.toString(), "{0=v0 0 1, 1=v1 1 5, 3=v3 3 1, 4=v4 4 5}");
  }

  static void two() throws Exception {
    String topic = newTopic(1);
    String group = newGroup();
    Map<String, Integer> seen = new HashMap<>();
    Set<Integer> busy = new HashSet<>();
    int total = 4000;
    try (var one = consumer(group, "implicit", topic); var other = consumer(group, "implicit", topic)) {
      waitUntil(() -> {
        one.poll(Duration.ofMillis(10));
        other.poll(Duration.ofMillis(10));
        try {
          var members = admin.describeShareGroups(List.of(group)).all().get().get(group).members();
          return members.size() == 2 && members.stream().allMatch(m -> m.assignment().topicPartitions().size() == 1);
        } catch (InterruptedException | ExecutionException error) {
          return false;
        }
      });
      send(topic, total);
      waitUntil(() -> {
        int index = 0;
        for (var consumer : List.of(one, other)) {
          for (var record : consumer.poll(Duration.ofMillis(50))) {
            seen.merge(record.value(), 1, Integer::sum);
            busy.add(index);
          }
          index++;
        }
        return seen.size() == total;
      });
    }
    expect(new HashSet<>(seen.values()) + " " + busy, "[1] [0, 1]");
  }

  static void dies() throws Exception {
    String topic = newTopic(1);
    String group = newGroup();
    send(topic, 3);
    var first = consumer(group, "explicit", topic);
    List<String> given = new ArrayList<>();
    waitUntil(() -> {
      first.poll(Duration.ofMillis(100)).forEach(record -> given.add(record.value()));
      return given.size() == 3;
    });
    first.close();
    List<String> again = new ArrayList<>();
    try (var second = consumer(group, "implicit", topic)) {
      waitUntil(() -> {
        second.poll(Duration.ofMillis(100)).forEach(r -> again.add(r.value() + "/" + r.deliveryCount().get()));
        return again.size() == 3;
      });
    }
    expect(again.toString(), "[v0/2, v1/2, v2/2]");
  }

  static void adminShareGroups() throws Exception {
    String topic = newTopic(1);
    String group = newGroup();
    send(topic, 10);
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var consumer = consumer(group, "implicit", topic)) {
      waitUntil(() -> consumer.poll(Duration.ofMillis(100)).count() > 0);
      consumer.commitSync();
      var description = admin.describeShareGroups(List.of(group)).all().get().get(group);
      expect(description.groupState() + "/" + description.members().size(), "Stable/1");
    }
    expect(offset(group, partition).lag(), Optional.of(0L));
    admin.alterShareGroupOffsets(group, Map.of(partition, 4L)).all().get();
    expect(offset(group, partition).startOffset() + "/" + offset(group, partition).lag().get(), "4/6");
    admin.deleteShareGroupOffsets(group, Set.of(topic)).all().get();
    expect(admin.listGroups(ListGroupsOptions.forShareGroups()).all().get().stream()
        .filter(listing -> listing.groupId().equals(group)).count(), 1L);
    admin.deleteShareGroups(List.of(group)).all().get();
    expect(admin.listGroups(ListGroupsOptions.forShareGroups()).all().get().stream()
        .filter(listing -> listing.groupId().equals(group)).count(), 0L);
  }

  static SharePartitionOffsetInfo offset(String group, TopicPartition partition) throws Exception {
    return admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
        .partitionsToOffsetInfo(group).get().get(partition);
  }
}
