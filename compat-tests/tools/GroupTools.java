import java.util.*;

/** Groups of every kind: listed, described, their offsets moved and taken away. */
class GroupTools extends Tools {
  static final String GROUP = "consumer.group.ConsumerGroupCommand";
  static final String SHARE = "consumer.group.ShareGroupCommand";

  static void checks() {
    CHECKS.put("classicGroup", () -> described("classic", "Classic"));
    CHECKS.put("consumerGroup", () -> described("consumer", "Consumer"));
    CHECKS.put("resetOffsets", GroupTools::resetOffsets);
    CHECKS.put("deleteOffsets", GroupTools::deleteOffsets);
    CHECKS.put("groupErrors", GroupTools::groupErrors);
    CHECKS.put("shareGroup", GroupTools::shareGroups);
    CHECKS.put("groups", GroupTools::groups);
  }

  static void described(String protocol, String type) throws Exception {
    String topic = newTopic(2);
    String group = unique("group");
    String of = " --group " + group;
    String client = "client-of-" + group;
    send(topic, 0, 10);
    whileConsuming(group, topic, 10, Map.of("group.protocol", protocol), () -> {
      send(topic, 0, 5);
      tool(GROUP, "--describe" + of).has(group + " " + topic + " 0 10 15 5 ", " " + client);
      tool(GROUP, "--describe --offsets --verbose" + of).has(group + " " + topic + " 0 ", " 10 15 5 ");
      tool(GROUP, "--describe --members" + of).has(" " + client + " 2");
      tool(GROUP, "--describe --members --verbose" + of).has(topic + ":0,1");
      tool(GROUP, "--describe --state" + of).has("(" + brokerId + ")", " Stable 1");
      tool(GROUP, "--list --state").has(group + " Stable");
      tool(GROUP, "--list --state Stable --type " + protocol).has(group + " " + type + " Stable");
      tool(GROUP, "--list --state Empty").hasNot(group);
      toolWith("", GROUP, "--reset-offsets --to-earliest --execute --all-topics" + of).has("only be reset if the group", "Stable");
      toolWith("", GROUP, "--delete" + of).has("GroupNotEmptyException");
    });
    tool(GROUP, "--describe --state" + of).has(" Empty 0");
    tool(GROUP, "--describe" + of).has("has no active members", group + " " + topic + " 0 10 15 5 - - -");
    tool(GROUP, "--delete" + of).has("Deletion of requested consumer groups ('" + group + "') was successful.");
    tool(GROUP, "--list").hasNot(group);
  }

  static void resetOffsets() throws Exception {
    String topic = newTopic(2);
    String group = unique("group");
    String of = " --group " + group + " --topic " + topic + ":0";
    String row = group + " " + topic + " 0 ";
    send(topic, 0, 10);
    for (String[] target : new String[][] {{"--to-latest", "10"}, {"--to-earliest", "0"}, {"--to-offset 7", "7"},
        {"--shift-by -3", "4"}, {"--shift-by 2", "6"}, {"--to-datetime 2023-11-14T22:13:22.500", "3"},
        {"--to-current", "3"}, {"--by-duration PT0S", "10"}, {"--by-duration P20000D", "0"}, {"--to-offset 99", "10"}}) {
      tool(GROUP, "--reset-offsets --execute " + target[0] + of).has(row + target[1] + "\n");
      tool(GROUP, "--describe --group " + group).has(row + target[1] + " 10 ");
    }
    tool(GROUP, "--reset-offsets --dry-run --to-offset 2" + of).has(row + "2\n");
    Printed exported = tool(GROUP, "--reset-offsets --dry-run --export --to-offset 5" + of);
    exported.has(topic + ",0,5");
    tool(GROUP, "--reset-offsets --execute --group " + group + " --from-file " + file(exported.text())).has(row + "5\n");
    tool(GROUP, "--describe --group " + group).has(row + "5 10 5 ");
    tool(GROUP, "--reset-offsets --execute --to-latest --all-topics --group " + group).has(row + "10\n");
  }

  static void deleteOffsets() throws Exception {
    String topic = newTopic(1);
    String other = newTopic(1);
    String group = unique("group");
    for (String each : List.of(topic, other)) {
      tool(GROUP, "--reset-offsets --execute --to-earliest --group " + group + " --topic " + each);
    }
    tool(GROUP, "--delete-offsets --group " + group + " --topic " + topic).has(topic + " 0 Successful");
    tool(GROUP, "--describe --group " + group).has(other).hasNot(topic);
    send(other, 0, 1);
    whileConsuming(group, other, 1, Map.of(), () ->
        toolWith("", GROUP, "--delete-offsets --group " + group + " --topic " + other).has(other + " 0 Error: "));
    toolWith("", GROUP, "--delete-offsets --group nobody-" + group + " --topic " + other).has("GroupIdNotFoundException");
  }

  static void groupErrors() throws Exception {
    String group = unique("nobody");
    toolWith("", GROUP, "--describe --group " + group).has("GroupIdNotFoundException");
    toolWith("", GROUP, "--delete --group " + group).has("GroupIdNotFoundException");
    toolWith("", SHARE, "--describe --group " + group).has("GroupIdNotFoundException");
    toolWith("", SHARE, "--delete --group " + group).has("'" + group + "'", "not");
    toolWith("", "streams.StreamsGroupCommand", "--describe --group " + group).has("GroupIdNotFoundException");
    tool("streams.StreamsGroupCommand", "--list").hasNot(group);
  }

  static void shareGroups() throws Exception {
    String topic = newTopic(1);
    String group = shareGroup();
    String of = " --group " + group;
    send(topic, 0, 10);
    tool("consumer.ConsoleShareConsumer", "--max-messages 10 --topic " + topic + of);
    send(topic, 0, 3);
    tool(SHARE, "--list").has(group);
    tool(SHARE, "--list --state").has(group + " Empty");
    tool(SHARE, "--list --state Stable").hasNot(group);
    // Of records below the end Apache Kafka may have written down that they are done before it moves the start.
    tool(SHARE, "--describe" + of).matches(group + " " + topic + " 0 \\d+ 3\n");
    tool(SHARE, "--describe --state" + of).has("(" + brokerId + ")", " Empty 0");
    tool(SHARE, "--describe --members" + of).has("has no active members");
    String row = group + " " + topic + " 0 ";
    tool(SHARE, "--reset-offsets --to-earliest --dry-run --topic " + topic + of).has(row + "0\n");
    tool(SHARE, "--describe" + of).matches(row + "\\d+ 3\n");
    tool(SHARE, "--reset-offsets --to-earliest --execute --topic " + topic + of).has(row + "0\n");
    tool(SHARE, "--describe" + of).has(row + "0 13");
    tool(SHARE, "--reset-offsets --to-datetime 2023-11-14T22:13:22.500 --execute --all-topics" + of).has(row + "3\n");
    tool(SHARE, "--reset-offsets --to-latest --execute --all-topics" + of).has(row + "13\n");
    tool(SHARE, "--delete-offsets --topic " + topic + of).has(topic + " Successful");
    tool(SHARE, "--describe" + of).hasNot(topic);
    tool(SHARE, "--delete" + of).has("('" + group + "') was successful");
    tool(SHARE, "--list").hasNot(group);
  }

  static void groups() throws Exception {
    String topic = newTopic(1);
    send(topic, 0, 1);
    Map<String, String> rows = new LinkedHashMap<>();
    for (String protocol : List.of("classic", "consumer")) {
      String group = unique(protocol);
      whileConsuming(group, topic, 1, Map.of("group.protocol", protocol), () -> {});
      rows.put(protocol, group + (protocol.equals("classic") ? " Classic consumer" : " Consumer consumer"));
    }
    String simple = unique("simple");
    tool(GROUP, "--reset-offsets --execute --to-earliest --group " + simple + " --topic " + topic);
    rows.put("simple", simple + " Classic\n");
    String share = shareGroup();
    tool("consumer.ConsoleShareConsumer", "--max-messages 1 --topic " + topic + " --group " + share);
    rows.put("share", share + " Share share");
    tool("GroupsCommand", "--list").has(rows.values().toArray(new String[0]));
    tool("GroupsCommand", "--list --share").has(share).hasNot(simple, rows.get("classic"), rows.get("consumer"));
    tool("GroupsCommand", "--list --consumer").has(simple, rows.get("classic"), rows.get("consumer")).hasNot(share);
    tool("GroupsCommand", "--list --group-type classic").has(simple, rows.get("classic")).hasNot(share, rows.get("consumer"));
    tool("GroupsCommand", "--list --protocol consumer").has(rows.get("consumer")).hasNot(share, simple);
    tool("GroupsCommand", "--list --streams").hasNot(share, simple);
  }
}
