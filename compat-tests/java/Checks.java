import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.*;

/**
 * What Kafka's own clients expect of a broker. Run: java -cp 'LIBS/*' Checks.java BOOTSTRAP
 *
 * Prints a line for each check: "ok NAME" or "failed NAME: WHY".
 */
public class Checks {
  interface Check {
    void run() throws Exception;
  }

  static final Duration DEADLINE = Duration.ofSeconds(20);
  static String bootstrap;
  static Admin admin;
  static int names;

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("records", Checks::records);
    checks.put("codecs", Checks::codecs);
    checks.put("manyBatches", Checks::manyBatches);
    checks.put("refused", Checks::refused);
    checks.put("groupEager", () -> group("org.apache.kafka.clients.consumer.RangeAssignor"));
    checks.put("groupCooperative", () -> group("org.apache.kafka.clients.consumer.CooperativeStickyAssignor"));
    checks.put("commits", Checks::commits);
    checks.put("positions", Checks::positions);
    checks.put("adminTopics", Checks::adminTopics);
    checks.put("adminCluster", Checks::adminCluster);
    checks.put("adminConfigs", Checks::adminConfigs);
    checks.put("adminOffsets", Checks::adminOffsets);
    checks.put("adminGroups", Checks::adminGroups);
    checks.put("transactions", Checks::transactions);
    checks.put("transactionalOffsets", Checks::transactionalOffsets);
    checks.put("fencing", Checks::fencing);
    checks.put("adminTransactions", Checks::adminTransactions);
    checks.forEach((name, check) -> {
      try {
        check.run();
        System.out.println("ok " + name);
      } catch (Throwable error) {
        StackTraceElement at = Arrays.stream(error.getStackTrace())
            .filter(element -> element.getClassName().startsWith("Checks"))
            .findFirst().orElse(null);
        System.out.println("failed " + name + ": " + String.valueOf(error).replace('\n', ' ') + " at " + at);
      }
    });
    admin.close(Duration.ZERO);
    System.exit(0);
  }

  static void expect(Object actual, Object expected) {
    if (!Objects.equals(actual, expected)) throw new AssertionError(actual + " instead of " + expected);
  }

  static String errorOf(Check check) throws Exception {
    try {
      check.run();
      return "none";
    } catch (ExecutionException error) {
      return error.getCause().getClass().getSimpleName();
    }
  }

  static String unique(String what) {
    return what + "-java-" + Long.toString(System.nanoTime(), 36) + "-" + names++;
  }

  static String newTopic(int partitions, Map<String, String> configs) throws Exception {
    String topic = unique("topic");
    admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(configs))).all().get();
    return topic;
  }

  static KafkaProducer<String, String> producer(Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", bootstrap));
    config.putAll(more);
    return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
  }

  static KafkaConsumer<String, String> consumer(Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of(
        "bootstrap.servers", bootstrap, "group.id", unique("group"), "auto.offset.reset", "earliest",
        "heartbeat.interval.ms", "200", "session.timeout.ms", "6000", "fetch.max.wait.ms", "100"));
    config.putAll(more);
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }

  static void send(String topic, int partition, String... values) throws Exception {
    try (var producer = producer(Map.of())) {
      for (String value : values) producer.send(new ProducerRecord<>(topic, partition, null, value)).get();
    }
  }

  static List<ConsumerRecord<String, String>> read(KafkaConsumer<String, String> consumer, int count) {
    List<ConsumerRecord<String, String>> records = new ArrayList<>();
    waitUntil(() -> {
      consumer.poll(Duration.ofMillis(50)).forEach(records::add);
      return records.size() >= count;
    });
    return records;
  }

  static List<ConsumerRecord<String, String>> readAll(String topic, int count) {
    try (var consumer = consumer(Map.of())) {
      consumer.subscribe(List.of(topic));
      return read(consumer, count);
    }
  }

  static void waitUntil(BooleanSupplier condition) {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) throw new AssertionError("the condition did not hold in time");
    }
  }

  static void records() throws Exception {
    String topic = newTopic(1, Map.of());
    try (var producer = producer(Map.of())) {
      var full = new ProducerRecord<>(topic, 0, 1700000000123L, "k", "v");
      full.headers().add("one", "1".getBytes(StandardCharsets.UTF_8)).add("null", null).add("one", new byte[0]);
      RecordMetadata metadata = producer.send(full).get();
      expect(metadata.offset(), 0L);
      expect(metadata.timestamp(), 1700000000123L);
      producer.send(new ProducerRecord<>(topic, 0, null, null)).get();
    }
    var records = readAll(topic, 2);
    expect(records.get(0).key() + records.get(0).value() + records.get(0).timestamp(), "kv1700000000123");
    List<String> headers = new ArrayList<>();
    for (Header header : records.get(0).headers()) {
      headers.add(header.key() + (header.value() == null ? "=null" : "=" + header.value().length));
    }
    expect(headers, List.of("one=1", "null=null", "one=0"));
    expect(records.get(0).leaderEpoch(), Optional.of(0));
    expect(Arrays.asList(records.get(1).key(), records.get(1).value()), Arrays.asList(null, null));
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
      expect(readAll(topic, 250).stream().map(ConsumerRecord::value).collect(Collectors.toList()), sent);
    }
  }

  static void manyBatches() throws Exception {
    String topic = newTopic(1, Map.of());
    List<String> sent = IntStream.range(0, 20_000).mapToObj(String::valueOf).collect(Collectors.toList());
    try (var producer = producer(Map.of("batch.size", 500, "linger.ms", 0))) {
      for (String value : sent) producer.send(new ProducerRecord<>(topic, value));
      producer.flush();
    }
    expect(readAll(topic, 20_000).stream().map(ConsumerRecord::value).collect(Collectors.toList()), sent);
  }

  static void refused() throws Exception {
    String small = newTopic(1, Map.of("max.message.bytes", "1000"));
    expect(errorOf(() -> send(small, 0, "x".repeat(2000))), "RecordTooLargeException");
    String compacted = newTopic(1, Map.of("cleanup.policy", "compact"));
    expect(errorOf(() -> send(compacted, 0, "keyless")), "InvalidRecordException");
  }

  static void group(String assignor) throws Exception {
    String topic = newTopic(4, Map.of());
    Map<String, Object> config = Map.of("group.id", unique("group"), "partition.assignment.strategy", assignor);
    var first = consumer(config);
    var second = consumer(config);
    first.subscribe(List.of(topic));
    waitUntil(() -> {
      first.poll(Duration.ofMillis(20));
      return first.assignment().size() == 4;
    });
    second.subscribe(List.of(topic));
    waitUntil(() -> {
      first.poll(Duration.ofMillis(20));
      second.poll(Duration.ofMillis(20));
      return first.assignment().size() == 2 && second.assignment().size() == 2;
    });
    Set<TopicPartition> all = new HashSet<>(first.assignment());
    all.addAll(second.assignment());
    expect(all.size(), 4);
    second.close();
    waitUntil(() -> {
      first.poll(Duration.ofMillis(20));
      return first.assignment().size() == 4;
    });
    first.close();
  }

  static void commits() throws Exception {
    String topic = newTopic(1, Map.of());
    Map<String, Object> config = Map.of("group.id", unique("group"), "enable.auto.commit", "false");
    TopicPartition partition = new TopicPartition(topic, 0);
    send(topic, 0, "a", "b", "c");
    try (var consumer = consumer(config)) {
      consumer.subscribe(List.of(topic));
      read(consumer, 3);
      expect(consumer.committed(Set.of(partition)).get(partition), null);
      consumer.commitSync(Map.of(partition, new OffsetAndMetadata(2, Optional.of(0), "note")));
      expect(consumer.committed(Set.of(partition)).get(partition), new OffsetAndMetadata(2, Optional.of(0), "note"));
    }
    try (var consumer = consumer(config)) {
      consumer.subscribe(List.of(topic));
      expect(read(consumer, 1).get(0).value(), "c");
    }
  }

  static void positions() throws Exception {
    String topic = newTopic(1, Map.of());
    TopicPartition partition = new TopicPartition(topic, 0);
    send(topic, 0, "a", "b", "c");
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
    expect(errorOf(() -> newTopicNamed(topic)), "TopicExistsException");
    expect(errorOf(() -> newTopicNamed("not allowed!")), "InvalidTopicException");
    waitUntil(() -> described(topic) != null);
    expect(described(topic).topicId(), id);
    admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all().get();
    waitUntil(() -> described(topic).partitions().size() == 4);
    expect(admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get().get(id).name(), topic);
    admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
    waitUntil(() -> described(topic) == null);
    expect(errorOf(() -> admin.deleteTopics(List.of(topic)).all().get()), "UnknownTopicOrPartitionException");
  }

  static void newTopicNamed(String topic) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
  }

  static TopicDescription described(String topic) {
    try {
      return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
    } catch (Exception error) {
      return null;
    }
  }

  static void adminCluster() throws Exception {
    var cluster = admin.describeCluster();
    Node node = cluster.nodes().get().iterator().next();
    expect(node.host() + ":" + node.port(), bootstrap);
    expect(cluster.controller().get().id(), node.id());
    expect(cluster.clusterId().get().length(), 22);
    String topic = newTopic(1, Map.of());
    send(topic, 0, "x".repeat(1000));
    var replicas = admin.describeLogDirs(List.of(node.id())).allDescriptions().get().get(node.id()).values().stream()
        .flatMap(description -> description.replicaInfos().entrySet().stream())
        .filter(entry -> entry.getKey().topic().equals(topic)).collect(Collectors.toList());
    expect(replicas.size(), 1);
    expect(replicas.get(0).getValue().size() > 1000, true);
  }

  static void adminConfigs() throws Exception {
    String topic = newTopic(1, Map.of("retention.ms", "5000"));
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    var changes = List.of(
        new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND),
        new AlterConfigOp(new ConfigEntry("retention.ms", ""), AlterConfigOp.OpType.DELETE));
    expect(admin.describeConfigs(List.of(resource)).all().get().get(resource).get("retention.ms").source(),
        ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
    admin.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
    Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
    expect(config.get("cleanup.policy").value(), "delete,compact");
    expect(config.get("retention.ms").value() + config.get("retention.ms").isDefault(), "604800000true");
    var wrong = List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "x"), AlterConfigOp.OpType.SET));
    expect(errorOf(() -> admin.incrementalAlterConfigs(Map.of(resource, wrong)).all().get()),
        "InvalidConfigurationException");
  }

  static void adminOffsets() throws Exception {
    String topic = newTopic(1, Map.of());
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
    expect(errorOf(() -> admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(9))).all().get()),
        "OffsetOutOfRangeException");
  }

  static void adminGroups() throws Exception {
    String topic = newTopic(2, Map.of());
    String group = unique("group");
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var consumer = consumer(Map.of("group.id", group, "client.id", "me"))) {
      consumer.subscribe(List.of(topic));
      waitUntil(() -> {
        consumer.poll(Duration.ofMillis(20));
        return consumer.assignment().size() == 2;
      });
      var listed = admin.listGroups().all().get().stream()
          .filter(listing -> listing.groupId().equals(group)).collect(Collectors.toList());
      expect(listed.get(0).type() + "/" + listed.get(0).protocol() + "/" + listed.get(0).groupState(),
          "Optional[Classic]/consumer/Optional[Stable]");
      var description = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
      expect(description.groupState(), GroupState.STABLE);
      var member = description.members().iterator().next();
      expect(member.clientId() + member.assignment().topicPartitions().size(), "me2");
      expect(errorOf(() -> admin.deleteConsumerGroups(List.of(group)).all().get()), "GroupNotEmptyException");
    }
    admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(7))).all().get();
    expect(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition).offset(), 7L);
    admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all().get();
    expect(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition), null);
    admin.deleteConsumerGroups(List.of(group)).all().get();
    expect(errorOf(() -> admin.deleteConsumerGroups(List.of(group)).all().get()), "GroupIdNotFoundException");
  }

  static KafkaProducer<String, String> transactional(String id, Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of("transactional.id", id, "linger.ms", "0"));
    config.putAll(more);
    var producer = producer(config);
    producer.initTransactions();
    return producer;
  }

  static List<String> committed(String topic, int count) {
    try (var consumer = consumer(Map.of("isolation.level", "read_committed"))) {
      consumer.subscribe(List.of(topic));
      return read(consumer, count).stream().map(ConsumerRecord::value).collect(Collectors.toList());
    }
  }

  static void transactions() throws Exception {
    String topic = newTopic(1, Map.of());
    String other = newTopic(3, Map.of());
    List<String> kept = new ArrayList<>();
    try (var producer = transactional(unique("tx"), Map.of())) {
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
    expect(committed(topic, kept.size()), kept);
    expect(committed(other, 3 * kept.size()).size(), 3 * kept.size());
  }

  static void transactionalOffsets() throws Exception {
    String source = newTopic(1, Map.of());
    String sink = newTopic(1, Map.of());
    String group = unique("group");
    send(source, 0, "a", "b", "c");
    TopicPartition partition = new TopicPartition(source, 0);
    try (var consumer = consumer(Map.of("group.id", group, "enable.auto.commit", "false",
        "isolation.level", "read_committed"));
        var producer = transactional(unique("tx"), Map.of())) {
      consumer.subscribe(List.of(source));
      var records = read(consumer, 3);
      producer.beginTransaction();
      for (var record : records) producer.send(new ProducerRecord<>(sink, record.value() + record.value()));
      producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(3)), consumer.groupMetadata());
      producer.commitTransaction();
      expect(consumer.committed(Set.of(partition)).get(partition).offset(), 3L);
      producer.beginTransaction();
      producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(9)), consumer.groupMetadata());
      producer.abortTransaction();
      expect(consumer.committed(Set.of(partition)).get(partition).offset(), 3L);
    }
    expect(committed(sink, 3), List.of("aa", "bb", "cc"));
  }

  static void fencing() throws Exception {
    String topic = newTopic(1, Map.of());
    String id = unique("tx");
    try (var zombie = transactional(id, Map.of())) {
      zombie.beginTransaction();
      zombie.send(new ProducerRecord<>(topic, "of the zombie")).get();
      try (var heir = transactional(id, Map.of())) {
        heir.beginTransaction();
        heir.send(new ProducerRecord<>(topic, "of the heir"));
        heir.commitTransaction();
      }
      try {
        zombie.commitTransaction();
        throw new AssertionError("the zombie was not fenced");
      } catch (KafkaException error) {
        String name = error.getClass().getSimpleName();
        if (!name.matches("ProducerFencedException|InvalidProducerEpochException")) throw error;
      }
    }
    expect(committed(topic, 1), List.of("of the heir"));
  }

  static void adminTransactions() throws Exception {
    String topic = newTopic(1, Map.of());
    String id = unique("tx");
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var producer = transactional(id, Map.of())) {
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
