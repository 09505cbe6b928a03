import { fileURLToPath } from 'node:url'
import { foreignClient } from '../foreign/foreign-client.ts'
import { crateVersion, rustProgram } from '../foreign/rust.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))

foreignClient({
  name: 'rdkafka (Rust)',
  version: crateVersion(folder, 'rdkafka'),
  program: () => rustProgram(folder, 'odradek-compat'),
  timeoutMs: 240_000,
  lacks: { 'share groups': 'it has none' },
  cases: {
    codecs: ['codecs', 'batches of every codec lie side by side'],
    idempotence: [
      'idempotence',
      'an idempotent producer writes two thousand records in small batches once and in order',
    ],
    headers: ['headers', 'headers, timestamp and nulls come back as they were'],
    largeMessages: [
      'large messages',
      'five mebibytes in a record pass where allowed, five kilobytes are refused where not',
    ],
    timestamps: ['timestamps', 'offsets are found by time, and watermarks are told'],
    transactions: [
      'transactions',
      'what is committed is read, in order, and what is aborted only by uncommitted readers',
    ],
    chain: ['transactions', 'offsets are committed with what was made of the records, or not at all'],
    range: ['groups', 'two members share the partitions by range, and one takes all when the other leaves'],
    roundRobin: ['groups', 'the same by roundrobin'],
    cooperative: ['cooperative', 'the same by cooperative-sticky'],
    staticMembers: ['static members', 'a static member that comes back finds its partition'],
    commits: ['groups', 'a group goes on where it has committed'],
    consumerProtocol: [
      'consumer protocol',
      'members of a consumer group share partitions, assigned by uniform',
    ],
    consumerProtocolRange: ['consumer protocol', 'the same, assigned by range'],
    consumerProtocolStatic: [
      'consumer protocol',
      'a static member of a consumer group that comes back finds its partition',
    ],
    adminTopics: ['admin', 'an admin creates, grows and deletes topics'],
    adminConfigs: ['admin', 'an admin describes and replaces configs'],
    adminGroups: ['admin', 'an admin describes and deletes groups'],
    adminRecords: ['admin', 'an admin deletes records'],
  },
})
