import { expect, test } from 'vitest'
import { describeCluster } from '../../src/wire/apis/describe-cluster.ts'
import { describeConfigs } from '../../src/wire/apis/describe-configs.ts'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.ts'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { errorCodes, errorName } from '../../src/wire/errors.ts'
import { isExternal, ownTest, uniqueName, useBroker } from './broker.ts'
import { NO_TOPIC, newTopic, ZERO_UUID } from './requests.ts'

const broker = useBroker()
const NOT_ASKED = -2_147_483_648
/** Bit n stands for `AclOperation` n: read to describe, describe and alter configs. */
const ALL_TOPIC_OPERATIONS = 0b1101_1111_1000
/** Create, alter to alter configs, idempotent write. */
const ALL_CLUSTER_OPERATIONS = 0b1_1111_1010_0000

interface Asked {
  readonly name: string | null
  readonly topicId?: string
}

function request(topics: readonly Asked[] | null, allowAutoTopicCreation = false, operations = false) {
  return {
    topics: topics?.map(({ name, topicId = ZERO_UUID }) => ({ name, topicId })) ?? null,
    allowAutoTopicCreation,
    includeClusterAuthorizedOperations: operations,
    includeTopicAuthorizedOperations: operations,
  }
}

/** Name and error of each topic in an answer. */
async function topicsIn(version: number, topics: readonly Asked[] | null, autoCreate = false) {
  const answer = await broker.ask(metadata, version, request(topics, autoCreate))
  return answer.topics.map(({ name, errorCode }) => `${name} ${errorName(errorCode)}`)
}

test('no list of topics asks for all of them, an empty list for none', async () => {
  const { name } = await newTopic(broker)
  for (const version of await broker.versions(metadata, 1)) {
    expect(await topicsIn(version, null), `v${version}`).toContain(`${name} NONE`)
    expect(await topicsIn(version, []), `v${version}`).toEqual([])
  }
})

test('in version 0 an empty list asks for all topics', async () => {
  const { name } = await newTopic(broker)
  expect(await topicsIn(0, [])).toContain(`${name} NONE`)
})

test('an unknown topic is answered with an error and an empty list of partitions', async () => {
  for (const version of await broker.versions(metadata, 4)) {
    const { topics } = await broker.ask(metadata, version, request([{ name: NO_TOPIC.name }]))
    expect(topics, `v${version}`).toEqual([
      {
        errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
        name: NO_TOPIC.name,
        topicId: ZERO_UUID,
        isInternal: false,
        partitions: [],
        topicAuthorizedOperations: NOT_ASKED,
      },
    ])
  }
})

test('a topic is told with its leaders, replicas and epochs as far as the version has them', async () => {
  const { name, id } = await newTopic(broker, { partitions: 3 })
  for (const version of await broker.versions(metadata)) {
    const { topics, controllerId, brokers } = await broker.ask(metadata, version, request([{ name }]))
    const leaderId = brokers[0]?.nodeId ?? -1
    const [topic] = topics
    expect(topic, `v${version}`).toMatchObject({
      errorCode: 0,
      name,
      topicId: version >= 10 ? id : ZERO_UUID,
      isInternal: false,
    })
    expect(
      [...(topic?.partitions ?? [])].sort((one, other) => one.partitionIndex - other.partitionIndex),
    ).toEqual(
      [0, 1, 2].map((partitionIndex) => ({
        errorCode: 0,
        partitionIndex,
        leaderId,
        leaderEpoch: version >= 7 ? 0 : -1,
        replicaNodes: [leaderId],
        isrNodes: [leaderId],
        offlineReplicas: [],
      })),
    )
    if (version >= 1) expect(brokers.map(({ nodeId }) => nodeId)).toContain(controllerId)
  }
})

test('brokers, controller and coordinators are told under the address that the client used', async () => {
  const { address } = broker
  for (const version of await broker.versions(metadata)) {
    const { brokers, clusterId } = await broker.ask(metadata, version, request([]))
    expect(brokers, `v${version}`).toEqual([{ nodeId: expect.any(Number), ...address, rack: null }])
    if (version >= 2) expect(clusterId).toMatch(/^[\w-]{22}$/)
    else expect(clusterId).toBeNull()
  }
  const { brokers, clusterId } = await broker.ask(metadata, 9, request([]))
  const described = await broker.ask(describeCluster, 1, {
    includeClusterAuthorizedOperations: false,
    endpointType: 1,
    includeFencedBrokers: false,
  })
  expect(described.clusterId).toBe(clusterId)
  expect(described.brokers).toEqual([
    { brokerId: brokers[0]?.nodeId, ...address, rack: null, isFenced: false },
  ])
  expect(described.controllerId).toBe(brokers[0]?.nodeId)
  await broker.eventually(async () => {
    const located = await broker.ask(findCoordinator, 4, { key: '', keyType: 0, coordinatorKeys: ['g'] })
    expect(located.coordinators).toEqual([
      { key: 'g', nodeId: brokers[0]?.nodeId, ...address, errorCode: 0, errorMessage: expect.anything() },
    ])
  })
})

test('before version 4 a topic that is asked for is always created', async () => {
  for (const version of [0, 1, 2, 3]) {
    const name = uniqueName('auto')
    await broker.eventually(async () => expect(await topicsIn(version, [{ name }])).toEqual([`${name} NONE`]))
  }
})

test('from version 4 on a topic is created only for a client that allows it', async () => {
  for (const version of await broker.versions(metadata, 4)) {
    const name = uniqueName('auto')
    expect(await topicsIn(version, [{ name }]), `v${version}`).toEqual([`${name} UNKNOWN_TOPIC_OR_PARTITION`])
    await broker.eventually(async () =>
      expect(await topicsIn(version, [{ name }], true), `v${version}`).toEqual([`${name} NONE`]),
    )
    expect(await topicsIn(version, [{ name }])).toEqual([`${name} NONE`])
  }
})

// Kafka answers UNKNOWN_TOPIC_OR_PARTITION or LEADER_NOT_AVAILABLE and lets the client ask again.
ownTest('a topic that is created on the way has its leader in that very answer', async () => {
  const { topics, brokers } = await broker.ask(metadata, 9, request([{ name: 'at-once' }], true))
  expect(topics[0]).toMatchObject({
    errorCode: 0,
    name: 'at-once',
    partitions: [{ errorCode: 0, partitionIndex: 0, leaderId: brokers[0]?.nodeId, leaderEpoch: 0 }],
  })
})

test('an invalid name gets INVALID_TOPIC_EXCEPTION, whether or not topics may be created', async () => {
  for (const version of await broker.versions(metadata, 4)) {
    for (const name of ['', '.', '..', 'a b', 'a/b', 'ä', 'x'.repeat(250)]) {
      for (const autoCreate of [true, false]) {
        const asked = await topicsIn(version, [{ name }], autoCreate)
        expect(asked, `v${version} ${autoCreate}`).toEqual([`${name} INVALID_TOPIC_EXCEPTION`])
      }
    }
  }
})

// Kafka answers UNKNOWN_TOPIC_OR_PARTITION for ever; here the client learns why.
ownTest('a name that differs from another only in . and _ is not created', async () => {
  const name = uniqueName('col.lide')
  await broker.eventually(async () => expect(await topicsIn(9, [{ name }], true)).toEqual([`${name} NONE`]))
  const twin = name.replace('.', '_')
  expect(await topicsIn(9, [{ name: twin }], true)).toEqual([`${twin} INVALID_TOPIC_EXCEPTION`])
})

test('a topic that is asked for twice is answered once', async () => {
  const { name } = await newTopic(broker)
  expect(
    await topicsIn(9, [{ name }, { name: NO_TOPIC.name }, { name }, { name: NO_TOPIC.name }]),
  ).toHaveLength(2)
})

test('from version 12 on a topic may be asked for by its id', async () => {
  const { name, id } = await newTopic(broker)
  for (const version of await broker.versions(metadata, 12)) {
    expect(await topicsIn(version, [{ name: null, topicId: id }]), `v${version}`).toEqual([`${name} NONE`])
    const { topics } = await broker.ask(
      metadata,
      version,
      request([{ name: null, topicId: NO_TOPIC.id }], true),
    )
    expect(topics).toMatchObject([
      { errorCode: errorCodes.UNKNOWN_TOPIC_ID, name: null, topicId: NO_TOPIC.id, partitions: [] },
    ])
  }
})

test('asked for by name and by id, a topic is told once', async () => {
  const { name, id } = await newTopic(broker)
  for (const version of await broker.versions(metadata, 12)) {
    const { topics } = await broker.ask(
      metadata,
      version,
      request([{ name }, { name: null, topicId: id }, { name, topicId: id }]),
    )
    expect(topics.map((topic) => [topic.name, topic.partitions.length])).toEqual([[name, 1]])
  }
})

test('with ids in a request, names in it are passed over', async () => {
  const [byId, byName] = [await newTopic(broker), await newTopic(broker)]
  expect(await topicsIn(12, [{ name: byName.name }, { name: null, topicId: byId.id }])).toEqual([
    `${byId.name} NONE`,
  ])
})

test('versions 10 and 11 carry topic ids and refuse them in requests', async () => {
  const { id, name } = await newTopic(broker)
  for (const version of [10, 11])
    for (const topic of [{ name: null, topicId: id }, { name, topicId: id }, { name: null }])
      expect(await topicsIn(version, [topic]), `v${version}`).toEqual([`${topic.name ?? ''} INVALID_REQUEST`])
})

test('authorized operations are told to those who ask', async () => {
  const { name } = await newTopic(broker)
  for (const version of await broker.versions(metadata, 8)) {
    const asked = await broker.ask(metadata, version, request([{ name }], false, true))
    expect(asked.topics[0]?.topicAuthorizedOperations).toBe(ALL_TOPIC_OPERATIONS)
    expect(asked.clusterAuthorizedOperations).toBe(version <= 10 ? ALL_CLUSTER_OPERATIONS : NOT_ASKED)
    const unknown = await broker.ask(metadata, version, request([{ name: NO_TOPIC.name }], false, true))
    expect(unknown.topics[0]?.topicAuthorizedOperations).toBe(ALL_TOPIC_OPERATIONS)
    const silent = await broker.ask(metadata, version, request([{ name }]))
    expect(silent.topics[0]?.topicAuthorizedOperations).toBe(NOT_ASKED)
    expect(silent.clusterAuthorizedOperations).toBe(NOT_ASKED)
  }
})

test('internal topics are marked as such', async () => {
  await broker.eventually(async () => {
    await broker.ask(findCoordinator, 4, { key: '', keyType: 0, coordinatorKeys: ['g'] })
    const { topics } = await broker.ask(metadata, 9, request([{ name: '__consumer_offsets' }]))
    expect(topics[0]).toMatchObject({ errorCode: 0, isInternal: true })
  })
})

test('DescribeCluster refuses the types of endpoints that are not here', async () => {
  const ask = (endpointType: number, version = 1) =>
    broker.ask(describeCluster, version, {
      includeClusterAuthorizedOperations: true,
      endpointType,
      includeFencedBrokers: true,
    })
  expect(errorName((await ask(2)).errorCode)).toBe('MISMATCHED_ENDPOINT_TYPE')
  expect(errorName((await ask(3)).errorCode)).toBe('UNSUPPORTED_ENDPOINT_TYPE')
  for (const version of await broker.versions(describeCluster)) {
    const { errorCode, brokers, clusterAuthorizedOperations, endpointType } = await ask(1, version)
    expect({ errorCode, endpointType, brokers: brokers.length }).toEqual({
      errorCode: 0,
      endpointType: 1,
      brokers: 1,
    })
    expect(clusterAuthorizedOperations).not.toBe(NOT_ASKED)
  }
})

test('an internal topic that a client asks for is made as its coordinator would make it', async () => {
  const expected = {
    __transaction_state: {
      'cleanup.policy': 'compact',
      'compression.type': 'uncompressed',
      'min.insync.replicas': '1',
      'segment.bytes': '104857600',
      'unclean.leader.election.enable': 'false',
    },
    __share_group_state: {
      'cleanup.policy': 'delete',
      'compression.type': 'producer',
      'min.insync.replicas': '1',
      'retention.ms': '-1',
      'segment.bytes': '104857600',
    },
  }
  for (const [name, overrides] of Object.entries(expected)) {
    const partitions = await broker.eventually(async () => {
      const { topics } = await broker.ask(metadata, 9, request([{ name }], true))
      expect(topics[0]).toMatchObject({ name, errorCode: 0, isInternal: true })
      return topics[0]?.partitions.length
    })
    if (!isExternal) expect(partitions).toBe(50)
    expect(await topicOverrides(name)).toEqual(overrides)
  }
})

/** What is set on the topic itself. */
async function topicOverrides(name: string): Promise<Record<string, string | null>> {
  const { results } = await broker.ask(describeConfigs, 4, {
    resources: [{ resourceType: 2, resourceName: name, configurationKeys: null }],
    includeSynonyms: false,
    includeDocumentation: false,
  })
  const set = (results[0]?.configs ?? []).filter(({ configSource }) => configSource === 1)
  return Object.fromEntries(set.map((config) => [config.name, config.value]))
}
