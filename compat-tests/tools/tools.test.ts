import { fileURLToPath } from 'node:url'
import { foreignClient } from '../foreign/foreign-client.ts'
import { javaProgram } from '../foreign/java.ts'
import { toolsJars, toolsVersion } from './tools-jars.ts'

const sources = fileURLToPath(new URL('.', import.meta.url))

foreignClient({
  name: "Kafka's command-line tools",
  version: toolsVersion,
  program: () => javaProgram(sources, 'Tools', toolsJars),
  timeoutMs: 300_000,
  cases: {
    topics: ['admin', 'TopicCommand creates, describes, grows, lists and deletes topics'],
    topicErrors: ['admin', 'TopicCommand is told what is wrong with a topic'],
    offsets: ['timestamps', 'GetOffsetShell finds offsets by time and of every kind'],
    deleteRecords: ['admin', 'DeleteRecordsCommand deletes up to an offset'],
    logDirs: ['admin', 'LogDirsCommand tells the sizes of partitions'],
    elections: ['admin', 'LeaderElectionCommand elects preferred and unclean leaders, which lead already'],
    reassignments: ['admin', 'ReassignPartitionsCommand generates, executes, verifies, lists and cancels'],
    console: ['headers', 'ConsoleProducer and ConsoleConsumer carry keys, headers and every codec'],
    consoleGroup: ['groups', 'ConsoleConsumer goes on where its group was, by both protocols'],
    consoleTransactions: ['transactions', 'ConsoleConsumer reads what is committed, or everything'],
    consoleShare: ['share groups', 'ConsoleShareConsumer releases and accepts'],
    verifiable: ['groups', 'VerifiableProducer and VerifiableConsumer, by both protocols'],
    verifiableShare: ['share groups', 'VerifiableShareConsumer, acknowledging by itself'],
    performance: ['other', 'ProducerPerformance and ConsumerPerformance'],
    performanceTransactions: ['transactions', 'ProducerPerformance in transactions'],
    performanceShare: ['share groups', 'ShareConsumerPerformance with two consumers'],
    endToEndLatency: ['other', 'EndToEndLatency'],
    classicGroup: [
      'groups',
      'ConsumerGroupCommand lists, describes and deletes a classic group with its lag',
    ],
    consumerGroup: [
      'consumer protocol',
      'ConsumerGroupCommand does so with a group of the consumer protocol',
    ],
    resetOffsets: ['groups', 'ConsumerGroupCommand resets offsets to every target, from a file too'],
    deleteOffsets: ['groups', 'ConsumerGroupCommand deletes offsets, of topics that nobody reads'],
    groupErrors: ['groups', 'commands for each kind of group say that there is none of the name'],
    shareGroup: [
      'share groups',
      'ShareGroupCommand lists, describes, resets, and deletes offsets and groups',
    ],
    groups: ['groups', 'GroupsCommand lists groups of all types, and of each'],
    topicConfigs: ['admin', "ConfigCommand describes and alters topics' configs"],
    brokerConfigs: ['admin', "ConfigCommand describes and alters brokers' configs and their defaults"],
    loggers: ['admin', "ConfigCommand describes a broker's loggers"],
    quotas: ['admin', 'ConfigCommand describes and alters quotas of clients, users and addresses'],
    credentials: ['admin', 'ConfigCommand describes and alters SCRAM credentials'],
    groupConfigs: ['admin', "ConfigCommand describes and alters groups' configs"],
    clientMetrics: ['admin', 'ClientMetricsCommand alters, describes, lists and deletes subscriptions'],
    transactions: ['transactions', 'TransactionsCommand lists, describes and terminates transactions'],
    hanging: ['transactions', 'TransactionsCommand finds none that hangs, and aborts by start offset'],
    features: ['admin', 'FeatureCommand describes, upgrades and downgrades features'],
    quorum: ['admin', 'MetadataQuorumCommand describes the quorum, whose voters stay'],
    apiVersions: ['admin', 'BrokerApiVersionsCommand tells the versions of APIs'],
    cluster: ['admin', 'ClusterTool tells id and endpoints, and unregisters no broker that there is not'],
    security: ['admin', 'AclCommand and DelegationTokenCommand are told that security is off'],
  },
})
