import { expect, test } from 'vitest'
import { alterClientQuotas } from '../../src/wire/apis/alter-client-quotas.ts'
import { alterPartitionReassignments } from '../../src/wire/apis/alter-partition-reassignments.ts'
import { consumerGroupDescribe } from '../../src/wire/apis/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../src/wire/apis/consumer-group-heartbeat.ts'
import { createPartitions } from '../../src/wire/apis/create-partitions.ts'
import { createTopics } from '../../src/wire/apis/create-topics.ts'
import { deleteTopics } from '../../src/wire/apis/delete-topics.ts'
import { describeClientQuotas } from '../../src/wire/apis/describe-client-quotas.ts'
import { describeConfigs } from '../../src/wire/apis/describe-configs.ts'
import { describeGroups } from '../../src/wire/apis/describe-groups.ts'
import { describeUserScramCredentials } from '../../src/wire/apis/describe-user-scram-credentials.ts'
import { electLeaders } from '../../src/wire/apis/elect-leaders.ts'
import { fetch } from '../../src/wire/apis/fetch.ts'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.ts'
import { joinGroup } from '../../src/wire/apis/join-group.ts'
import { listOffsets } from '../../src/wire/apis/list-offsets.ts'
import { shareGroupHeartbeat } from '../../src/wire/apis/share-group-heartbeat.ts'
import { streamsGroupHeartbeat } from '../../src/wire/apis/streams-group-heartbeat.ts'
import { updateFeatures } from '../../src/wire/apis/update-features.ts'
import { errorName } from '../../src/wire/errors.ts'
import type { Api, EncodableRequestOf } from '../../src/wire/schema/api.ts'
import { useBroker } from './broker.ts'
import { newTopic as madeTopic } from './requests.ts'
import { subtopology } from './streams-member.ts'

const broker = useBroker()
/** With a word before it, longer than what an answer has room for. */
const name = 'x'.repeat(32_760)

/** Such names are errors, and the errors tell the names; the broker stays what it is. */
function isAnswered<A extends Api>(api: A, version: number, value: EncodableRequestOf<A>): void {
  test(`${api.name} with a name of 32 KB is answered`, async () => {
    await expect(broker.ask(api, version, value)).resolves.toBeDefined()
  })
}

const timeoutMs = 1000
const newTopic = { name: 'ok', numPartitions: 1, replicationFactor: 1, assignments: [] }
const member = { groupId: 'group', memberId: 'member', memberEpoch: 0, instanceId: null, rackId: null }
const subscription = { rebalanceTimeoutMs: 1000, subscribedTopicNames: [], topicPartitions: [] }

for (const config of [
  { name, value: '1' },
  { name: 'retention.ms', value: name },
])
  isAnswered(createTopics, 3, {
    topics: [{ ...newTopic, configs: [config] }],
    timeoutMs,
    validateOnly: false,
  })
for (const resourceType of [2, 4, 8, 16, 32]) {
  const resource = { resourceType, resourceName: name }
  const configs = [{ name, configOperation: 0, value: name }]
  isAnswered(incrementalAlterConfigs, 0, { resources: [{ ...resource, configs }], validateOnly: false })
  isAnswered(describeConfigs, 1, {
    resources: [{ ...resource, configurationKeys: null }],
    includeSynonyms: true,
    includeDocumentation: false,
  })
}
isAnswered(createPartitions, 1, {
  topics: [{ name, count: 3, assignments: null }],
  timeoutMs,
  validateOnly: false,
})
isAnswered(deleteTopics, 5, { topics: [], topicNames: [name], timeoutMs })
isAnswered(alterPartitionReassignments, 0, {
  timeoutMs,
  topics: [{ name, partitions: [{ partitionIndex: 0, replicas: [1, 2] }] }],
})
isAnswered(electLeaders, 0, { topicPartitions: [{ topic: name, partitions: [0] }], timeoutMs })
isAnswered(describeGroups, 6, { groups: [name], includeAuthorizedOperations: false })
isAnswered(consumerGroupDescribe, 1, { groupIds: [name], includeAuthorizedOperations: false })
for (const subscribed of [
  { subscribedTopicRegex: `(${name}`, serverAssignor: null },
  { subscribedTopicRegex: null, serverAssignor: name },
])
  isAnswered(consumerGroupHeartbeat, 1, { ...member, ...subscription, ...subscribed })
isAnswered(shareGroupHeartbeat, 1, {
  groupId: name,
  memberId: name,
  memberEpoch: 3,
  subscribedTopicNames: null,
})
isAnswered(streamsGroupHeartbeat, 1, {
  groupId: 'streams',
  memberId: name,
  memberEpoch: 0,
  shutdownApplication: true,
  endpointInformationEpoch: 0,
  rebalanceTimeoutMs: 1000,
  topology: { epoch: 0, subtopologies: [subtopology('0', { sourceTopics: ['missing'] })] },
  processId: 'process',
  activeTasks: [],
  standbyTasks: [],
  warmupTasks: [],
  clientTags: [],
})
isAnswered(alterClientQuotas, 0, {
  entries: [
    { entity: [{ entityType: name, entityName: name }], ops: [{ key: name, value: 1, remove: false }] },
  ],
  validateOnly: false,
})
isAnswered(describeClientQuotas, 0, {
  components: [{ entityType: name, matchType: 0, match: name }],
  strict: false,
})
isAnswered(describeUserScramCredentials, 0, { users: [{ name }] })
isAnswered(updateFeatures, 1, {
  timeoutMs,
  featureUpdates: [{ feature: name, maxVersionLevel: 1, upgradeType: 1 }],
  validateOnly: false,
})

const joining = {
  groupId: 'classic',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  memberId: '',
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
}

for (const [version, groupInstanceId] of [
  [3, null],
  [4, null],
  [9, name],
] as const)
  test(`a member with a name of 32 KB joins a classic group, v${version}`, async () => {
    const client = await broker.connect()
    const request = { ...joining, groupId: `classic-${version}`, groupInstanceId }
    const answer = client.request(joinGroup, version, request, { clientId: name })
    await broker.pass(10_000)
    expect((await answer).memberId).toMatch(/^x+-[0-9a-f-]{36}$/)
  })

test('ten thousand partitions under a name of 32 KB are answered one by one, in time', async () => {
  const indexes = Array.from({ length: 10_000 }, (_, index) => index)
  const listed = await broker.ask(listOffsets, 1, {
    replicaId: -1,
    topics: [{ name, partitions: indexes.map((partitionIndex) => ({ partitionIndex, timestamp: -1n })) }],
  })
  const read = { fetchOffset: 0, partitionMaxBytes: 1 }
  const fetched = await broker.ask(fetch, 12, {
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 0,
    sessionId: 0,
    sessionEpoch: 0,
    topics: [{ topic: name, partitions: indexes.map((partition) => ({ partition, ...read })) }],
    forgottenTopicsData: [],
  })
  expect([listed.topics[0]?.partitions.length, fetched.responses[0]?.partitions.length]).toEqual([
    10_000, 10_000,
  ])
})

test('a list can not be appended to beyond what an answer has room for', async () => {
  const { name: topic } = await madeTopic(broker)
  const append = async (from: number) => {
    const value = Array.from({ length: 4000 }, (_, at) => `${from + at}:1`).join(',')
    const config = { name: 'follower.replication.throttled.replicas', configOperation: 2, value }
    const resources = [{ resourceType: 2, resourceName: topic, configs: [config] }]
    const answer = await broker.ask(incrementalAlterConfigs, 1, { resources, validateOnly: false })
    return answer.responses.map(({ errorCode, errorMessage }) => [errorName(errorCode), errorMessage])
  }
  expect(await append(0)).toEqual([['NONE', null]])
  expect(await append(50_000)).toEqual([
    [
      'INVALID_CONFIG',
      'The configuration value cannot be added because it exceeds the maximum value size of 32767 bytes.',
    ],
  ])
  const resources = [{ resourceType: 2, resourceName: topic, configurationKeys: null }]
  const flags = { includeSynonyms: true, includeDocumentation: false }
  await expect(broker.ask(describeConfigs, 4, { resources, ...flags })).resolves.toBeDefined()
})
