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
import org.apache.kafka.common.quota.*;
import org.apache.kafka.common.serialization.*;

/**
 * What Kafka's clients of 2.8 expect of a broker. Run: java -cp 'LIBS/*' Checks28.java BOOTSTRAP
 *
 * Prints a line for each check: "ok NAME" or "failed NAME: WHY".
 */
public class Checks28 {
  interface Check {
    void run() throws Exception;
  }

  static final Duration DEADLINE = Duration.ofSeconds(20);
  static final String ASSIGNORS = "org.apache.kafka.clients.consumer.";
  static String bootstrap;
  static Admin admin;
  static int names;

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("codecs", Checks28::codecs);
    checks.put("idempotence", Checks28::idempotence);
    checks.put("headers", Checks28::headers);
    checks.put("largeMessages", Checks28::largeMessages);
    checks.put("timestamps", Checks28::timestamps);
    checks.put("transactions", Checks28::transactions);
    checks.put("chain", Checks28::chain);
    checks.put("fencing", Checks28::fencing);
    checks.put("range", () -> rebalance("RangeAssignor"));
    checks.put("roundRobin", () -> rebalance("RoundRobinAssignor"));
    checks.put("sticky", () -> rebalance("StickyAssignor"));
    checks.put("cooperative", () -> rebalance("CooperativeStickyAssignor"));
    checks.put("staticMembers", Checks28::staticMembers);
    checks.put("commits", Checks28::commits);
    checks.put("adminTopics", Checks28::adminTopics);
    checks.put("adminConfigs", Checks28::adminConfigs);
    checks.put("adminOffsets", Checks28::adminOffsets);
    checks.put("adminGroups", Checks28::adminGroups);
    checks.put("adminCluster", Checks28::adminCluster);
    checks.put("adminQuotas", Checks28::adminQuotas);
    checks.put("adminPartitions", Checks28::adminPartitions);
    checks.forEach((name, check) -> {
      try {
        check.run();
        System.out.println("ok " + name);
      } catch (Throwable error) {
        StackTraceElement at = Arrays.stream(error.getStackTrace())
            .filter(element -> element.getClassName().startsWith("Checks28")).findFirst().orElse(null);
        System.out.println("failed " + name + ": " + String.valueOf(error).replace('\n', ' ') + " at " + at);
      }
    });
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
    return what + "-java28-" + Long.toString(System.nanoTime(), 36) + "-" + names++;
  }

  static String newTopic(int partitions, Map<String, String> configs) throws Exception {
    String topic = unique("topic");
    admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(configs))).all().get();
    waitUntil(() -> described(topic) != null && described(topic).partitions().size() == partitions);
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

  static void send(String topic, List<String> values, Map<String, Object> config) throws Exception {
    try (var producer = producer(config)) {
      var sent = values.stream().map(value -> producer.send(new ProducerRecord<>(topic, 0, null, value)))
          .collect(Collectors.toList());
      for (var future : sent) future.get();
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

  static List<String> readAll(String topic, int count, Map<String, Object> config) {
    try (var consumer = consumer(config)) {
      consumer.assign(List.of(new TopicPartition(topic, 0)));
      return read(consumer, count).stream().map(ConsumerRecord::value).collect(Collectors.toList());
    }
  }

  static void waitUntil(BooleanSupplier condition) {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) throw new AssertionError("the condition did not hold in time");
    }
  }

  static List<String> numbered(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(index -> prefix + "-" + index).collect(Collectors.toList());
  }

  static void codecs() throws Exception {
    String topic = newTopic(1, Map.of());
    List<String> sent = new ArrayList<>();
    for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
      send(topic, numbered(codec, 100), Map.of("compression.type", codec, "linger.ms", 20));
      sent.addAll(numbered(codec, 100));
    }
    expect(readAll(topic, 500, Map.of()), sent);
  }

  static void idempotence() throws Exception {
    String topic = newTopic(1, Map.of());
    send(topic, numbered("value", 5000), Map.of("enable.idempotence", true, "batch.size", 500));
    expect(readAll(topic, 5000, Map.of()), numbered("value", 5000));
  }

  static void headers() throws Exception {
    String topic = newTopic(1, Map.of());
    try (var producer = producer(Map.of())) {
      var full = new ProducerRecord<>(topic, 0, 1700000000123L, "k", "v");
      full.headers().add("one", "1".getBytes(StandardCharsets.UTF_8)).add("null", null).add("one", new byte[0]);
      expect(producer.send(full).get().offset(), 0L);
      producer.send(new ProducerRecord<>(topic, 0, null, null)).get();
    }
    try (var consumer = consumer(Map.of())) {
      consumer.assign(List.of(new TopicPartition(topic, 0)));
      var records = read(consumer, 2);
      expect(records.get(0).key() + records.get(0).value() + records.get(0).timestamp(), "kv1700000000123");
      List<String> headers = new ArrayList<>();
      for (Header header : records.get(0).headers())
        headers.add(header.key() + (header.value() == null ? "=null" : "=" + header.value().length));
      expect(headers, List.of("one=1", "null=null", "one=0"));
      expect(records.get(0).leaderEpoch(), Optional.of(0));
      expect(Arrays.asList(records.get(1).key(), records.get(1).value()), Arrays.asList(null, null));
    }
  }

  static void largeMessages() throws Exception {
    String topic = newTopic(1, Map.of("max.message.bytes", "10000000"));
    send(topic, List.of("x".repeat(5 << 20)), Map.of("max.request.size", 8 << 20));
    expect(readAll(topic, 1, Map.of("max.partition.fetch.bytes", 1000)).get(0).length(), 5 << 20);
    String small = newTopic(1, Map.of("max.message.bytes", "1000"));
    expect(errorOf(() -> send(small, List.of("x".repeat(5000)), Map.of())), "RecordTooLargeException");
  }

  static void timestamps() throws Exception {
    String topic = newTopic(1, Map.of());
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var producer = producer(Map.of())) {
      for (long at : List.of(1000L, 2000L, 3000L)) producer.send(new ProducerRecord<>(topic, 0, at, null, "" + at)).get();
    }
    try (var consumer = consumer(Map.of())) {
      expect(consumer.offsetsForTimes(Map.of(partition, 1500L)).get(partition).offset(), 1L);
      expect(consumer.offsetsForTimes(Map.of(partition, 3001L)).get(partition), null);
      expect(consumer.beginningOffsets(List.of(partition)).get(partition), 0L);
      expect(consumer.endOffsets(List.of(partition)).get(partition), 3L);
    }
  }

  static KafkaProducer<String, String> transactional(String id) {
    var producer = producer(Map.of("transactional.id", id));
    producer.initTransactions();
    return producer;
  }

  static final Map<String, Object> COMMITTED = Map.of("isolation.level", "read_committed");

  static void transactions() throws Exception {
    String topic = newTopic(1, Map.of());
    List<String> kept = new ArrayList<>();
    try (var producer = transactional(unique("tx"))) {
      for (int round = 0; round < 20; round++) {
        producer.beginTransaction();
        String value = round % 2 == 1 ? "aborted" : "committed-" + round;
        producer.send(new ProducerRecord<>(topic, 0, null, value)).get();
        if (round % 2 == 1) producer.abortTransaction();
        else {
          producer.commitTransaction();
          kept.add(value);
        }
      }
    }
    expect(readAll(topic, 10, COMMITTED), kept);
    expect(readAll(topic, 20, Map.of()).size(), 20);
  }

  static void chain() throws Exception {
    String source = newTopic(1, Map.of());
    String sink = newTopic(1, Map.of());
    TopicPartition partition = new TopicPartition(source, 0);
    send(source, List.of("a", "b", "c"), Map.of());
    try (var consumer = consumer(Map.of("enable.auto.commit", "false")); var producer = transactional(unique("tx"))) {
      consumer.subscribe(List.of(source));
      var records = read(consumer, 3);
      for (boolean commit : List.of(true, false)) {
        producer.beginTransaction();
        for (var record : records) producer.send(new ProducerRecord<>(sink, 0, null, "made of " + record.value()));
        producer.sendOffsetsToTransaction(
            Map.of(partition, new OffsetAndMetadata(commit ? 3 : 9)), consumer.groupMetadata());
        if (commit) producer.commitTransaction();
        else producer.abortTransaction();
      }
      expect(consumer.committed(Set.of(partition)).get(partition).offset(), 3L);
    }
    expect(readAll(sink, 3, COMMITTED), List.of("made of a", "made of b", "made of c"));
  }

  static void fencing() throws Exception {
    String topic = newTopic(1, Map.of());
    String id = unique("tx");
    try (var zombie = transactional(id)) {
      zombie.beginTransaction();
      zombie.send(new ProducerRecord<>(topic, "of the zombie")).get();
      try (var heir = transactional(id)) {
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
    expect(readAll(topic, 1, COMMITTED), List.of("of the heir"));
  }

  @SafeVarargs
  static void poll(KafkaConsumer<String, String>... members) {
    for (var member : members) member.poll(Duration.ofMillis(20));
  }

  static void rebalance(String assignor) throws Exception {
    String topic = newTopic(4, Map.of());
    Map<String, Object> config = Map.of("group.id", unique("group"), "partition.assignment.strategy", ASSIGNORS + assignor);
    try (var first = consumer(config)) {
      first.subscribe(List.of(topic));
      waitUntil(() -> {
        poll(first);
        return first.assignment().size() == 4;
      });
      try (var second = consumer(config)) {
        second.subscribe(List.of(topic));
        waitUntil(() -> {
          poll(first, second);
          return first.assignment().size() == 2 && second.assignment().size() == 2;
        });
        Set<TopicPartition> all = new HashSet<>(first.assignment());
        all.addAll(second.assignment());
        expect(all.size(), 4);
      }
      waitUntil(() -> {
        poll(first);
        return first.assignment().size() == 4;
      });
    }
  }

  static KafkaConsumer<String, String> named(String topic, String group, String name) {
    var member = consumer(Map.of("group.id", group, "group.instance.id", name));
    member.subscribe(List.of(topic));
    return member;
  }

  static void staticMembers() throws Exception {
    String topic = newTopic(2, Map.of());
    String group = unique("group");
    try (var first = named(topic, group, "first")) {
      Set<TopicPartition> mine;
      try (var second = named(topic, group, "second")) {
        waitUntil(() -> {
          poll(first, second);
          return first.assignment().size() == 1 && second.assignment().size() == 1;
        });
        mine = second.assignment();
      }
      try (var second = named(topic, group, "second")) {
        waitUntil(() -> {
          poll(first, second);
          return second.assignment().size() == 1;
        });
        expect(second.assignment(), mine);
        expect(first.assignment().size(), 1);
      }
    }
  }

  static void commits() throws Exception {
    String topic = newTopic(1, Map.of());
    TopicPartition partition = new TopicPartition(topic, 0);
    Map<String, Object> config = Map.of("group.id", unique("group"), "enable.auto.commit", "false");
    send(topic, List.of("a", "b", "c"), Map.of());
    var stored = new OffsetAndMetadata(2, Optional.of(0), "note");
    try (var consumer = consumer(config)) {
      consumer.subscribe(List.of(topic));
      read(consumer, 3);
      expect(consumer.committed(Set.of(partition)).get(partition), null);
      consumer.commitSync(Map.of(partition, stored));
      expect(consumer.committed(Set.of(partition)).get(partition), stored);
    }
    try (var consumer = consumer(config)) {
      consumer.subscribe(List.of(topic));
      expect(read(consumer, 1).get(0).value(), "c");
    }
  }

  static TopicDescription described(String topic) {
    try {
      return admin.describeTopics(List.of(topic)).all().get().get(topic);
    } catch (Exception error) {
      return null;
    }
  }

  static void create(String topic, int replicas) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, 1, (short) replicas))).all().get();
  }

  static void adminTopics() throws Exception {
    String topic = unique("topic");
    var created = admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1).configs(Map.of("retention.ms", "5000"))));
    expect(created.numPartitions(topic).get() + created.config(topic).get().get("retention.ms").value(), "25000");
    expect(errorOf(() -> create(topic, 1)), "TopicExistsException");
    expect(errorOf(() -> create("not allowed!", 1)), "InvalidTopicException");
    expect(errorOf(() -> create(unique("topic"), 9)), "InvalidReplicationFactorException");
    admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
    waitUntil(() -> described(topic) != null && described(topic).partitions().size() == 5);
    expect(errorOf(() -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(1))).all().get()),
        "InvalidPartitionsException");
    expect(admin.listTopics().names().get().contains(topic), true);
    admin.deleteTopics(List.of(topic)).all().get();
    waitUntil(() -> described(topic) == null);
    expect(errorOf(() -> admin.deleteTopics(List.of(topic)).all().get()), "UnknownTopicOrPartitionException");
  }

  @SuppressWarnings("deprecation")
  static void adminConfigs() throws Exception {
    String topic = newTopic(1, Map.of("retention.ms", "5000"));
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    expect(config(resource, "retention.ms").source(), ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
    admin.incrementalAlterConfigs(Map.of(resource, List.of(
        new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND),
        new AlterConfigOp(new ConfigEntry("retention.ms", ""), AlterConfigOp.OpType.DELETE)))).all().get();
    waitUntil(() -> config(resource, "cleanup.policy").value().equals("delete,compact"));
    expect(config(resource, "retention.ms").isDefault(), true);
    var wrong = List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "x"), AlterConfigOp.OpType.SET));
    String error = errorOf(() -> admin.incrementalAlterConfigs(Map.of(resource, wrong)).all().get());
    expect(error.matches("InvalidConfigurationException|InvalidRequestException"), true);
    admin.alterConfigs(Map.of(resource, new Config(List.of(new ConfigEntry("retention.ms", "7000"))))).all().get();
    waitUntil(() -> config(resource, "retention.ms").value().equals("7000"));
    expect(config(resource, "cleanup.policy").value(), "delete");
  }

  static ConfigEntry config(ConfigResource resource, String name) {
    try {
      return admin.describeConfigs(List.of(resource)).all().get().get(resource).get(name);
    } catch (Exception error) {
      throw new AssertionError(error);
    }
  }

  static void adminOffsets() throws Exception {
    String topic = newTopic(1, Map.of());
    TopicPartition partition = new TopicPartition(topic, 0);
    send(topic, List.of("a", "b", "c"), Map.of());
    expect(admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get().offset(), 3L);
    expect(admin.listOffsets(Map.of(partition, OffsetSpec.forTimestamp(0))).partitionResult(partition).get().offset(), 0L);
    expect(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(2))).lowWatermarks().get(partition).get()
        .lowWatermark(), 2L);
    expect(admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).partitionResult(partition).get().offset(), 2L);
    expect(readAll(topic, 1, Map.of()), List.of("c"));
    expect(errorOf(() -> admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(9))).all().get()),
        "OffsetOutOfRangeException");
  }

  static void adminGroups() throws Exception {
    String topic = newTopic(2, Map.of());
    String group = unique("group");
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var consumer = consumer(Map.of("group.id", group, "client.id", "me", "group.instance.id", "i"))) {
      consumer.subscribe(List.of(topic));
      waitUntil(() -> {
        poll(consumer);
        return consumer.assignment().size() == 2;
      });
      expect(admin.listConsumerGroups().all().get().stream().anyMatch(each -> each.groupId().equals(group)
          && each.state().equals(Optional.of(ConsumerGroupState.STABLE))), true);
      var description = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
      expect(description.state() + description.partitionAssignor(), "Stablerange");
      var member = description.members().iterator().next();
      expect(member.clientId() + member.groupInstanceId().get() + member.assignment().topicPartitions().size(), "mei2");
      expect(errorOf(() -> admin.deleteConsumerGroups(List.of(group)).all().get()), "GroupNotEmptyException");
    }
    admin.removeMembersFromConsumerGroup(group,
        new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("i")))).all().get();
    admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(7))).all().get();
    expect(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition).offset(), 7L);
    admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all().get();
    expect(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition), null);
    admin.deleteConsumerGroups(List.of(group)).all().get();
    expect(errorOf(() -> admin.deleteConsumerGroups(List.of(group)).all().get()), "GroupIdNotFoundException");
  }

  static void adminCluster() throws Exception {
    var cluster = admin.describeCluster();
    Node node = cluster.nodes().get().iterator().next();
    expect(node.host() + ":" + node.port(), bootstrap);
    expect(cluster.controller().get().id(), node.id());
    expect(cluster.clusterId().get().length(), 22);
    String topic = newTopic(1, Map.of());
    send(topic, List.of("x".repeat(1000)), Map.of());
    long size = admin.describeLogDirs(List.of(node.id())).allDescriptions().get().get(node.id()).values().stream()
        .flatMap(description -> description.replicaInfos().entrySet().stream())
        .filter(entry -> entry.getKey().topic().equals(topic)).mapToLong(entry -> entry.getValue().size()).sum();
    expect(size > 1000, true);
    expect(admin.describeFeatures().featureMetadata().get().finalizedFeatures().containsKey("metadata.version"), true);
  }

  static void adminQuotas() throws Exception {
    var entity = new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, unique("client")));
    var operation = new ClientQuotaAlteration.Op("producer_byte_rate", 1e6);
    admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity, List.of(operation)))).all().get();
    var filter = ClientQuotaFilter.contains(List.of(
        ClientQuotaFilterComponent.ofEntity(ClientQuotaEntity.CLIENT_ID, entity.entries().get(ClientQuotaEntity.CLIENT_ID))));
    waitUntil(() -> {
      try {
        return Map.of("producer_byte_rate", 1e6).equals(admin.describeClientQuotas(filter).entities().get().get(entity));
      } catch (Exception error) {
        throw new AssertionError(error);
      }
    });
    String user = unique("user");
    var credential = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
    admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(user, credential, "secret"))).all().get();
    waitUntil(() -> {
      try {
        return admin.describeUserScramCredentials(List.of(user)).description(user).get().credentialInfos().equals(List.of(credential));
      } catch (Exception error) {
        return false;
      }
    });
  }

  static void adminPartitions() throws Exception {
    String topic = newTopic(1, Map.of());
    TopicPartition partition = new TopicPartition(topic, 0);
    var elected = admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).partitions().get().get(partition);
    expect(elected.get().getClass().getSimpleName(), "ElectionNotNeededException");
    expect(admin.listPartitionReassignments().reassignments().get(), Map.of());
    admin.alterPartitionReassignments(
        Map.of(partition, Optional.of(new NewPartitionReassignment(List.of(described(topic).partitions().get(0).leader().id())))))
        .all().get();
  }
}
