import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.header.Header;

/** The checks that clients of every release pass alike, from 2.8 on. */
class EveryRelease extends Frame {
  static final Map<String, Object> COMMITTED = Map.of("isolation.level", "read_committed");

  static void headers() throws Exception {
    String topic = newTopic(1);
    try (var producer = producer(Map.of())) {
      var full = new ProducerRecord<>(topic, 0, 1700000000123L, "k", "v");
      full.headers().add("one", "1".getBytes(StandardCharsets.UTF_8)).add("null", null).add("one", new byte[0]);
      RecordMetadata metadata = producer.send(full).get();
      expect(metadata.offset(), 0L);
      expect(metadata.timestamp(), 1700000000123L);
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

  static void rebalance(String assignor) throws Exception {
    shared(Map.of("partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor));
  }

  /** Two members of a group come one after the other, and the second leaves. */
  static void shared(Map<String, Object> more) throws Exception {
    String topic = newTopic(4);
    Map<String, Object> config = new HashMap<>(more);
    config.put("group.id", unique("group"));
    try (var first = consumer(config)) {
      first.subscribe(List.of(topic));
      waitUntil(() -> first.assignment().size() == 4, first);
      try (var second = consumer(config)) {
        second.subscribe(List.of(topic));
        waitUntil(() -> first.assignment().size() == 2 && second.assignment().size() == 2, first, second);
        expectShared(4, first, second);
      }
      waitUntil(() -> first.assignment().size() == 4, first);
    }
  }

  static void commits(String protocol) throws Exception {
    String topic = newTopic(1);
    TopicPartition partition = new TopicPartition(topic, 0);
    Map<String, Object> config = new HashMap<>(Map.of("group.id", unique("group"), "enable.auto.commit", "false"));
    // Before 3.7 there was one protocol and no config of the name.
    if (!protocol.equals("classic")) config.put("group.protocol", protocol);
    send(topic, "a", "b", "c");
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

  static void fencing() throws Exception {
    String topic = newTopic(1);
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

  /** Reads three records, writes what is made of them and commits the offsets with it; then does so and aborts. */
  static void chain() throws Exception {
    String source = newTopic(1);
    String sink = newTopic(1);
    TopicPartition partition = new TopicPartition(source, 0);
    send(source, "a", "b", "c");
    Map<String, Object> config = Map.of("enable.auto.commit", "false", "isolation.level", "read_committed");
    try (var consumer = consumer(config); var producer = transactional(unique("tx"))) {
      consumer.subscribe(List.of(source));
      var records = read(consumer, 3);
      for (boolean commit : List.of(true, false)) {
        producer.beginTransaction();
        for (var record : records) producer.send(new ProducerRecord<>(sink, 0, null, "made of " + record.value()));
        producer.sendOffsetsToTransaction(
            Map.of(partition, new OffsetAndMetadata(commit ? 3 : 9)), consumer.groupMetadata());
        if (commit) producer.commitTransaction();
        else producer.abortTransaction();
        expect(consumer.committed(Set.of(partition)).get(partition).offset(), 3L);
      }
    }
    expect(readAll(sink, 3, COMMITTED), List.of("made of a", "made of b", "made of c"));
  }

  static void adminCluster() throws Exception {
    var cluster = admin.describeCluster();
    Node node = cluster.nodes().get().iterator().next();
    expect(node.host() + ":" + node.port(), bootstrap);
    expect(cluster.controller().get().id(), node.id());
    expect(cluster.clusterId().get().length(), 22);
    String topic = newTopic(1);
    send(topic, "x".repeat(1000));
    long[] sizes = admin.describeLogDirs(List.of(node.id())).allDescriptions().get().get(node.id()).values().stream()
        .flatMap(description -> description.replicaInfos().entrySet().stream())
        .filter(entry -> entry.getKey().topic().equals(topic)).mapToLong(entry -> entry.getValue().size()).toArray();
    expect(sizes.length, 1);
    expect(sizes[0] > 1000, true);
  }

  static void groupOffsets(String group, TopicPartition partition) throws Exception {
    admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(7))).all().get();
    expect(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition).offset(), 7L);
    admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all().get();
    expect(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition), null);
    admin.deleteConsumerGroups(List.of(group)).all().get();
    fails("GroupIdNotFoundException", () -> admin.deleteConsumerGroups(List.of(group)).all().get());
  }
}
