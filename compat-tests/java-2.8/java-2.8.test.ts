import { fileURLToPath } from 'node:url'
import { fetchedJars } from '../brokers/kafka-jars.ts'
import { foreignClient } from '../foreign/foreign-client.ts'
import { javaProgram } from '../foreign/java.ts'
import { known } from '../foreign/known-cases.ts'

const version = '2.8.2'
const sources = fileURLToPath(new URL('.', import.meta.url))

foreignClient({
  name: 'kafka-clients 2.8 (Java)',
  version,
  program: () =>
    javaProgram(sources, 'Checks28', () =>
      fetchedJars('kafka-clients', `kafka-clients-${version}`, [
        ['org.apache.kafka', 'kafka-clients', version],
        ['org.slf4j', 'slf4j-simple', '1.7.36'],
      ]),
    ),
  timeoutMs: 240_000,
  lacks: {
    'consumer protocol': 'it is older (KIP-848 came with 3.7)',
    'share groups': 'it is older (KIP-932 came with 4.0)',
  },
  cases: {
    ...known(
      'codecs',
      'largeMessages',
      'timestamps',
      'transactions',
      'chain',
      'range',
      'roundRobin',
      'sticky',
      'cooperative',
      'adminTopics',
    ),
    idempotence: [
      'idempotence',
      'an idempotent producer writes five thousand records in small batches once and in order',
    ],
    headers: ['headers', 'headers, timestamp, nulls and the leader epoch come back as they were'],
    fencing: ['transactions', 'a producer that takes over the transactional id fences the one before'],
    staticMembers: ['static members', 'a static member that comes back finds its partitions'],
    commits: ['groups', 'commits come back with metadata, and the group goes on there'],
    adminConfigs: ['admin', 'an admin describes, alters and replaces configs'],
    adminOffsets: ['admin', 'an admin lists offsets and deletes records'],
    adminGroups: ['admin', 'an admin lists, describes and deletes groups, their offsets and static members'],
    adminCluster: ['admin', 'an admin describes the cluster, log directories and features'],
    adminQuotas: ['admin', 'an admin alters and describes quotas and credentials'],
    adminPartitions: ['admin', 'an admin elects leaders and lists reassignments'],
  },
})
