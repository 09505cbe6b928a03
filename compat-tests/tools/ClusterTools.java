import java.util.*;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Configs, quotas, credentials, transactions and the cluster itself. */
class ClusterTools extends Tools {
  static final String CONFIG = "kafka.admin.ConfigCommand";

  static void checks() {
    CHECKS.put("topicConfigs", ClusterTools::topicConfigs);
    CHECKS.put("brokerConfigs", ClusterTools::brokerConfigs);
    CHECKS.put("loggers", ClusterTools::loggers);
    CHECKS.put("quotas", ClusterTools::quotas);
    CHECKS.put("credentials", ClusterTools::credentials);
    CHECKS.put("groupConfigs", ClusterTools::groupConfigs);
    CHECKS.put("clientMetrics", ClusterTools::clientMetrics);
    CHECKS.put("transactions", ClusterTools::transactions);
    CHECKS.put("hanging", ClusterTools::hanging);
    CHECKS.put("features", ClusterTools::features);
    CHECKS.put("quorum", ClusterTools::quorum);
    CHECKS.put("apiVersions", ClusterTools::apiVersions);
    CHECKS.put("cluster", ClusterTools::cluster);
    CHECKS.put("security", ClusterTools::security);
  }

  static void topicConfigs() throws Exception {
    String topic = newTopic(1);
    String of = " --entity-type topics --entity-name " + topic;
    tool(CONFIG, "--alter" + of + " --add-config retention.ms=1000,cleanup.policy=[compact,delete]")
        .has("Completed updating config for topic " + topic + ".");
    settled(() -> tool(CONFIG, "--describe" + of).has("Dynamic configs for topic " + topic + " are:",
        "retention.ms=1000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=1000",
        "cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, DEFAULT_CONFIG:log.cleanup.policy=delete}")
        .hasNot("segment.bytes"));
    settled(() -> tool(CONFIG, "--describe --all" + of).has("All configs for topic " + topic + " are:",
        "segment.bytes=1073741824 sensitive=false synonyms={DEFAULT_CONFIG:log.segment.bytes=1073741824}"));
    tool(CONFIG, "--alter --delete-config cleanup.policy --add-config-file " + file("max.message.bytes=4000\n") + of);
    settled(() -> tool(CONFIG, "--describe" + of).has("retention.ms=1000", "max.message.bytes=4000").hasNot("cleanup.policy"));
    refused(CONFIG, "--alter --add-config no.such.config=1" + of).has("Unknown topic config name: no.such.config");
    refused(CONFIG, "--alter --add-config retention.ms=never" + of).has("InvalidConfigurationException");
    refused(CONFIG, "--alter --add-config retention.ms=1 --entity-type topics --entity-name nowhere-" + topic)
        .has("UnknownTopicOrPartitionException");
  }

  static void brokerConfigs() throws Exception {
    String name = "log.cleaner.io.buffer.load.factor";
    String broker = " --entity-type brokers --entity-name " + brokerId;
    String defaults = " --entity-type brokers --entity-default";
    tool(CONFIG, "--alter --add-config " + name + "=0.8" + broker)
        .has("Completed updating config for broker " + brokerId + ".");
    tool(CONFIG, "--alter --add-config " + name + "=0.7" + defaults)
        .has("Completed updating default config for brokers in the cluster.");
    settled(() -> tool(CONFIG, "--describe" + broker).has("Dynamic configs for broker " + brokerId + " are:", name
        + "=0.8 sensitive=false synonyms={DYNAMIC_BROKER_CONFIG:" + name + "=0.8, DYNAMIC_DEFAULT_BROKER_CONFIG:"
        + name + "=0.7, DEFAULT_CONFIG:" + name + "=0.9}"));
    settled(() -> tool(CONFIG, "--describe" + defaults).has("Default configs for brokers in the cluster are:", name + "=0.7"));
    settled(() -> tool(CONFIG, "--describe --all" + broker).has("message.max.bytes=1048588", "node.id=" + brokerId));
    tool(CONFIG, "--alter --delete-config " + name + broker);
    tool(CONFIG, "--alter --delete-config " + name + defaults);
    settled(() -> tool(CONFIG, "--describe" + broker).hasNot(name));
    refused(CONFIG, "--alter --add-config log.dirs=/elsewhere" + broker).has("Cannot update these configs dynamically");
    refused(CONFIG, "--alter --add-config log.cleaner.threads=-1" + broker).has("log.cleaner.threads");
  }

  static void loggers() throws Exception {
    String of = " --entity-type broker-loggers --entity-name " + brokerId;
    settled(() -> tool(CONFIG, "--describe" + of).has("Dynamic configs for broker-logger " + brokerId + " are:"));
  }

  static void quotas() throws Exception {
    String client = unique("client");
    String user = unique("user");
    String clients = " --entity-type clients --entity-name " + client;
    tool(CONFIG, "--alter --add-config producer_byte_rate=1000000,request_percentage=150.5" + clients)
        .has("Completed updating config for client " + client + ".");
    settled(() -> tool(CONFIG, "--describe" + clients).has("Quota configs for client-id '" + client + "' are ",
        "producer_byte_rate=1000000.0", "request_percentage=150.5"));
    String both = " --entity-type users --entity-name " + user + clients;
    tool(CONFIG, "--alter --add-config consumer_byte_rate=2000000" + both);
    settled(() -> tool(CONFIG, "--describe" + both)
        .has("Quota configs for user-principal '" + user + "', client-id '" + client + "' are consumer_byte_rate=2000000.0"));
    tool(CONFIG, "--alter --add-config controller_mutation_rate=50 --user-defaults");
    settled(() -> tool(CONFIG, "--describe --user-defaults").has("the default user-principal are controller_mutation_rate=50.0"));
    tool(CONFIG, "--alter --delete-config controller_mutation_rate --user-defaults");
    settled(() -> tool(CONFIG, "--describe --user-defaults").hasNot("controller_mutation_rate"));
    tool(CONFIG, "--alter --add-config connection_creation_rate=1000 --ip 10.1.2.3");
    settled(() -> tool(CONFIG, "--describe --ip 10.1.2.3").has("Quota configs for ip '10.1.2.3' are connection_creation_rate=1000.0"));
    tool(CONFIG, "--alter --delete-config connection_creation_rate --ip 10.1.2.3");
    tool(CONFIG, "--alter --delete-config producer_byte_rate,request_percentage" + clients);
    settled(() -> tool(CONFIG, "--describe" + clients).hasNot("producer_byte_rate"));
    settled(() -> tool(CONFIG, "--describe --entity-type users --entity-type clients").has(user, client));
    refused(CONFIG, "--alter --add-config producer_byte_rate=0" + clients).has("producer_byte_rate");
    refused(CONFIG, "--alter --add-config producer_byte_rate=many" + clients).has("producer_byte_rate");
  }

  static void credentials() throws Exception {
    String user = unique("user");
    String of = " --entity-type users --entity-name " + user;
    for (String mechanism : List.of("SCRAM-SHA-256", "SCRAM-SHA-512")) {
      tool(CONFIG, "--alter --add-config " + mechanism + "=[iterations=8192,password=secret]" + of)
          .has("Completed updating config for user " + user + ".");
      settled(() -> tool(CONFIG, "--describe" + of).has("SCRAM credential configs for user-principal '" + user + "' are ",
          mechanism + "=iterations=8192").hasNot("secret"));
    }
    tool(CONFIG, "--alter --delete-config SCRAM-SHA-256" + of);
    settled(() -> tool(CONFIG, "--describe" + of).has("SCRAM-SHA-512=iterations=8192").hasNot("SCRAM-SHA-256"));
    refused(CONFIG, "--alter --delete-config SCRAM-SHA-256" + of).has("ResourceNotFoundException");
    refused(CONFIG, "--alter --add-config SCRAM-SHA-256=[iterations=100,password=secret]" + of)
        .has("less than the minimum 4096");
  }

  static void groupConfigs() throws Exception {
    String group = unique("group");
    String of = " --entity-type groups --entity-name " + group;
    tool(CONFIG, "--alter --add-config consumer.session.timeout.ms=50000,share.auto.offset.reset=earliest" + of)
        .has("Completed updating config for group " + group + ".");
    settled(() -> tool(CONFIG, "--describe" + of).has("Dynamic configs for group " + group + " are:",
        "consumer.session.timeout.ms=50000 sensitive=false synonyms={DYNAMIC_GROUP_CONFIG:consumer.session.timeout.ms=50000",
        "share.auto.offset.reset=earliest"));
    settled(() -> tool(CONFIG, "--describe --all --group " + group).has("consumer.heartbeat.interval.ms=", "streams.num.standby.replicas=0"));
    refused(CONFIG, "--alter --add-config consumer.session.timeout.ms=1" + of).has("consumer.session.timeout.ms");
    tool(CONFIG, "--alter --delete-config consumer.session.timeout.ms,share.auto.offset.reset" + of);
    settled(() -> tool(CONFIG, "--describe" + of).hasNot("consumer.session.timeout.ms"));
  }

  static void clientMetrics() throws Exception {
    String name = unique("metrics");
    String command = "ClientMetricsCommand";
    tool(command, "--alter --name " + name + " --interval 30000 --metrics org.apache.kafka.producer. --match client_id=none")
        .has("Altered client metrics config for " + name + ".");
    settled(() -> tool(command, "--list").has(name));
    settled(() -> tool(command, "--describe --name " + name).has("Client metrics configs for " + name + " are:",
        "interval.ms=30000", "metrics=org.apache.kafka.producer.", "match=client_id=none"));
    settled(() -> tool(CONFIG, "--describe --client-metrics " + name).has("interval.ms=30000"));
    refused(command, "--alter --name " + name + " --interval 1").has("interval.ms");
    tool(command, "--delete --name " + name).has("Deleted client metrics config for " + name + ".");
    settled(() -> tool(command, "--list").hasNot(name));
  }

  static void transactions() throws Exception {
    String topic = newTopic(1);
    String id = unique("tx");
    String command = "TransactionsCommand";
    try (var producer = transactional(id)) {
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(topic, "open")).get();
      tool(command, "list").matches(id + " " + brokerId + " \\d+ Ongoing");
      tool(command, "list --duration-filter 600000").hasNot(id);
      tool(command, "list --transactional-id-pattern " + id).has(id);
      tool(command, "describe --transactional-id " + id).matches(
          brokerId + " " + id + " \\d+ \\d+ Ongoing 60000 \\d+ \\d+ " + topic + "-0");
      tool(command, "describe-producers --topic " + topic + " --partition 0").matches("\\d+ \\d+ -?\\d+ 0 \\d+ 0\n");
      tool(command, "forceTerminateTransaction --transactionalId " + id);
      tool(command, "describe --transactional-id " + id).matches(" (CompleteAbort|Empty) ");
      tool(command, "describe-producers --topic " + topic + " --partition 0").matches("\\d+ \\d+ \\d+ -1 \\d+ None\n");
    }
    refused(command, "describe --transactional-id nobody-" + id).has("failed because the ID could not be found");
  }

  static void hanging() throws Exception {
    String topic = newTopic(1);
    String command = "TransactionsCommand";
    String id = unique("tx");
    var producer = transactional(id);
    producer.beginTransaction();
    producer.send(new ProducerRecord<>(topic, "open")).get();
    // What is open is none that hangs, as its coordinator knows of it.
    tool(command, "find-hanging --max-transaction-timeout 0 --topic " + topic).hasNot(topic);
    tool(command, "find-hanging --max-transaction-timeout 0 --broker-id " + brokerId).hasNot(topic);
    refused(command, "abort --start-offset 77 --topic " + topic + " --partition 0").has("any open transactions starting at offset 77");
    tool(command, "abort --start-offset 0 --topic " + topic + " --partition 0");
    tool(command, "describe-producers --topic " + topic + " --partition 0").hasNot(" 0\n");
    producer.close(java.time.Duration.ZERO);
  }

  static void features() throws Exception {
    tool("FeatureCommand", "describe").matches(
        "Feature: group.version SupportedMinVersion: 0 SupportedMaxVersion: 1 FinalizedVersionLevel: 1 Epoch: \\d+")
        .has("Feature: metadata.version", "Feature: transaction.version SupportedMinVersion: 0 SupportedMaxVersion: 2",
            "Feature: share.version", "Feature: streams.version");
    tool("FeatureCommand", "upgrade --feature group.version=1").has("group.version was upgraded to 1.");
    tool("FeatureCommand", "downgrade --dry-run --feature transaction.version=1")
        .has("transaction.version can be downgraded to 1.");
    refused("FeatureCommand", "upgrade --feature nothing.version=1").has("Could not upgrade nothing.version to 1.");
    refused("FeatureCommand", "upgrade --feature group.version=9").has("Could not upgrade group.version to 9.");
  }

  static void quorum() throws Exception {
    tool("MetadataQuorumCommand", "describe --status").has("ClusterId: " + admin.describeCluster().clusterId().get(),
        "LeaderId: " + brokerId, "MaxFollowerLag: 0", "CurrentVoters: [{\"id\": " + brokerId, "CurrentObservers: []");
    tool("MetadataQuorumCommand", "describe --replication").matches(brokerId + " \\S+ \\d+ 0 \\d+ \\d+ Leader");
    refused("MetadataQuorumCommand", "remove-controller --controller-id 1 --controller-directory-id AAAAAAAAAAAAAAAAAAAAAQ")
        .has("UnsupportedVersionException");
  }

  static void apiVersions() throws Exception {
    tool("BrokerApiVersionsCommand", "").has(bootstrap + " (id: " + brokerId + " rack: null isFenced: false) -> (",
        "Produce(0): 0 to 13 [usable: 13]", "18 [usable: 18]", "ConsumerGroupHeartbeat(68): 0 to 1 [usable: 1]",
        "ShareFetch(78): ", "StreamsGroupHeartbeat(88): ").hasNot("Exception");
  }

  static void cluster() throws Exception {
    cluster("cluster-id").has("Cluster ID: " + admin.describeCluster().clusterId().get());
    cluster("list-endpoints").matches(brokerId + " " + bootstrap.replace(":", " ") + " \\S+ unfenced broker");
    cluster("unregister", "--id", "987").has("987");
  }

  static Printed cluster(String action, String... more) throws Exception {
    List<String> args = new ArrayList<>(List.of(action, "--bootstrap-server", bootstrap));
    args.addAll(List.of(more));
    return mainOf("", TOOLS + "ClusterTool", args);
  }

  static void security() throws Exception {
    for (String action : List.of("--list", "--add --allow-principal User:a --operation Read --topic t",
        "--remove --force --allow-principal User:a --operation Read --topic t")) {
      refused("AclCommand", action).has("SecurityDisabledException");
    }
    String hmac = " --hmac abcd";
    for (String action : List.of("--describe", "--create --max-life-time-period -1",
        "--renew --renew-time-period -1" + hmac, "--expire --expiry-time-period -1" + hmac)) {
      refused("DelegationTokenCommand", action + " --command-config " + file("")).has("UnsupportedByAuthenticationException");
    }
  }
}
