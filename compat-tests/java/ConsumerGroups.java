import java.time.Duration;
import java.util.*;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;

/**
 * What Kafka's own consumers of the new protocol (KIP-848) expect of a broker.
 * Run: java -cp 'LIBS/*:CLASSES' ConsumerGroups BOOTSTRAP
 */
public class ConsumerGroups extends EveryRelease {
  public static void main(String[] args) throws Exception {
    connect(args, Map.of());
    deadline = Duration.ofSeconds(30);
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("sharing", () -> shared(Map.of("group.protocol", "consumer")));
    checks.put("range", ConsumerGroups::range);
    checks.put("pattern", ConsumerGroups::pattern);
    checks.put("statics", ConsumerGroups::statics);
    checks.put("commits", () -> commits("consumer"));
    checks.put("upAndDown", ConsumerGroups::upAndDown);
    checks.put("described", ConsumerGroups::described);
    run(checks);
  }

  static KafkaConsumer<String, String> consumer(String group, Map<String, Object> more) {
    Map<String, Object> config = new HashMap<>(Map.of(
        "group.id", group, "group.protocol", "consumer", "enable.auto.commit", "false"));
    config.putAll(more);
    return consumer(config);
  }

  static void range() throws Exception {
    String topic = newTopic(3);
    String group = unique("group");
    Map<String, Object> config = Map.of("group.remote.assignor", "range");
    try (var first = consumer(group, config); var second = consumer(group, config)) {
      first.subscribe(List.of(topic));
      second.subscribe(List.of(topic));
      waitUntil(() -> first.assignment().size() + second.assignment().size() == 3
          && !first.assignment().isEmpty() && !second.assignment().isEmpty(), first, second);
      expectShared(3, first, second);
    }
  }

  static void pattern() throws Exception {
    String prefix = unique("found");
    String topic = prefix + "-a";
    create(topic, 2, 1, Map.of());
    create(prefix + "-other", 2, 1, Map.of());
    try (var consumer = consumer(unique("group"), Map.of())) {
      consumer.subscribe(new SubscriptionPattern(prefix + "-[ab]"));
      waitUntil(() -> consumer.assignment().size() == 2, consumer);
      expect(consumer.assignment().stream().map(TopicPartition::topic).collect(Collectors.toSet()), Set.of(topic));
    }
  }

  static void statics() throws Exception {
    String topic = newTopic(2);
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

  static void upAndDown() throws Exception {
    String topic = newTopic(4);
    String group = unique("group");
    var old = consumer(group, Map.of("group.protocol", "classic"));
    old.subscribe(List.of(topic));
    waitUntil(() -> old.assignment().size() == 4, old);
    expect(typeOf(group), GroupType.CLASSIC);
    var next = consumer(group, Map.of());
    next.subscribe(List.of(topic));
    waitUntil(() -> old.assignment().size() == 2 && next.assignment().size() == 2, old, next);
    expectShared(4, old, next);
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
    String topic = newTopic(2);
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
