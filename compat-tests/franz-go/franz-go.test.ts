import { foreignClient } from '../foreign/foreign-client.ts'
import { goProgram, goVersion } from '../foreign/go.ts'
import { known } from '../foreign/known-cases.ts'

foreignClient({
  name: 'franz-go',
  version: goVersion('github.com/twmb/franz-go'),
  program: () => goProgram('franz-go'),
  timeoutMs: 240_000,
  cases: {
    ...known(
      'acks',
      'largeMessages',
      'transactions',
      'range',
      'sticky',
      'commits',
      'consumerProtocolRange',
      'adminTopics',
      'adminRecords',
    ),
    codecs: ['codecs', 'batches of every codec lie side by side and keep their codec'],
    idempotence: [
      'idempotence',
      'an idempotent producer writes five thousand records in small batches once and in order',
    ],
    headers: ['headers', 'headers, timestamp, nulls and the leader epoch come back as they were'],
    timestamps: [
      'timestamps',
      'offsets are found by time, the largest time among them, and reading begins there',
    ],
    chain: [
      'transactions',
      'a session that reads, transforms and writes does so exactly once, over an abort too',
    ],
    cooperative: ['cooperative', 'the same by cooperative-sticky, where only what moves is revoked'],
    staticMembers: [
      'static members',
      'a static member that comes back finds its partitions, unseen by the other',
    ],
    consumerProtocol: [
      'consumer protocol',
      'members of a consumer group share and commit, assigned by uniform',
    ],
    shareGroup: [
      'share groups',
      'two members of a share group get every record once, and the start offset moves',
    ],
    shareAcknowledge: [
      'share groups',
      'a released record comes again with its delivery count, a rejected one does not',
    ],
    adminConfigs: ['admin', 'an admin describes and alters configs'],
    adminGroups: ['admin', 'an admin describes, lists and deletes groups and their offsets'],
    adminTransactions: ['admin', 'an admin describes transactions and producers'],
    adminCluster: ['admin', 'an admin describes the cluster and its log directories'],
  },
})
