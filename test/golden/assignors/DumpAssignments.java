import java.util.*;
import java.util.stream.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.*;
import org.apache.kafka.coordinator.group.assignor.*;
import org.apache.kafka.coordinator.group.modern.*;

/** Random groups, and what Kafka's server-side assignors give their members, one a line in JSON; see README.md. */
public class DumpAssignments {
    static final Random random = new Random(20261123);

    public static void main(String[] args) {
        List<String> cases = new ArrayList<>();
        for (int at = 0; at < 150; at++) cases.addAll(history());
        cases.forEach(System.out::println);
    }

    /** One group over some rebalances, each of which starts from the assignment before. */
    static List<String> history() {
        boolean homogeneous = random.nextBoolean();
        boolean uniform = random.nextInt(3) > 0;
        ConsumerGroupPartitionAssignor assignor = uniform ? new UniformAssignor() : new RangeAssignor();
        Map<Uuid, Integer> counts = new LinkedHashMap<>();
        int topics = 1 + random.nextInt(5);
        for (int at = 0; at < topics; at++) counts.put(new Uuid(random.nextLong(), random.nextLong()), random.nextInt(9));
        Map<String, Set<Uuid>> members = new LinkedHashMap<>();
        Map<String, String> instances = new HashMap<>();
        Map<String, Map<Uuid, Set<Integer>>> current = new HashMap<>();
        List<String> cases = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            change(members, instances, counts, homogeneous);
            current.keySet().retainAll(members.keySet());
            cases.add(assign(assignor, homogeneous, counts, members, instances, current));
        }
        return cases;
    }

    static void change(Map<String, Set<Uuid>> members, Map<String, String> instances, Map<Uuid, Integer> counts, boolean homogeneous) {
        for (int at = random.nextInt(4); at > 0 && members.size() > 1; at--)
            members.remove(new ArrayList<>(members.keySet()).get(random.nextInt(members.size())));
        for (int at = random.nextInt(5); at > 0 || members.isEmpty(); at--) {
            String id = "m" + random.nextInt(1000);
            members.put(id, Set.of());
            if (random.nextInt(3) == 0) instances.put(id, "i" + random.nextInt(1000));
        }
        List<Uuid> all = new ArrayList<>(counts.keySet());
        for (Uuid topic : all) if (random.nextInt(6) == 0) counts.merge(topic, random.nextInt(4), Integer::sum);
        Set<Uuid> shared = some(all);
        for (String id : members.keySet()) {
            if (homogeneous) members.put(id, shared);
            else if (members.get(id).isEmpty() || random.nextInt(4) == 0) members.put(id, some(all));
        }
    }

    static Set<Uuid> some(List<Uuid> all) {
        Set<Uuid> chosen = new HashSet<>();
        for (Uuid topic : all) if (random.nextInt(3) > 0) chosen.add(topic);
        if (chosen.isEmpty()) chosen.add(all.get(0));
        return chosen;
    }

    static String assign(ConsumerGroupPartitionAssignor assignor, boolean homogeneous, Map<Uuid, Integer> counts,
            Map<String, Set<Uuid>> members, Map<String, String> instances, Map<String, Map<Uuid, Set<Integer>>> current) {
        Map<String, MemberSubscriptionAndAssignmentImpl> specs = new LinkedHashMap<>();
        Map<Uuid, Map<Integer, String>> owners = new HashMap<>();
        List<String> shown = new ArrayList<>();
        members.forEach((id, topics) -> {
            Map<Uuid, Set<Integer>> before = Collections.unmodifiableMap(current.getOrDefault(id, Map.of()));
            before.forEach((topic, partitions) -> partitions.forEach(
                partition -> owners.computeIfAbsent(topic, each -> new HashMap<>()).put(partition, id)));
            Optional<String> instance = Optional.ofNullable(instances.get(id));
            specs.put(id, new MemberSubscriptionAndAssignmentImpl(Optional.empty(), instance, topics, new Assignment(before)));
            // In the order in which the uniform assignor looks at them.
            String ids = new HashSet<>(topics).stream().map(topic -> quoted(topic.toString())).collect(Collectors.joining(","));
            shown.add("{\"memberId\":" + quoted(id) + ",\"instanceId\":" + instance.map(DumpAssignments::quoted).orElse("null")
                + ",\"topicIds\":[" + ids + "],\"target\":" + shown(before) + "}");
        });
        SubscriptionType type = homogeneous ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS;
        GroupAssignment made = assignor.assign(
            new GroupSpecImpl(Collections.unmodifiableMap(specs), type, owners, Optional.empty()),
            new SubscribedTopicDescriber() {
                public int numPartitions(Uuid topic) { return counts.get(topic); }
                public Set<String> racksForPartition(Uuid topic, int partition) { return Set.of(); }
                public Set<Integer> assignablePartitions(Uuid topic) { return Set.of(); }
            });
        List<String> result = new ArrayList<>();
        for (String id : members.keySet()) {
            MemberAssignment given = made.members().get(id);
            Map<Uuid, Set<Integer>> copy = new HashMap<>();
            if (given != null) given.partitions().forEach((topic, partitions) -> copy.put(topic, new TreeSet<>(partitions)));
            copy.values().removeIf(Set::isEmpty);
            current.put(id, copy);
            result.add(quoted(id) + ":" + shown(copy));
        }
        String sizes = counts.entrySet().stream().map(each -> quoted(each.getKey().toString()) + ":" + each.getValue()).collect(Collectors.joining(","));
        return "{\"assignor\":" + quoted(assignor.name()) + ",\"isHomogeneous\":" + homogeneous + ",\"partitionCounts\":{" + sizes
            + "},\"members\":[" + String.join(",", shown) + "],\"result\":{" + String.join(",", result) + "}}";
    }

    static String shown(Map<Uuid, Set<Integer>> assignment) {
        return "[" + assignment.entrySet().stream().map(each -> "[" + quoted(each.getKey().toString()) + "," + each.getValue() + "]").collect(Collectors.joining(",")) + "]";
    }

    static String quoted(String text) { return '"' + text + '"'; }
}
