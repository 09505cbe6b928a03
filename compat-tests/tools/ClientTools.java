import java.util.*;
import java.util.stream.*;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** The tools that write and read records: the console's, the verifiable ones and those that measure. */
class ClientTools extends Tools {
  static void checks() {
    CHECKS.put("console", ClientTools::console);
    CHECKS.put("consoleGroup", ClientTools::consoleGroup);
    CHECKS.put("consoleTransactions", ClientTools::consoleTransactions);
    CHECKS.put("verifiableShare", ClientTools::verifiableShare);
    CHECKS.put("consoleShare", ClientTools::consoleShare);
    CHECKS.put("verifiable", ClientTools::verifiable);
    CHECKS.put("performance", ClientTools::performance);
    CHECKS.put("performanceTransactions", ClientTools::performanceTransactions);
    CHECKS.put("performanceShare", ClientTools::performanceShare);
    CHECKS.put("endToEndLatency", ClientTools::endToEndLatency);
  }

  static void console() throws Exception {
    String topic = newTopic(1);
    String keyed = "--reader-property parse.key=true --reader-property parse.headers=true --sync --topic " + topic;
    toolWith("color:red,size:9\tk1\tone\ncolor:blue\tk2\ttwo\n", "ConsoleProducer", keyed);
    for (String codec : List.of("gzip", "snappy", "lz4", "zstd")) {
      toolWith("by " + codec + "\n", "ConsoleProducer", "--compression-codec " + codec + " --topic " + topic);
    }
    toolWith("by acks 0\n", "ConsoleProducer", "--request-required-acks 0 --topic " + topic);
    String shown = Stream.of("key", "headers", "partition", "offset")
        .map(what -> " --formatter-property print." + what + "=true").collect(Collectors.joining());
    Printed all = tool("consumer.ConsoleConsumer", "--from-beginning --max-messages 7 --topic " + topic + shown);
    expect(all.lines(), List.of(
        "Partition:0 Offset:0 color:red,size:9 k1 one", "Partition:0 Offset:1 color:blue k2 two",
        "Partition:0 Offset:2 NO_HEADERS null by gzip", "Partition:0 Offset:3 NO_HEADERS null by snappy",
        "Partition:0 Offset:4 NO_HEADERS null by lz4", "Partition:0 Offset:5 NO_HEADERS null by zstd",
        "Partition:0 Offset:6 NO_HEADERS null by acks 0", "Processed a total of 7 messages"));
    Printed last = tool("consumer.ConsoleConsumer", "--partition 0 --offset 5 --max-messages 1 --topic " + topic);
    expect(last.lines(), List.of("by zstd", "Processed a total of 1 messages"));
    Printed none = tool("consumer.ConsoleConsumer", "--partition 0 --offset latest --timeout-ms 300 --topic " + topic);
    none.has("Processed a total of 0 messages");
  }

  static void consoleGroup() throws Exception {
    for (String protocol : List.of("classic", "consumer")) {
      String topic = newTopic(2);
      String group = unique("console");
      send(topic, 0, 3);
      String read = "--command-property group.protocol=" + protocol + " --group " + group + " --from-beginning --topic " + topic;
      tool("consumer.ConsoleConsumer", "--max-messages 3 " + read).has("value0\nvalue1\nvalue2\n");
      send(topic, 1, 2);
      Printed rest = tool("consumer.ConsoleConsumer", "--max-messages 2 " + read);
      expect(rest.lines(), List.of("value0", "value1", "Processed a total of 2 messages"));
    }
  }

  static void consoleTransactions() throws Exception {
    String topic = newTopic(1);
    try (var producer = transactional(unique("console"))) {
      for (String value : List.of("aborted", "committed")) {
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(topic, value)).get();
        if (value.equals("aborted")) producer.abortTransaction();
        else producer.commitTransaction();
      }
    }
    String read = "--from-beginning --timeout-ms 2000 --topic " + topic + " --isolation-level ";
    expect(tool("consumer.ConsoleConsumer", read + "read_committed --max-messages 1").lines(),
        List.of("committed", "Processed a total of 1 messages"));
    expect(tool("consumer.ConsoleConsumer", read + "read_uncommitted --max-messages 2").lines(),
        List.of("aborted", "committed", "Processed a total of 2 messages"));
  }

  static void consoleShare() throws Exception {
    String topic = newTopic(1);
    String group = shareGroup();
    send(topic, 0, 3);
    String read = "--group " + group + " --topic " + topic;
    tool("consumer.ConsoleShareConsumer", "--release --max-messages 3 " + read).has("value0\nvalue1\nvalue2\n");
    String count = " --formatter-property print.delivery=true";
    tool("consumer.ConsoleShareConsumer", "--max-messages 3 " + read + count)
        .has("Delivery:2 value0", "Processed a total of 3 messages");
    tool("consumer.ConsoleShareConsumer", "--timeout-ms 500 " + read).has("Processed a total of 0 messages");
  }

  static void verifiable() throws Exception {
    String topic = newTopic(2);
    Printed written = process("VerifiableProducer", "--max-messages 500 --throughput -1 --acks -1 --repeating-keys 10 --topic " + topic);
    written.has("\"name\":\"producer_send_success\"", "\"value\":\"499\"", "\"sent\":500", "\"acked\":500")
        .hasNot("producer_send_error");
    for (String protocol : List.of("classic --session-timeout 6000", "consumer --group-remote-assignor range")) {
      Printed read = tool("VerifiableConsumer", "--max-messages 500 --reset-policy earliest --group-id "
          + unique("verifiable") + " --group-protocol " + protocol + " --topic " + topic);
      read.has("\"name\":\"startup_complete\"", "\"name\":\"partitions_assigned\"", "\"name\":\"offsets_committed\"",
          "\"success\":true", "\"name\":\"shutdown_complete\"").hasNot("\"success\":false");
      long count = read.lines().stream().filter(line -> line.contains("\"name\":\"records_consumed\""))
          .mapToLong(line -> Long.parseLong(line.replaceAll(".*\"name\":\"records_consumed\",\"count\":(\\d+).*", "$1"))).sum();
      expect(count, 500L);
    }
  }

  static void verifiableShare() throws Exception {
    String topic = newTopic(1);
    send(topic, 0, 50);
    for (String mode : List.of("sync", "async")) {
      // A group that begins where it is told to: Apache Kafka may have a new one wait for its first records for ever.
      String group = shareGroup();
      admin.alterShareGroupOffsets(group, Map.of(new TopicPartition(topic, 0), 0L)).all().get();
      Printed read = tool("VerifiableShareConsumer", "--max-messages 50 --offset-reset-strategy earliest --group-id "
          + group + " --acknowledgement-mode " + mode + " --topic " + topic);
      read.has("\"name\":\"records_consumed\"", "\"name\":\"offsets_acknowledged\"", "\"name\":\"shutdown_complete\"")
          .hasNot("\"success\":false");
    }
  }

  static void performance() throws Exception {
    String topic = newTopic(3);
    tool("ProducerPerformance", "--num-records 20000 --record-size 100 --throughput -1 --topic " + topic
        + " --command-property acks=all batch.size=2000 compression.type=lz4")
        .has("20000 records sent", "99.9th");
    tool("ConsumerPerformance", "--num-records 20000 --hide-header --topic " + topic).has(", 20000, ");
    tool("ConsumerPerformance", "--num-records 20000 --hide-header --command-property group.protocol=consumer --topic " + topic
        + " --group " + unique("perf")).has(", 20000, ");
  }

  static void performanceTransactions() throws Exception {
    String topic = newTopic(3);
    tool("ProducerPerformance", "--num-records 5000 --record-size 100 --throughput 10000 --topic " + topic
        + " --transactional-id " + unique("perf") + " --transaction-duration-ms 50").has("5000 records sent");
    tool("ConsumerPerformance", "--num-records 5000 --hide-header --command-property isolation.level=read_committed --topic "
        + topic).has(", 5000, ");
  }

  static void performanceShare() throws Exception {
    String topic = newTopic(3);
    for (int partition = 0; partition < 3; partition++) send(topic, partition, 1000);
    tool("ShareConsumerPerformance", "--num-records 3000 --threads 2 --hide-header --topic " + topic + " --group " + shareGroup())
        .has(", 3000, ");
  }

  static void endToEndLatency() throws Exception {
    String topic = newTopic(1);
    List<String> args = List.of("--bootstrap-server", bootstrap, "--topic", topic, "--num-records", "200",
        "--producer-acks", "all", "--record-size", "100", "--record-key-size", "8", "--num-headers", "2");
    Printed printed = mainOf("", TOOLS + "EndToEndLatency", args);
    expect(printed.exitCode(), 0);
    printed.has("Avg latency: ", "99.9th");
  }
}
