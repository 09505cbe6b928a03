import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.*;

/**
 * What Kafka's clients of 2.8 expect of a broker. Run: java -cp 'LIBS/*:CLASSES' Checks28 BOOTSTRAP
 */
public class Checks28 extends EveryRelease {
  public static void main(String[] args) throws Exception {
    connect(args, Map.of());
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
    checks.put("commits", () -> commits("classic"));
    checks.put("adminTopics", Checks28::adminTopics);
    checks.put("adminConfigs", Checks28::adminConfigs);
    checks.put("adminOffsets", Checks28::adminOffsets);
    checks.put("adminGroups", Checks28::adminGroups);
    checks.put("adminCluster", Checks28::adminCluster);
    checks.put("adminQuotas", Checks28::adminQuotas);
    checks.put("adminPartitions", Checks28::adminPartitions);
    run(checks);
  }

  static String newTopic(int partitions, Map<String, String> configs) throws Exception {
    String topic = EveryRelease.newTopic(partitions, configs);
    waitUntil(() -> described(topic) != null && described(topic).partitions().size() == partitions);
    return topic;
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

  static void largeMessages() throws Exception {
    String topic = newTopic(1, Map.of("max.message.bytes", "10000000"));
    send(topic, List.of("x".repeat(5 << 20)), Map.of("max.request.size", 8 << 20));
    expect(readAll(topic, 1, Map.of("max.partition.fetch.bytes", 1000)).get(0).length(), 5 << 20);
    String small = newTopic(1, Map.of("max.message.bytes", "1000"));
    fails("RecordTooLargeException", () -> send(small, List.of("x".repeat(5000)), Map.of()));
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
        waitUntil(() -> first.assignment().size() == 1 && second.assignment().size() == 1, first, second);
        mine = second.assignment();
      }
      try (var second = named(topic, group, "second")) {
        waitUntil(() -> second.assignment().size() == 1, first, second);
        expect(second.assignment(), mine);
        expect(first.assignment().size(), 1);
      }
    }
  }

  static TopicDescription described(String topic) {
    try {
      return admin.describeTopics(List.of(topic)).all().get().get(topic);
    } catch (Exception error) {
      return null;
    }
  }

  static void adminTopics() throws Exception {
    String topic = unique("topic");
    var created = admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1).configs(Map.of("retention.ms", "5000"))));
    expect(created.numPartitions(topic).get() + created.config(topic).get().get("retention.ms").value(), "25000");
    fails("TopicExistsException", () -> create(topic, 1, 1, Map.of()));
    fails("InvalidTopicException", () -> create("not allowed!", 1, 1, Map.of()));
    fails("InvalidReplicationFactorException", () -> create(unique("topic"), 1, 9, Map.of()));
    admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
    waitUntil(() -> described(topic) != null && described(topic).partitions().size() == 5);
    fails("InvalidPartitionsException", () -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(1))).all().get());
    expect(admin.listTopics().names().get().contains(topic), true);
    admin.deleteTopics(List.of(topic)).all().get();
    waitUntil(() -> described(topic) == null);
    fails("UnknownTopicOrPartitionException", () -> admin.deleteTopics(List.of(topic)).all().get());
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
    send(topic, "a", "b", "c");
    expect(admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition).get().offset(), 3L);
    expect(admin.listOffsets(Map.of(partition, OffsetSpec.forTimestamp(0))).partitionResult(partition).get().offset(), 0L);
    expect(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(2))).lowWatermarks().get(partition).get()
        .lowWatermark(), 2L);
    expect(admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).partitionResult(partition).get().offset(), 2L);
    expect(readAll(topic, 1, Map.of()), List.of("c"));
    fails("OffsetOutOfRangeException", () -> admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(9))).all().get());
  }

  static void adminGroups() throws Exception {
    String topic = newTopic(2, Map.of());
    String group = unique("group");
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var consumer = consumer(Map.of("group.id", group, "client.id", "me", "group.instance.id", "i"))) {
      consumer.subscribe(List.of(topic));
      waitUntil(() -> consumer.assignment().size() == 2, consumer);
      expect(admin.listConsumerGroups().all().get().stream().anyMatch(each -> each.groupId().equals(group)
          && each.state().equals(Optional.of(ConsumerGroupState.STABLE))), true);
      var description = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
      expect(description.state() + description.partitionAssignor(), "Stablerange");
      var member = description.members().iterator().next();
      expect(member.clientId() + member.groupInstanceId().get() + member.assignment().topicPartitions().size(), "mei2");
      fails("GroupNotEmptyException", () -> admin.deleteConsumerGroups(List.of(group)).all().get());
    }
    admin.removeMembersFromConsumerGroup(group,
        new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("i")))).all().get();
    groupOffsets(group, partition);
  }

  static void adminCluster() throws Exception {
    EveryRelease.adminCluster();
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
