import { fileURLToPath } from 'node:url'
import { foreignClient } from '../foreign/foreign-client.ts'
import { known, noShareGroups } from '../foreign/known-cases.ts'
import { crateVersion, rustProgram } from '../foreign/rust.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))

foreignClient({
  name: 'rdkafka (Rust)',
  version: crateVersion(folder, 'rdkafka'),
  program: () => rustProgram(folder, 'odradek-compat'),
  timeoutMs: 240_000,
  lacks: noShareGroups,
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
      'consumerProtocol',
      'consumerProtocolRange',
      'adminRecords',
    ),
    timestamps: ['timestamps', 'offsets are found by time, and watermarks are told'],
    consumerProtocolStatic: [
      'consumer protocol',
      'a static member of a consumer group that comes back finds its partition',
    ],
    adminTopics: ['admin', 'an admin creates, grows and deletes topics'],
    adminConfigs: ['admin', 'an admin describes and replaces configs'],
    adminGroups: ['admin', 'an admin describes and deletes groups'],
  },
})
