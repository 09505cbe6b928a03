import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { foreignClient } from '../foreign/foreign-client.ts'
import { nodeRdkafka } from '../foreign/node-rdkafka.ts'

const version = '3.6.1'
const checks = fileURLToPath(new URL('./checks.cjs', import.meta.url))

foreignClient({
  name: 'node-rdkafka',
  version,
  program: async () => ({
    file: process.execPath,
    args: [checks],
    env: { ...process.env, NODE_PATH: join(await nodeRdkafka(version), 'node_modules') },
  }),
  timeoutMs: 240_000,
  lacks: {
    'consumer protocol': 'the librdkafka 2.0.2 of Debian 12 is older',
    'share groups': 'it has none',
  },
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
    adminTopics: ['admin', 'an admin creates, grows and deletes topics'],
  },
})
