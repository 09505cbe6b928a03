import java.util.*;

/** Topics, their partitions and their records: what the tools create, describe, move and delete. */
class TopicTools extends Tools {
  static void checks() {
    CHECKS.put("topics", TopicTools::topics);
    CHECKS.put("topicErrors", TopicTools::topicErrors);
    CHECKS.put("offsets", TopicTools::offsets);
    CHECKS.put("deleteRecords", TopicTools::deleteRecords);
    CHECKS.put("logDirs", TopicTools::logDirs);
    CHECKS.put("elections", TopicTools::elections);
    CHECKS.put("reassignments", TopicTools::reassignments);
  }

  static void topics() throws Exception {
    String topic = unique("made");
    tool("TopicCommand", "--create --partitions 2 --replication-factor 1 --config retention.ms=12345 --topic " + topic)
        .has("Created topic " + topic + ".");
    tool("TopicCommand", "--create --if-not-exists --topic " + topic);
    settled(() -> tool("TopicCommand", "--describe --topic " + topic)
        .has("Topic: " + topic + " TopicId: ", " PartitionCount: 2 ReplicationFactor: 1 Configs: ",
            "retention.ms=12345",
            "Topic: " + topic + " Partition: 1 Leader: " + brokerId + " Replicas: " + brokerId + " Isr: " + brokerId));
    tool("TopicCommand", "--alter --partitions 3 --topic " + topic);
    settled(() -> tool("TopicCommand", "--describe --topic " + topic).has("PartitionCount: 3", "Partition: 2 Leader: " + brokerId));
    expect(tool("TopicCommand", "--list --topic " + topic).lines(), List.of(topic));
    settled(() -> tool("TopicCommand", "--list --exclude-internal").has(topic).hasNot("__consumer_offsets"));
    settled(() -> tool("TopicCommand", "--describe --topics-with-overrides --topic " + topic).has("retention.ms=12345"));
    for (String trouble : List.of("--under-replicated-partitions", "--unavailable-partitions",
        "--under-min-isr-partitions", "--at-min-isr-partitions")) {
      String line = "Topic: " + topic;
      Printed printed = tool("TopicCommand", "--describe " + trouble + " --topic " + topic);
      // One replica, of which one must be in sync.
      if (trouble.equals("--at-min-isr-partitions")) printed.has(line);
      else printed.hasNot(line);
    }
    String byHand = unique("by-hand");
    tool("TopicCommand", "--create --replica-assignment " + brokerId + "," + brokerId + " --topic " + byHand);
    settled(() -> tool("TopicCommand", "--describe --topic " + byHand).has("PartitionCount: 2 ReplicationFactor: 1"));
    tool("TopicCommand", "--delete --topic " + topic + "|" + byHand);
    settled(() -> tool("TopicCommand", "--list").hasNot(topic, byHand));
  }

  static void topicErrors() throws Exception {
    String topic = newTopic(2);
    refused("TopicCommand", "--create --topic " + topic).has("Topic '" + topic + "' already exists.");
    refused("TopicCommand", "--create --topic " + unique("bad") + " --config retention.ms=never").has("retention.ms");
    // Here the tool prints the broker's words alone, which are its own.
    String failed = "Error while executing topic command : ";
    refused("TopicCommand", "--create --topic " + unique("bad") + " --replication-factor 3").has(failed);
    refused("TopicCommand", "--create --topic bad/name").has(failed + "Topic name is invalid: 'bad/name'");
    refused("TopicCommand", "--alter --partitions 1 --topic " + topic).has(failed);
    settled(() -> tool("TopicCommand", "--describe --topic " + topic).has("PartitionCount: 2"));
    refused("TopicCommand", "--describe --topic nowhere-" + topic).has("does not exist as expected");
    refused("TopicCommand", "--delete --topic nowhere-" + topic).has("does not exist as expected");
  }

  static void offsets() throws Exception {
    String topic = newTopic(2);
    send(topic, 0, 5);
    for (String[] time : new String[][] {{"latest", "5"}, {"earliest", "0"}, {"max-timestamp", "4"},
        {"earliest-local", "0"}, {"1700000002500", "3"}, {"-1", "5"}, {"-2", "0"}}) {
      tool("GetOffsetShell", "--time " + time[0] + " --topic-partitions " + topic + ":0")
          .has(topic + ":0:" + time[1]);
    }
    expect(tool("GetOffsetShell", "--topic " + topic).lines(), List.of(topic + ":0:5", topic + ":1:0"));
    tool("GetOffsetShell", "--time latest-tiered --topic " + topic).hasNot("Exception");
    tool("GetOffsetShell", "--exclude-internal-topics").has(topic + ":0:5").hasNot("__consumer_offsets");
  }

  static void deleteRecords() throws Exception {
    String topic = newTopic(2);
    send(topic, 0, 10);
    String offsets = "{\"partitions\":[{\"topic\":\"%s\",\"partition\":0,\"offset\":%s}],\"version\":1}";
    tool("DeleteRecordsCommand", "--offset-json-file " + file(offsets.formatted(topic, 4)))
        .has("partition: " + topic + "-0 low_watermark: 4");
    tool("GetOffsetShell", "--time earliest --topic-partitions " + topic + ":0").has(topic + ":0:4");
    tool("DeleteRecordsCommand", "--offset-json-file " + file(offsets.formatted(topic, 11)))
        .has("OffsetOutOfRangeException");
    tool("DeleteRecordsCommand", "--offset-json-file " + file(offsets.formatted(topic, -1)))
        .has("partition: " + topic + "-0 low_watermark: 10");
  }

  static void logDirs() throws Exception {
    String topic = newTopic(2);
    send(topic, 1, 10);
    String json = tool("LogDirsCommand", "--describe --topic-list " + topic + " --broker-list " + brokerId).text();
    for (String part : List.of("\"broker\":" + brokerId, "\"error\":null", "\"partition\":\"" + topic + "-1\"",
        "\"offsetLag\":0", "\"isFuture\":false")) {
      if (!json.contains(part)) throw new AssertionError("no " + part + " in " + json);
    }
    if (json.contains("\"partition\":\"" + topic + "-1\",\"size\":0,")) throw new AssertionError(json);
  }

  static void elections() throws Exception {
    String topic = newTopic(2);
    String one = "--topic " + topic + " --partition 0 --election-type ";
    tool("LeaderElectionCommand", one + "preferred").has("Valid replica already elected for partitions " + topic + "-0");
    tool("LeaderElectionCommand", one + "unclean").has("Valid replica already elected for partitions " + topic + "-0");
    tool("LeaderElectionCommand", "--all-topic-partitions --election-type preferred");
    String several = file("{\"partitions\":[{\"topic\":\"%s\",\"partition\":1}]}".formatted(topic));
    tool("LeaderElectionCommand", "--election-type preferred --path-to-json-file " + several)
        .has("Valid replica already elected for partitions " + topic + "-1");
    refused("LeaderElectionCommand", "--topic nowhere-" + topic + " --partition 0 --election-type preferred")
        .has("UnknownTopicOrPartitionException");
  }

  static void reassignments() throws Exception {
    String topic = newTopic(1);
    String command = "reassign.ReassignPartitionsCommand";
    String topics = file("{\"topics\":[{\"topic\":\"%s\"}],\"version\":1}".formatted(topic));
    tool(command, "--generate --broker-list " + brokerId + " --topics-to-move-json-file " + topics)
        .has("Proposed partition reassignment configuration",
            "{\"topic\":\"" + topic + "\",\"partition\":0,\"replicas\":[" + brokerId + "],\"log_dirs\":[\"any\"]}");
    String plan = "{\"version\":1,\"partitions\":[{\"topic\":\"%s\",\"partition\":0,\"replicas\":[%s]}]}";
    String same = file(plan.formatted(topic, brokerId));
    tool(command, "--execute --reassignment-json-file " + same)
        .has("Successfully started partition reassignment for " + topic + "-0");
    tool(command, "--verify --reassignment-json-file " + same)
        .has("Reassignment of partition " + topic + "-0 is completed.");
    settled(() -> tool(command, "--list").has("No partition reassignments found."));
    tool(command, "--cancel --reassignment-json-file " + same).has("None of the specified partition reassignments");
    refused(command, "--execute --reassignment-json-file " + file(plan.formatted(topic, "987")))
        .has("Unknown broker id 987");
  }
}
