import { createRequire } from 'node:module'

/** The inside of kafkajs, which has no types: what its request encoders and response decoders look like. */
export interface KafkajsExchange {
  readonly request: { readonly apiKey: number; readonly apiVersion: number; readonly apiName: string }
  readonly response: { decode(body: Buffer): Promise<unknown> }
}

interface KafkajsApi {
  readonly versions: readonly string[]
  protocol(choice: { version: string }): (args: unknown) => KafkajsExchange
}

const load = createRequire(import.meta.url)
const apiByName: Record<string, KafkajsApi> = Object.fromEntries(
  ['addOffsetsToTxn', 'addPartitionsToTxn', 'alterConfigs', 'alterPartitionReassignments', 'apiVersions']
    .concat(['createAcls', 'createPartitions', 'createTopics', 'deleteAcls', 'deleteGroups', 'deleteRecords'])
    .concat(['deleteTopics', 'describeAcls', 'describeConfigs', 'describeGroups', 'endTxn', 'fetch'])
    .concat(['findCoordinator', 'heartbeat', 'initProducerId', 'joinGroup', 'leaveGroup', 'listGroups'])
    .concat([
      'listOffsets',
      'listPartitionReassignments',
      'metadata',
      'offsetCommit',
      'offsetFetch',
      'produce',
    ])
    .concat(['saslAuthenticate', 'saslHandshake', 'syncGroup', 'txnOffsetCommit'])
    .map((name) => [name, load(`kafkajs/src/protocol/requests/${name}`)]),
)

const frame: (parts: {
  readonly correlationId: number
  readonly clientId: string | null
  readonly request: unknown
}) => Promise<{ readonly buffer: Buffer }> = load('kafkajs/src/protocol/request')

/** Every API and version that kafkajs speaks, with arguments that suit all its versions. */
export function exchanges(): { readonly name: string; readonly make: () => KafkajsExchange }[] {
  return Object.entries(apiByName).flatMap(([name, api]) =>
    api.versions.map((version) => ({
      name: `${name} v${version}`,
      make: () => api.protocol({ version })(requestArguments[name]),
    })),
  )
}

/** A whole request as kafkajs would send it, with its length in front. */
export async function kafkajsFrame(exchange: KafkajsExchange, correlationId: number): Promise<Buffer> {
  return (await frame({ correlationId, clientId: 'kafkajs-test', request: exchange.request })).buffer
}

const group = {
  groupId: 'orders-service',
  groupGenerationId: 7,
  generationId: 7,
  memberId: 'member-1',
  groupInstanceId: 'static-1',
}
const producer = { transactionalId: 'payments', producerId: '4001', producerEpoch: 3 }
const acl = {
  resourceType: 2,
  resourceName: 'orders',
  resourcePatternType: 3,
  principal: 'User:ann',
  host: '*',
  operation: 3,
  permissionType: 2,
}
const messages = [{ key: 'k', value: 'v', timestamp: 1_700_000_000_000, headers: { h: 'x' } }]

const requestArguments: Record<string, unknown> = {
  addOffsetsToTxn: { ...producer, ...group },
  addPartitionsToTxn: { ...producer, topics: [{ topic: 'orders', partitions: [0, 2] }] },
  alterConfigs: {
    resources: [{ type: 2, name: 'orders', configEntries: [{ name: 'retention.ms', value: '1000' }] }],
  },
  alterPartitionReassignments: {
    topics: [{ topic: 'orders', partitionAssignment: [{ partition: 1, replicas: [1, 2] }] }],
  },
  apiVersions: {},
  createAcls: { creations: [acl] },
  createPartitions: {
    topicPartitions: [
      {
        topic: 'orders',
        count: 4,
        assignments: [
          [1, 2],
          [2, 3],
        ],
      },
    ],
  },
  createTopics: {
    topics: [
      {
        topic: 'orders',
        numPartitions: 3,
        replicationFactor: 2,
        replicaAssignment: [{ partition: 0, replicas: [1, 2] }],
        configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
      },
    ],
    validateOnly: true,
  },
  deleteAcls: { filters: [acl] },
  deleteGroups: ['orders-service', 'other'],
  deleteRecords: { topics: [{ topic: 'orders', partitions: [{ partition: 0, offset: '42' }] }] },
  deleteTopics: { topics: ['orders', 'invoices'] },
  describeAcls: acl,
  describeConfigs: {
    resources: [{ type: 2, name: 'orders', configNames: ['retention.ms'] }],
    includeSynonyms: true,
  },
  describeGroups: { groupIds: ['orders-service'] },
  endTxn: { ...producer, transactionResult: true },
  fetch: {
    replicaId: -1,
    maxWaitTime: 500,
    minBytes: 1,
    maxBytes: 1024,
    rackId: 'a',
    topics: [{ topic: 'orders', partitions: [{ partition: 1, fetchOffset: '99', maxBytes: 512 }] }],
  },
  findCoordinator: { groupId: 'orders-service', coordinatorType: 0 },
  heartbeat: group,
  initProducerId: { transactionalId: 'payments', transactionTimeout: 6000 },
  joinGroup: {
    ...group,
    sessionTimeout: 30_000,
    rebalanceTimeout: 60_000,
    protocolType: 'consumer',
    groupProtocols: [{ name: 'RoundRobinAssigner', metadata: Buffer.from('meta') }],
  },
  leaveGroup: group,
  listGroups: {},
  listOffsets: {
    replicaId: -1,
    topics: [{ topic: 'orders', partitions: [{ partition: 1, timestamp: -2 }] }],
  },
  listPartitionReassignments: { topics: [{ topic: 'orders', partitions: [0, 1] }] },
  metadata: { topics: ['orders', 'invoices'], allowAutoTopicCreation: true },
  offsetCommit: {
    ...group,
    retentionTime: -1,
    topics: [{ topic: 'orders', partitions: [{ partition: 1, offset: '99', metadata: 'note' }] }],
  },
  offsetFetch: { ...group, topics: [{ topic: 'orders', partitions: [{ partition: 1 }] }] },
  produce: {
    acks: -1,
    timeout: 1000,
    ...producer,
    compression: 0,
    topicData: [{ topic: 'orders', partitions: [{ partition: 1, firstSequence: 5, messages }] }],
  },
  // kafkajs' mechanisms hand over the token with its length in front.
  saslAuthenticate: { authBytes: Buffer.from('\0\0\0\x0c\0user\0secret') },
  saslHandshake: { mechanism: 'PLAIN' },
  syncGroup: {
    ...group,
    groupAssignment: [{ memberId: 'member-1', memberAssignment: Buffer.from('share') }],
  },
  txnOffsetCommit: {
    ...producer,
    ...group,
    topics: [{ topic: 'orders', partitions: [{ partition: 1, offset: '99', metadata: 'note' }] }],
  },
}
