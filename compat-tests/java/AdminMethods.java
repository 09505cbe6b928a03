import java.lang.reflect.*;
import java.time.Duration;
import java.util.*;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metrics.*;
import org.apache.kafka.common.quota.*;
import org.apache.kafka.common.resource.*;
import org.apache.kafka.common.serialization.*;

/**
 * Every method of Kafka's Admin. Run: java -cp 'LIBS/*:CLASSES' AdminMethods BOOTSTRAP
 */
@SuppressWarnings({"removal", "deprecation"}) // Every method includes those that are to go.
public class AdminMethods extends Frame {
  static final Set<String> called = new TreeSet<>();
  static int broker;

  public static void main(String[] args) throws Exception {
    connect(args, Map.of("enable.metrics.push", true));
    Admin real = admin;
    admin = (Admin) Proxy.newProxyInstance(Admin.class.getClassLoader(), new Class<?>[] {Admin.class},
        (proxy, method, arguments) -> {
          called.add(method.getName());
          try {
            return method.invoke(real, arguments);
          } catch (InvocationTargetException error) {
            throw error.getCause();
          }
        });
    broker = admin.describeCluster().nodes().get().iterator().next().id();
    Map<String, Check> checks = new LinkedHashMap<>();
    checks.put("topics", AdminMethods::topics);
    checks.put("configs", AdminMethods::configs);
    checks.put("quotas", AdminMethods::quotas);
    checks.put("credentials", AdminMethods::credentials);
    checks.put("logDirs", AdminMethods::logDirs);
    checks.put("replicas", AdminMethods::replicas);
    checks.put("features", AdminMethods::features);
    checks.put("quorum", AdminMethods::quorum);
    checks.put("nodes", AdminMethods::nodes);
    checks.put("classicGroups", AdminMethods::classicGroups);
    checks.put("shareGroups", AdminMethods::shareGroups);
    checks.put("streamsGroups", AdminMethods::streamsGroups);
    checks.put("transactions", AdminMethods::transactions);
    checks.put("security", AdminMethods::security);
    checks.put("telemetry", AdminMethods::telemetry);
    checks.put("every", AdminMethods::every);
    run(checks);
  }

  static TopicPartition newPartition() throws Exception {
    return new TopicPartition(newTopic(1), 0);
  }

  static void topics() throws Exception {
    TopicPartition partition = newPartition();
    String topic = partition.topic();
    send(topic, "a", "b", "c", "d", "e");
    settled(() -> expect(admin.listTopics().names().get().contains(topic), true));
    admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(2))).all().get();
    settled(() -> expect(admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size(), 2));
    expect(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(2))).lowWatermarks().get(partition).get()
        .lowWatermark(), 2L);
    expect(admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).partitionResult(partition).get().offset(), 2L);
    admin.deleteTopics(List.of(topic)).all().get();
    settled(() -> fails("UnknownTopicOrPartitionException", () -> admin.describeTopics(List.of(topic)).allTopicNames().get()));
  }

  static void configs() throws Exception {
    String topic = newPartition().topic();
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    var metrics = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, unique("metrics"));
    var group = new ConfigResource(ConfigResource.Type.GROUP, unique("group"));
    admin.incrementalAlterConfigs(Map.of(resource, List.of(set("retention.ms", "4321")),
        metrics, List.of(set("interval.ms", "30000")), group, List.of(set("consumer.session.timeout.ms", "50000")))).all().get();
    settled(() -> {
      var found = admin.describeConfigs(List.of(resource, metrics, group)).all().get();
      expect(found.get(resource).get("retention.ms").value(), "4321");
      expect(found.get(metrics).get("interval.ms").value(), "30000");
      expect(found.get(group).get("consumer.session.timeout.ms").value(), "50000");
    });
    var all = admin.listConfigResources().all().get();
    expect(all.containsAll(List.of(resource, metrics, group)), true);
    var some = admin.listConfigResources(Set.of(ConfigResource.Type.GROUP), new ListConfigResourcesOptions()).all().get();
    expect(some.contains(group) && !some.contains(resource), true);
    var names = admin.listClientMetricsResources().all().get().stream().map(ClientMetricsResourceListing::name).toList();
    expect(names.contains(metrics.name()), true);
    fails("InvalidConfigurationException",
        () -> admin.incrementalAlterConfigs(Map.of(resource, List.of(set("retention.ms", "never")))).all().get());
    admin.incrementalAlterConfigs(Map.of(metrics, List.of(
        new AlterConfigOp(new ConfigEntry("interval.ms", null), AlterConfigOp.OpType.DELETE)))).all().get();
  }

  static AlterConfigOp set(String name, String value) {
    return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
  }

  static void quotas() throws Exception {
    var entity = new ClientQuotaEntity(Map.of("user", unique("user"), "client-id", "me"));
    var filter = ClientQuotaFilter.containsOnly(entity.entries().entrySet().stream()
        .map(entry -> ClientQuotaFilterComponent.ofEntity(entry.getKey(), entry.getValue())).toList());
    alterQuota(entity, 1234.0);
    settled(() -> expect(admin.describeClientQuotas(filter).entities().get(),
        Map.of(entity, Map.of("producer_byte_rate", 1234.0))));
    alterQuota(entity, null);
    settled(() -> expect(admin.describeClientQuotas(filter).entities().get(), Map.of()));
    fails("InvalidRequestException", () -> alterQuota(new ClientQuotaEntity(Map.of("planet", "earth")), 1.0));
  }

  static void alterQuota(ClientQuotaEntity entity, Double value) throws Exception {
    var op = new ClientQuotaAlteration.Op("producer_byte_rate", value);
    admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity, List.of(op)))).all().get();
  }

  static void credentials() throws Exception {
    String user = unique("user");
    var info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 5000);
    admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(user, info, "secret"))).all().get();
    settled(() -> expect(admin.describeUserScramCredentials(List.of(user)).description(user).get().credentialInfos(), List.of(info)));
    expect(admin.describeUserScramCredentials().users().get().contains(user), true);
    admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512))).all().get();
    settled(() -> fails("ResourceNotFoundException", () -> admin.describeUserScramCredentials(List.of(user)).description(user).get()));
  }

  static void logDirs() throws Exception {
    TopicPartition partition = newPartition();
    send(partition.topic(), "a", "b", "c");
    var folders = admin.describeLogDirs(List.of(broker)).allDescriptions().get().get(broker);
    String folder = folders.keySet().iterator().next();
    expect(folders.get(folder).replicaInfos().get(partition).size() > 0, true);
    var replica = new TopicPartitionReplica(partition.topic(), 0, broker);
    var info = admin.describeReplicaLogDirs(List.of(replica)).all().get().get(replica);
    expect(info.getCurrentReplicaLogDir() + info.getFutureReplicaLogDir(), folder + "null");
    admin.alterReplicaLogDirs(Map.of(replica, folder)).all().get();
    fails("LogDirNotFoundException", () -> admin.alterReplicaLogDirs(Map.of(replica, "/nowhere")).all().get());
  }

  static void replicas() throws Exception {
    TopicPartition partition = newPartition();
    for (ElectionType type : ElectionType.values()) {
      var result = admin.electLeaders(type, Set.of(partition)).partitions().get().get(partition);
      expect(result.map(error -> error.getClass().getSimpleName()), Optional.of("ElectionNotNeededException"));
    }
    reassign(partition, Optional.of(new NewPartitionReassignment(List.of(broker))));
    expect(admin.listPartitionReassignments(Set.of(partition)).reassignments().get(), Map.of());
    fails("NoReassignmentInProgressException", () -> reassign(partition, Optional.empty()));
    fails("InvalidReplicaAssignmentException",
        () -> reassign(partition, Optional.of(new NewPartitionReassignment(List.of(987)))));
  }

  static void reassign(TopicPartition partition, Optional<NewPartitionReassignment> target) throws Exception {
    admin.alterPartitionReassignments(Map.of(partition, target)).all().get();
  }

  static void features() throws Exception {
    var features = admin.describeFeatures().featureMetadata().get();
    expect(features.supportedFeatures().keySet(), Set.of("eligible.leader.replicas.version", "group.version",
        "kraft.version", "metadata.version", "share.version", "streams.version", "transaction.version"));
    expect(features.finalizedFeatures().get("transaction.version").maxVersionLevel(), (short) 2);
    var same = new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.UPGRADE);
    admin.updateFeatures(Map.of("group.version", same), new UpdateFeaturesOptions().validateOnly(true)).all().get();
    fails("InvalidUpdateVersionException", () -> admin.updateFeatures(
        Map.of("group.version", new FeatureUpdate((short) 9, FeatureUpdate.UpgradeType.UPGRADE)), new UpdateFeaturesOptions()).all().get());
  }

  static void quorum() throws Exception {
    var quorum = admin.describeMetadataQuorum().quorumInfo().get();
    expect(quorum.leaderId() + "/" + quorum.voters().size() + "/" + quorum.observers().size(), broker + "/1/0");
    var endpoint = Set.of(new RaftVoterEndpoint("CONTROLLER", "localhost", 1));
    fails("UnsupportedVersionException", () -> admin.addRaftVoter(2, Uuid.randomUuid(), endpoint).all().get());
    fails("UnsupportedVersionException", () -> admin.removeRaftVoter(broker, Uuid.randomUuid()).all().get());
  }

  static void nodes() throws Exception {
    var cluster = admin.describeCluster();
    expect(cluster.nodes().get().size() + "/" + cluster.controller().get().id(), "1/" + broker);
    fails("BrokerIdNotRegisteredException", () -> admin.unregisterBroker(987).all().get());
    fails("ControllerIdNotRegisteredException", () -> admin.unregisterController(987, new UnregisterControllerOptions()).all().get());
  }

  static void classicGroups() throws Exception {
    TopicPartition partition = newPartition();
    send(partition.topic(), "a", "b", "c");
    String group = unique("group");
    try (var consumer = consumer(Map.of("group.id", group, "group.instance.id", "me"))) {
      consumer.subscribe(List.of(partition.topic()));
      read(consumer, 3);
      expect(admin.describeClassicGroups(List.of(group)).all().get().get(group).members().size(), 1);
      expect(admin.describeConsumerGroups(List.of(group)).all().get().get(group).groupState(), GroupState.STABLE);
      var members = List.of(new MemberToRemove("me"));
      admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions(members)).all().get();
    }
    expect(admin.listGroups().all().get().stream().anyMatch(listing -> listing.groupId().equals(group)), true);
    expect(admin.listConsumerGroups().all().get().stream().anyMatch(listing -> listing.groupId().equals(group)), true);
    admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(2))).all().get();
    expect(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition).offset(), 2L);
    admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all().get();
    admin.deleteConsumerGroups(List.of(group)).all().get();
    fails("GroupIdNotFoundException", () -> admin.deleteConsumerGroups(List.of(group)).all().get());
  }

  static void shareGroups() throws Exception {
    TopicPartition partition = newPartition();
    send(partition.topic(), "a", "b", "c");
    String group = unique("group");
    fails("GroupIdNotFoundException", () -> admin.describeShareGroups(List.of(group)).all().get());
    try (var consumer = new KafkaShareConsumer<>(Map.of("bootstrap.servers", bootstrap, "group.id", group),
        new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(partition.topic()));
      consumer.poll(Duration.ofMillis(500));
      expect(admin.describeShareGroups(List.of(group)).all().get().get(group).members().size(), 1);
      fails("GroupNotEmptyException", () -> admin.deleteShareGroups(List.of(group)).all().get());
    }
    settled(() -> admin.alterShareGroupOffsets(group, Map.of(partition, 1L)).all().get());
    var listed = admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec())).partitionsToOffsetInfo(group).get();
    expect(listed.get(partition).startOffset(), 1L);
    admin.deleteShareGroupOffsets(group, Set.of(partition.topic())).all().get();
    admin.deleteShareGroups(List.of(group)).all().get();
  }

  static void streamsGroups() throws Exception {
    TopicPartition partition = newPartition();
    String group = unique("group");
    fails("GroupIdNotFoundException", () -> admin.describeStreamsGroups(List.of(group)).all().get());
    admin.alterStreamsGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(0))).all().get();
    var listed = admin.listStreamsGroupOffsets(Map.of(group, new ListStreamsGroupOffsetsSpec()));
    expect(listed.partitionsToOffsetAndMetadata(group).get().get(partition).offset(), 0L);
    admin.deleteStreamsGroupOffsets(group, Set.of(partition)).all().get();
    admin.deleteStreamsGroups(List.of(group)).all().get();
  }

  static void transactions() throws Exception {
    TopicPartition partition = newPartition();
    String id = unique("tx");
    try (var producer = transactional(id)) {
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(partition.topic(), "open")).get();
      expect(admin.describeTransactions(List.of(id)).description(id).get().state(), TransactionState.ONGOING);
      expect(admin.listTransactions().all().get().stream().anyMatch(each -> each.transactionalId().equals(id)), true);
      var active = admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers();
      var open = active.get(0);
      admin.abortTransaction(new AbortTransactionSpec(partition, open.producerId(), (short) open.producerEpoch(),
          Math.max(0, open.coordinatorEpoch().orElse(0)))).all().get();
      expect(admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers().get(0)
          .currentTransactionStartOffset(), OptionalLong.empty());
      admin.forceTerminateTransaction(id).result().get();
      expect(admin.describeTransactions(List.of(id)).description(id).get().state() == TransactionState.ONGOING, false);
      admin.fenceProducers(List.of(id)).all().get();
    }
    fails("TransactionalIdNotFoundException", () -> admin.describeTransactions(List.of(unique("tx"))).all().get());
  }

  static void security() throws Exception {
    var binding = new AclBinding(new ResourcePattern(ResourceType.TOPIC, "t", PatternType.LITERAL),
        new AccessControlEntry("User:a", "*", AclOperation.READ, AclPermissionType.ALLOW));
    fails("SecurityDisabledException", () -> admin.createAcls(List.of(binding)).all().get());
    fails("SecurityDisabledException", () -> admin.describeAcls(AclBindingFilter.ANY).values().get());
    fails("SecurityDisabledException", () -> admin.deleteAcls(List.of(binding.toFilter())).all().get());
    String refused = "UnsupportedByAuthenticationException";
    fails(refused, () -> admin.createDelegationToken().delegationToken().get());
    fails(refused, () -> admin.describeDelegationToken().delegationTokens().get());
    fails(refused, () -> admin.renewDelegationToken(new byte[8]).expiryTimestamp().get());
    fails(refused, () -> admin.expireDelegationToken(new byte[8]).expiryTimestamp().get());
  }

  static void telemetry() throws Exception {
    expect(admin.metrics().isEmpty(), false);
    var metric = new KafkaMetric(new Object(), new MetricName("m", "g", "d", Map.of()), (Measurable) (config, now) -> 1,
        new MetricConfig(), org.apache.kafka.common.utils.Time.SYSTEM);
    admin.registerMetricForSubscription(metric);
    admin.unregisterMetricFromSubscription(metric);
    Uuid id = admin.clientInstanceId(Duration.ofSeconds(5));
    // Apache Kafka asks for no metrics without a plugin that takes them.
    if (id != null || "odradek".equals(System.getenv("ODRADEK_COMPAT_BROKER"))) expect(id.toString().length(), 22);
  }

  static void every() {
    admin.close(Duration.ZERO);
    Set<String> missing = Arrays.stream(Admin.class.getMethods()).filter(method -> !Modifier.isStatic(method.getModifiers()))
        .map(Method::getName).collect(Collectors.toCollection(TreeSet::new));
    missing.removeAll(called);
    expect(missing, Set.of());
  }
}
