import { foreignClient } from '../foreign/foreign-client.ts'
import { goProgram, goVersion } from '../foreign/go.ts'

foreignClient({
  name: 'franz-go',
  version: goVersion('github.com/twmb/franz-go'),
  program: () => goProgram('franz-go'),
  timeoutMs: 240_000,
  cases: {
    codecs: ['codecs', 'batches of every codec lie side by side and keep their codec'],
    idempotence: [
      'idempotence',
      'an idempotent producer writes five thousand records in small batches once and in order',
    ],
    acks: ['other', 'records are written with acks 0, 1 and all'],
    headers: ['headers', 'headers, timestamp, nulls and the leader epoch come back as they were'],
    largeMessages: [
      'large messages',
      'five mebibytes in a record pass where allowed, five kilobytes are refused where not',
    ],
    timestamps: [
      'timestamps',
      'offsets are found by time, the largest time among them, and reading begins there',
    ],
    transactions: [
      'transactions',
      'what is committed is read, in order, and what is aborted only by uncommitted readers',
    ],
    chain: [
      'transactions',
      'a session that reads, transforms and writes does so exactly once, over an abort too',
    ],
    range: ['groups', 'two members share the partitions by range, and one takes all when the other leaves'],
    sticky: ['groups', 'the same by sticky'],
    cooperative: ['cooperative', 'the same by cooperative-sticky, where only what moves is revoked'],
    staticMembers: [
      'static members',
      'a static member that comes back finds its partitions, unseen by the other',
    ],
    commits: ['groups', 'a group goes on where it has committed'],
    consumerProtocol: [
      'consumer protocol',
      'members of a consumer group share and commit, assigned by uniform',
    ],
    consumerProtocolRange: ['consumer protocol', 'the same, assigned by range'],
    shareGroup: [
      'share groups',
      'two members of a share group get every record once, and the start offset moves',
    ],
    shareAcknowledge: [
      'share groups',
      'a released record comes again with its delivery count, a rejected one does not',
    ],
    adminTopics: ['admin', 'an admin creates, grows, describes and deletes topics'],
    adminConfigs: ['admin', 'an admin describes and alters configs'],
    adminGroups: ['admin', 'an admin describes, lists and deletes groups and their offsets'],
    adminRecords: ['admin', 'an admin deletes records'],
    adminTransactions: ['admin', 'an admin describes transactions and producers'],
    adminCluster: ['admin', 'an admin describes the cluster and its log directories'],
  },
})
