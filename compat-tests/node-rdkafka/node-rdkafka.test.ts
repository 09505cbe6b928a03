import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { foreignClient } from '../foreign/foreign-client.ts'
import { known, noShareGroups } from '../foreign/known-cases.ts'
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
    ...noShareGroups,
  },
  cases: {
    ...known(
      'codecs',
      'idempotence',
      'headers',
      'largeMessages',
      'transactions',
      'chain',
      'range',
      'roundRobin',
      'cooperative',
      'staticMembers',
      'commits',
    ),
    timestamps: ['timestamps', 'offsets are found by time, and watermarks are told'],
    adminTopics: ['admin', 'an admin creates, grows and deletes topics'],
  },
})
