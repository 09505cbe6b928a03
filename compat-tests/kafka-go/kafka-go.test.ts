import { foreignClient } from '../foreign/foreign-client.ts'
import { goProgram, goVersion } from '../foreign/go.ts'

foreignClient({
  name: 'kafka-go',
  version: goVersion('github.com/segmentio/kafka-go'),
  program: () => goProgram('kafka-go'),
  timeoutMs: 240_000,
  lacks: {
    idempotence: 'its writer has no producer id',
    cooperative: 'its balancers are eager',
    'static members': 'it sends no instance id',
    'consumer protocol': 'its groups speak the classic protocol alone',
    'share groups': 'it has none',
  },
  cases: {
    codecs: ['codecs', 'batches of every codec lie side by side'],
    acks: ['other', 'records are written with acks 0, 1 and all'],
    headers: ['headers', 'headers and timestamp come back as they were'],
    largeMessages: [
      'large messages',
      'five mebibytes in a record pass where allowed, five kilobytes are refused where not',
    ],
    timestamps: ['timestamps', 'offsets are found by time, and reading begins there'],
    transactions: ['transactions', 'the single requests of a transaction begin, commit and abort'],
    range: ['groups', 'two members share the partitions by range, and one takes all when the other leaves'],
    roundRobin: ['groups', 'the same by roundrobin'],
    commits: ['groups', 'a group goes on where it has committed'],
    adminTopics: ['admin', 'an admin creates, grows, describes and deletes topics'],
    adminConfigs: ['admin', 'an admin describes and alters configs'],
    adminGroups: ['admin', 'an admin describes, lists and deletes groups and their offsets'],
    adminCluster: ['admin', 'an admin describes the cluster and asks for quotas'],
  },
})
