import { foreignClient } from '../foreign/foreign-client.ts'
import { goProgram, goVersion } from '../foreign/go.ts'
import { classicGroupsOnly, known, noShareGroups } from '../foreign/known-cases.ts'

foreignClient({
  name: 'Sarama',
  version: goVersion('github.com/IBM/sarama'),
  program: () => goProgram('sarama'),
  timeoutMs: 240_000,
  lacks: { ...classicGroupsOnly, ...noShareGroups },
  cases: {
    ...known(
      'codecs',
      'idempotence',
      'headers',
      'largeMessages',
      'timestamps',
      'transactions',
      'chain',
      'range',
      'roundRobin',
      'sticky',
      'cooperative',
      'commits',
    ),
    versions: ['other', 'it reads and writes while posing as a client of Kafka 1.0 to 4.0'],
    staticMembers: [
      'static members',
      'a static member that comes back finds its partition, unseen by the other',
    ],
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
