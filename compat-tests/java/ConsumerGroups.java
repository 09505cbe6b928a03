import java.time.Duration;
import java.util.*;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.serialization.*;

/**
 * What Kafka's own consumers of the new protocol (KIP-848) expect of a broker.
 * Run: java -cp 'LIBS/*' ConsumerGroups.java BOOTSTRAP
 *
 * Prints a line for each check: "ok NAME" or "failed NAME: WHY".
 */
public class ConsumerGroups {
  interface Check {
    void run() throws Exception;
  }

  static final Duration DEADLINE = Duration.ofSeconds(30);
  static String bootstrap;
  static Admin admin;
  static int names;

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("sharing", ConsumerGroups::sharing);
    checks.put("range", ConsumerGroups::range);
    checks.put("pattern", ConsumerGroups::pattern);
    checks.put("statics", ConsumerGroups::statics);
    checks.put("commits", ConsumerGroups::commits);
    checks.put("upAndDown", ConsumerGroups::upAndDown);
    checks.put("described", ConsumerGroups::described);
    checks.forEach((name, check) -> {
      try {
        check.run();
        System.out.println("ok " + name);
      } catch (Throwable error) {
        StackTraceElement at = Arrays.stream(error.getStackTrace())
            .filter(element -> element.getClassName().startsWith("ConsumerGroups"))
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

  static String unique(String what) {
    return what + "-java-" + Long.toString(System.nanoTime(), 36) + "-" + names++;
  }

  static String newTopic(String topic, int partitions) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
    return topic;
  }

  static KafkaConsumer<String, String> consumer(String group, Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of(
        "bootstrap.servers", bootstrap, "group.id", group, "auto.offset.reset", "earliest",
        "group.protocol", "consumer", "enable.auto.commit", "false", "fetch.max.wait.ms", "100"));
    config.putAll(more);
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }

  static KafkaConsumer<String, String> classic(String group) {
    return consumer(group, Map.of("group.protocol", "classic", "heartbeat.interval.ms", "200"));
  }

  @SafeVarargs
  static void waitUntil(BooleanSupplier condition, KafkaConsumer<String, String>... consumers) {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      for (var consumer : consumers) consumer.poll(Duration.ofMillis(20));
      if (System.nanoTime() > deadline) throw new AssertionError("the condition did not hold in time");
    }
  }

  static void expectAll(String topic, int partitions, KafkaConsumer<String, String> one, KafkaConsumer<String, String> other) {
    Set<TopicPartition> all = new HashSet<>(one.assignment());
    all.addAll(other.assignment());
    expect(all.size(), partitions);
  }

  static void sharing() throws Exception {
    String topic = newTopic(unique("topic"), 4);
    String group = unique("group");
    var first = consumer(group, Map.of());
    first.subscribe(List.of(topic));
    waitUntil(() -> first.assignment().size() == 4, first);
    var second = consumer(group, Map.of());
    second.subscribe(List.of(topic));
    waitUntil(() -> first.assignment().size() == 2 && second.assignment().size() == 2, first, second);
    expectAll(topic, 4, first, second);
    second.close();
    waitUntil(() -> first.assignment().size() == 4, first);
    first.close();
  }

  static void range() throws Exception {
    String topic = newTopic(unique("topic"), 3);
    String group = unique("group");
    Map<String, Object> config = Map.of("group.remote.assignor", "range");
    try (var first = consumer(group, config); var second = consumer(group, config)) {
      first.subscribe(List.of(topic));
      second.subscribe(List.of(topic));
      waitUntil(() -> first.assignment().size() + second.assignment().size() == 3
          && !first.assignment().isEmpty() && !second.assignment().isEmpty(), first, second);
      expectAll(topic, 3, first, second);
    }
  }

  static void pattern() throws Exception {
    String prefix = unique("found");
    String topic = newTopic(prefix + "-a", 2);
    newTopic(prefix + "-other", 2);
    try (var consumer = consumer(unique("group"), Map.of())) {
      consumer.subscribe(new SubscriptionPattern(prefix + "-[ab]"));
      waitUntil(() -> consumer.assignment().size() == 2, consumer);
      expect(consumer.assignment().stream().map(TopicPartition::topic).collect(Collectors.toSet()), Set.of(topic));
    }
  }

  static void statics() throws Exception {
    String topic = newTopic(unique("topic"), 2);
    String group = unique("group");
    Map<String, Object> config = Map.of("group.instance.id", "one");
    var first = consumer(group, config);
    var other = consumer(group, Map.of());
    first.subscribe(List.of(topic));
    other.subscribe(List.of(topic));
    waitUntil(() -> first.assignment().size() == 1 && other.assignment().size() == 1, first, other);
    Set<TopicPartition> before = first.assignment();
    first.close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.REMAIN_IN_GROUP));
    try (other; var again = consumer(group, config)) {
      again.subscribe(List.of(topic));
      waitUntil(() -> again.assignment().size() == 1, again, other);
      expect(again.assignment(), before);
      expect(other.assignment().size(), 1);
    }
  }

  static void commits() throws Exception {
    String topic = newTopic(unique("topic"), 1);
    String group = unique("group");
    TopicPartition partition = new TopicPartition(topic, 0);
    try (var producer = new KafkaProducer<>(Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new StringSerializer())) {
      for (String value : List.of("a", "b", "c")) producer.send(new ProducerRecord<>(topic, value)).get();
    }
    try (var consumer = consumer(group, Map.of())) {
      consumer.subscribe(List.of(topic));
      List<String> read = new ArrayList<>();
      waitUntil(() -> {
        consumer.poll(Duration.ofMillis(50)).forEach(record -> read.add(record.value()));
        return read.size() == 3;
      });
      consumer.commitSync(Map.of(partition, new OffsetAndMetadata(2, Optional.of(0), "note")));
      expect(consumer.committed(Set.of(partition)).get(partition), new OffsetAndMetadata(2, Optional.of(0), "note"));
    }
    try (var consumer = consumer(group, Map.of())) {
      consumer.subscribe(List.of(topic));
      List<String> read = new ArrayList<>();
      waitUntil(() -> {
        consumer.poll(Duration.ofMillis(50)).forEach(record -> read.add(record.value()));
        return read.size() == 1;
      });
      expect(read, List.of("c"));
    }
  }

  static void upAndDown() throws Exception {
    String topic = newTopic(unique("topic"), 4);
    String group = unique("group");
    var old = classic(group);
    old.subscribe(List.of(topic));
    waitUntil(() -> old.assignment().size() == 4, old);
    expect(typeOf(group), GroupType.CLASSIC);
    var next = consumer(group, Map.of());
    next.subscribe(List.of(topic));
    waitUntil(() -> old.assignment().size() == 2 && next.assignment().size() == 2, old, next);
    expectAll(topic, 4, old, next);
    expect(typeOf(group), GroupType.CONSUMER);
    next.close();
    waitUntil(() -> old.assignment().size() == 4, old);
    expect(typeOf(group), GroupType.CLASSIC);
    old.close();
  }

  static GroupType typeOf(String group) throws Exception {
    return admin.describeConsumerGroups(List.of(group)).all().get().get(group).type();
  }

  static void described() throws Exception {
    String topic = newTopic(unique("topic"), 2);
    String group = unique("group");
    try (var consumer = consumer(group, Map.of("client.rack", "r1"))) {
      consumer.subscribe(List.of(topic));
      waitUntil(() -> consumer.assignment().size() == 2, consumer);
      ConsumerGroupDescription description = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
      expect(description.groupState(), GroupState.STABLE);
      expect(description.partitionAssignor(), "uniform");
      MemberDescription member = description.members().iterator().next();
      expect(member.assignment().topicPartitions(), consumer.assignment());
      expect(member.targetAssignment().get().topicPartitions(), consumer.assignment());
      expect(member.memberEpoch(), description.groupEpoch());
      Set<String> listed = admin.listGroups(ListGroupsOptions.forConsumerGroups()).all().get().stream()
          .map(GroupListing::groupId).collect(Collectors.toSet());
      expect(listed.contains(group), true);
    }
  }
}
