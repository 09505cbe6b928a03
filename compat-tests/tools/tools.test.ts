import { fileURLToPath } from 'node:url'
import { foreignClient } from '../foreign/foreign-client.ts'
import { compiledProgram } from '../foreign/java.ts'
import { toolsJars, toolsVersion } from './tools-jars.ts'

const sources = fileURLToPath(new URL('.', import.meta.url))

foreignClient({
  name: "Kafka's command-line tools",
  version: toolsVersion,
  program: () => compiledProgram(sources, 'Tools', toolsJars),
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
    verifiableShare: ['share groups', 'VerifiableShareConsumer in every mode of acknowledging'],
    performance: ['other', 'ProducerPerformance and ConsumerPerformance'],
    performanceTransactions: ['transactions', 'ProducerPerformance in transactions'],
    performanceShare: ['share groups', 'ShareConsumerPerformance with two consumers'],
    endToEndLatency: ['other', 'EndToEndLatency'],
  },
})
