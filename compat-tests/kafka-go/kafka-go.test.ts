import { foreignClient } from '../foreign/foreign-client.ts'
import { goProgram, goVersion } from '../foreign/go.ts'
import { classicGroupsOnly, known, noShareGroups } from '../foreign/known-cases.ts'

foreignClient({
  name: 'kafka-go',
  version: goVersion('github.com/segmentio/kafka-go'),
  program: () => goProgram('kafka-go'),
  timeoutMs: 240_000,
  lacks: {
    idempotence: 'its writer has no producer id',
    cooperative: 'its balancers are eager',
    'static members': 'it sends no instance id',
    ...classicGroupsOnly,
    ...noShareGroups,
  },
  cases: {
    ...known('codecs', 'acks', 'largeMessages', 'range', 'roundRobin', 'commits', 'adminTopics'),
    headers: ['headers', 'headers and timestamp come back as they were'],
    timestamps: ['timestamps', 'offsets are found by time, and reading begins there'],
    transactions: ['transactions', 'the single requests of a transaction begin, commit and abort'],
    adminConfigs: ['admin', 'an admin describes and alters configs'],
    adminGroups: ['admin', 'an admin describes, lists and deletes groups and their offsets'],
    adminCluster: ['admin', 'an admin describes the cluster and asks for quotas'],
  },
})
