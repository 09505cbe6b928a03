import java.util.*;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;

/**
 * What Kafka's own clients expect of a broker. Run: java -cp 'LIBS/*:CLASSES' Checks BOOTSTRAP
 */
public class Checks extends EveryRelease {
  public static void main(String[] args) throws Exception {
    connect(args, Map.of());
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("headers", Checks::headers);
    checks.put("codecs", Checks::codecs);
    checks.put("manyBatches", Checks::manyBatches);
    checks.put("refused", Checks::refused);
    checks.put("range", () -> rebalance("RangeAssignor"));
    checks.put("cooperative", () -> rebalance("CooperativeStickyAssignor"));
    checks.put("commits", () -> commits("classic"));
    checks.put("positions", Checks::positions);
    checks.put("adminTopics", Checks::adminTopics);
    checks.put("adminCluster", Checks::adminCluster);
    checks.put("adminConfigs", Checks::adminConfigs);
    checks.put("adminOffsets", Checks::adminOffsets);
    checks.put("adminGroups", Checks::adminGroups);
    checks.put("transactions", Checks::transactions);
    checks.put("chain", Checks::chain);
    checks.put("fencing", Checks::fencing);
    checks.put("adminTransactions", Checks::adminTransactions);
    run(checks);
  }

  static void codecs() throws Exception {
    List<String> codecs = List.of("none", "gzip", "snappy", "lz4", "zstd");
    for (String kept : List.of("producer", "gzip", "snappy", "lz4", "zstd", "uncompressed")) {
      String topic = newTopic(1, Map.of("compression.type", kept));
      List<String> sent = new ArrayList<>();
      for (String codec : codecs) {
        try (var producer = producer(Map.of("compression.type", codec, "linger.ms", 20))) {
          for (int index = 0; index < 50; index++) {
            sent.add(codec + index + "x".repeat(100));
            producer.send(new ProducerRecord<>(topic, sent.get(sent.size() - 1)));
          }
        }
      }
      expect(readAll(topic, 250, Map.of()), sent);
    }
  }

  static void manyBatches() throws Exception {
    String topic = newTopic(1);
    List<String> sent = numbered("", 20_000);
    try (var producer = producer(Map.of("batch.size", 500, "linger.ms", 0))) {
      for (String value : sent) producer.send(new ProducerRecord<>(topic, value));
      producer.flush();
    }
    expect(readAll(topic, 20_000, Map.of()), sent);
  }

  static void refused() throws Exception {
    String small = newTopic(1, Map.of("max.message.bytes", "1000"));
    fails("RecordTooLargeException", () -> send(small, "x".repeat(2000)));
    String compacted = newTopic(1, Map.of("cleanup.policy", "compact"));
    fails("InvalidRecordException", () -> send(compacted, "keyless"));
  }

  static void positions() throws Exception {
    String topic = newTopic(1);
    TopicPartition partition = new TopicPartition(topic, 0);
    send(topic, "a", "b", "c");
    try (var consumer = consumer(Map.of("isolation.level", "read_committed"))) {
      expect(consumer.beginningOffsets(List.of(partition)).get(partition), 0L);
      expect(consumer.endOffsets(List.of(partition)).get(partition), 3L);
      consumer.assign(List.of(partition));
      consumer.seek(partition, 1);
      expect(read(consumer, 2).get(0).value(), "b");
      expect(consumer.position(partition), 3L);
      expect(consumer.currentLag(partition), OptionalLong.of(0));
      consumer.seek(partition, 1000);
      expect(read(consumer, 3).get(0).value(), "a");
      expect(consumer.offsetsForTimes(Map.of(partition, 1L)).get(partition).offset(), 0L);
      expect(consumer.partitionsFor(topic).size(), 1);
    }
  }

  static void adminTopics() throws Exception {
    String topic = unique("topic");
    var created = admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1).configs(Map.of("retention.ms", "5000"))));
    Uuid id = created.topicId(topic).get();
    expect(created.numPartitions(topic).get() + "/" + created.replicationFactor(topic).get(), "2/1");
    expect(created.config(topic).get().get("retention.ms").value(), "5000");
    fails("TopicExistsException", () -> create(topic, 1, 1, Map.of()));
    fails("InvalidTopicException", () -> create("not allowed!", 1, 1, Map.of()));
    waitUntil(() -> described(topic) != null);
    expect(described(topic).topicId(), id);
    admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all().get();
    waitUntil(() -> described(topic).partitions().size() == 4);
    expect(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get().get(id).name(), topic);
    admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
    waitUntil(() -> described(topic) == null);
    fails("UnknownTopicOrPartitionException", () -> admin.deleteTopics(List.of(topic)).all().get());
  }

  static TopicDescription described(String topic) {
    try {
      return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
    } catch (Exception error) {
      return null;
    }
  }

  static void adminConfigs() throws Exception {
    String topic = newTopic(1, Map.of("retention.ms", "5000"));
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    var changes = List.of(
        new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND),
        new AlterConfigOp(new ConfigEntry("retention.ms", ""), AlterConfigOp.OpType.DELETE));
    settled(() -> expect(configOf(resource).get("retention.ms").source(), ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG));
    admin.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
    settled(() -> expect(configOf(resource).get("cleanup.policy").value(), "delete,compact"));
    Config config = configOf(resource);
    expect(config.get("retention.ms").value() + config.get("retention.ms").isDefault(), "604800000true");
    var wrong = List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "x"), AlterConfigOp.OpType.SET));
    fails("InvalidConfigurationException", () -> admin.incrementalAlterConfigs(Map.of(resource, wrong)).all().get());
  }

  static Config configOf(ConfigResource resource) throws Exception {
    return admin.describeConfigs(List.of(resource)).all().get().get(resource);
  }

  static void adminOffsets() throws Exception {
    String topic = newTopic(1);
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var producer = producer(Map.of())) {
      for (long time : List.of(1000L, 3000L, 2000L)) producer.send(new ProducerRecord<>(topic, 0, time, "k", "v")).get();
    }
    for (var expected : Map.of(OffsetSpec.earliest(), 0L, OffsetSpec.latest(), 3L, OffsetSpec.maxTimestamp(), 1L,
        OffsetSpec.forTimestamp(1500), 1L, OffsetSpec.earliestLocal(), 0L).entrySet()) {
      var listed = admin.listOffsets(Map.of(partition, expected.getKey())).partitionResult(partition).get();
      expect(expected.getKey().getClass().getSimpleName() + listed.offset(),
          expected.getKey().getClass().getSimpleName() + expected.getValue());
    }
    expect(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(2))).lowWatermarks().get(partition).get()
        .lowWatermark(), 2L);
    fails("OffsetOutOfRangeException", () -> admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(9))).all().get());
  }

  static void adminGroups() throws Exception {
    String topic = newTopic(2);
    String group = unique("group");
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var consumer = consumer(Map.of("group.id", group, "client.id", "me"))) {
      consumer.subscribe(List.of(topic));
      waitUntil(() -> consumer.assignment().size() == 2, consumer);
      var listed = admin.listGroups().all().get().stream()
          .filter(listing -> listing.groupId().equals(group)).collect(Collectors.toList());
      expect(listed.get(0).type() + "/" + listed.get(0).protocol() + "/" + listed.get(0).groupState(),
          "Optional[Classic]/consumer/Optional[Stable]");
      var description = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
      expect(description.groupState(), GroupState.STABLE);
      var member = description.members().iterator().next();
      expect(member.clientId() + member.assignment().topicPartitions().size(), "me2");
      fails("GroupNotEmptyException", () -> admin.deleteConsumerGroups(List.of(group)).all().get());
    }
    groupOffsets(group, partition);
  }

  static void transactions() throws Exception {
    String topic = newTopic(1);
    String other = newTopic(3);
    List<String> kept = new ArrayList<>();
    try (var producer = transactional(unique("tx"))) {
      for (int round = 0; round < 30; round++) {
        producer.beginTransaction();
        String value = round % 3 == 2 ? "aborted" : "committed-" + round;
        for (int partition = 0; partition < 3; partition++)
          producer.send(new ProducerRecord<>(other, partition, null, value));
        producer.send(new ProducerRecord<>(topic, 0, null, value));
        if (round % 3 == 2) producer.abortTransaction();
        else {
          producer.commitTransaction();
          kept.add(value);
        }
      }
    }
    expect(readAll(topic, kept.size(), COMMITTED), kept);
    expect(readAll(other, 3 * kept.size(), COMMITTED).size(), 3 * kept.size());
  }

  static void adminTransactions() throws Exception {
    String topic = newTopic(1);
    String id = unique("tx");
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var producer = transactional(id)) {
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, "open")).get();
      var description = admin.describeTransactions(List.of(id)).description(id).get();
      expect(description.state().name() + description.topicPartitions(), "ONGOING[" + partition + "]");
      var filter = new ListTransactionsOptions().filterStates(Set.of(TransactionState.ONGOING)).filterOnTransactionalIdPattern(id);
      var listed = admin.listTransactions(filter).all().get().stream()
          .map(TransactionListing::transactionalId).collect(Collectors.toList());
      expect(listed, List.of(id));
      var active = admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers();
      expect(active.get(0).currentTransactionStartOffset().getAsLong(), 0L);
      admin.fenceProducers(List.of(id)).all().get();
      waitUntil(() -> {
        try {
          return admin.describeTransactions(List.of(id)).description(id).get().state() != TransactionState.ONGOING;
        } catch (Exception error) {
          throw new AssertionError(error);
        }
      });
    }
  }
}
