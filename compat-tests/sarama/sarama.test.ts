import { foreignClient } from '../foreign/foreign-client.ts'
import { goProgram, goVersion } from '../foreign/go.ts'

foreignClient({
  name: 'Sarama',
  version: goVersion('github.com/IBM/sarama'),
  program: () => goProgram('sarama'),
  timeoutMs: 240_000,
  lacks: {
    'consumer protocol': 'its groups speak the classic protocol alone',
    'share groups': 'it has none',
  },
  cases: {
    codecs: ['codecs', 'batches of every codec lie side by side'],
    versions: ['other', 'it reads and writes while posing as a client of Kafka 1.0 to 4.0'],
    idempotence: [
      'idempotence',
      'an idempotent producer writes two thousand records in small batches once and in order',
    ],
    headers: ['headers', 'headers, timestamp and nulls come back as they were'],
    largeMessages: [
      'large messages',
      'five mebibytes in a record pass where allowed, five kilobytes are refused where not',
    ],
    timestamps: ['timestamps', 'offsets are found by time'],
    transactions: [
      'transactions',
      'what is committed is read, in order, and what is aborted only by uncommitted readers',
    ],
    chain: ['transactions', 'offsets are committed with what was made of the records, or not at all'],
    range: ['groups', 'two members share the partitions by range, and one takes all when the other leaves'],
    roundRobin: ['groups', 'the same by roundrobin'],
    sticky: ['groups', 'the same by sticky'],
    cooperative: ['cooperative', 'the same by cooperative-sticky'],
    staticMembers: [
      'static members',
      'a static member that comes back finds its partition, unseen by the other',
    ],
    commits: ['groups', 'a group goes on where it has committed'],
    adminTopics: ['admin', 'an admin creates, grows, lists and deletes topics'],
    adminConfigs: ['admin', 'an admin describes, alters and replaces configs'],
    adminGroups: ['admin', 'an admin describes, lists and deletes groups and their offsets'],
    adminRecords: ['admin', 'an admin deletes records and lists offsets'],
    adminCluster: [
      'admin',
      'an admin describes the cluster, log directories, credentials, quotas and reassignments',
    ],
  },
})
