import {
  apiVersionsV3,
  apiVersionsV4,
  type Connection,
  deleteTopicsV6,
  describeClusterV0,
  describeClusterV1,
  describeConfigsV3,
  describeConfigsV4,
  describeGroupsV5,
  fetchV12,
  fetchV13,
  fetchV14,
  fetchV15,
  fetchV16,
  fetchV17,
  findCoordinatorV4,
  findCoordinatorV5,
  findCoordinatorV6,
  initProducerIdV3,
  initProducerIdV4,
  initProducerIdV5,
  joinGroupV6,
  joinGroupV7,
  joinGroupV8,
  joinGroupV9,
  listGroupsV4,
  listGroupsV5,
  listOffsetsV5,
  listOffsetsV6,
  listOffsetsV7,
  listOffsetsV8,
  listOffsetsV9,
  metadataV9,
  metadataV10,
  metadataV11,
  metadataV12,
  offsetCommitV8,
  offsetCommitV9,
  offsetFetchV8,
  offsetFetchV9,
  offsetForLeaderEpochV4,
  produceV7,
  produceV8,
  produceV9,
  produceV10,
  produceV11,
} from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { broker, suite, uniqueName } from '../target.ts'
import { errorsOf, newConnection, newProducer, newTopic } from './platformatic.ts'

/** A topic of one partition with the records a, b and c, and its id. */
async function threeRecords(connection: Connection): Promise<{ topic: string; topicId: string }> {
  const topic = await newTopic()
  await newProducer().send({ messages: ['a', 'b', 'c'].map((value) => ({ topic, value })), acks: -1 })
  const { topics } = await metadataV12.api.async(connection, [topic], false, false)
  return { topic, topicId: topics[0]?.topicId ?? '' }
}

const partition = (fetchOffset: bigint) => ({
  partition: 0,
  currentLeaderEpoch: -1,
  fetchOffset,
  lastFetchedEpoch: -1,
  partitionMaxBytes: 1_000_000,
})

/** The client chooses the newest version that both sides know; here it is made to use each of its own. */
suite('every version of an API that @platformatic/kafka has', () => {
  test('ApiVersions 3–4 lists the same APIs', async () => {
    const connection = await newConnection()
    const three = await apiVersionsV3.api.async(connection, 'compat', '1.0')
    const four = await apiVersionsV4.api.async(connection, 'compat', '1.0')
    expect(three.apiKeys).toContainEqual(expect.objectContaining({ apiKey: 18, minVersion: 0 }))
    expect(four.apiKeys).toEqual(three.apiKeys)
  })

  test('Metadata 9–12', async () => {
    const connection = await newConnection()
    const { topic } = await threeRecords(connection)
    for (const { api } of [metadataV9, metadataV10, metadataV11, metadataV12]) {
      const metadata = await api.async(connection, [topic], false, false)
      expect(metadata.brokers).toMatchObject([{ host: broker.host, port: broker.port }])
      expect(metadata.topics).toMatchObject([{ name: topic, isInternal: false, errorCode: 0 }])
      expect(metadata.topics[0]?.partitions).toMatchObject([
        { partitionIndex: 0, leaderEpoch: 0, errorCode: 0 },
      ])
      const all = await api.async(connection, null, false, false)
      expect(all.topics.map(({ name }) => name)).toContain(topic)
      expect((await api.async(connection, [], false, false)).topics).toEqual([])
    }
  })

  test('Produce 7–11', async () => {
    const connection = await newConnection()
    const topic = await newTopic()
    for (const [index, { api }] of [produceV7, produceV8, produceV9, produceV10, produceV11].entries()) {
      const records = [{ topic, partition: 0, value: Buffer.from('v'), timestamp: 1n }]
      const answer = await api.async(connection, -1, 5_000, records, {})
      expect(answer).toMatchObject({
        responses: [
          { name: topic, partitionResponses: [{ index: 0, errorCode: 0, baseOffset: BigInt(index) }] },
        ],
      })
    }
  })

  test('Fetch 12 by name, 13–17 by topic id', async () => {
    const connection = await newConnection()
    const { topic, topicId } = await threeRecords(connection)
    const request = [100, 1, 1_000_000, 0, 0, -1] as const
    const expected = {
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: 3n,
      lastStableOffset: 3n,
      logStartOffset: 0n,
    }
    const byName = await fetchV12.api.async(
      connection,
      ...request,
      [{ topicId: topic, partitions: [partition(1n)] }],
      [],
      '',
    )
    expect(byName.responses[0]?.partitions).toMatchObject([expected])
    for (const { api } of [fetchV13, fetchV14, fetchV15, fetchV16, fetchV17]) {
      const fetched = await api.async(
        connection,
        ...request,
        [{ topicId, partitions: [partition(1n)] }],
        [],
        '',
      )
      expect(fetched).toMatchObject({
        errorCode: 0,
        sessionId: 0,
        responses: [{ topicId, partitions: [expected] }],
      })
      // An offset within a batch gives the whole batch.
      expect(fetched.responses[0]?.partitions[0]?.records?.[0]).toMatchObject({
        firstOffset: 0n,
        lastOffsetDelta: 2,
      })
    }
  })

  test('a fetch by an id that no topic has is told so', async () => {
    const connection = await newConnection()
    const topicId = '11111111-2222-4333-8444-555555555555'
    const topics = [{ topicId, partitions: [partition(0n)] }]
    const fetched = fetchV17.api.async(connection, 100, 1, 1_000_000, 0, 0, -1, topics, [], '')
    expect(await errorsOf(fetched)).toEqual(['UNKNOWN_TOPIC_ID'])
  })

  test('ListOffsets 5–9', async () => {
    const connection = await newConnection()
    const { topic } = await threeRecords(connection)
    for (const { api } of [listOffsetsV5, listOffsetsV6, listOffsetsV7, listOffsetsV8, listOffsetsV9]) {
      for (const [timestamp, offset] of [
        [-1n, 3n],
        [-2n, 0n],
      ] as const) {
        const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }]
        const listed = await api.async(connection, -1, 0, [{ name: topic, partitions }])
        expect(listed.topics).toMatchObject([
          { name: topic, partitions: [{ errorCode: 0, offset, timestamp: -1n }] },
        ])
      }
    }
  })

  test('OffsetForLeaderEpoch 4', async () => {
    const connection = await newConnection()
    const { topic } = await threeRecords(connection)
    const ask = async (leaderEpoch: number) => {
      const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, leaderEpoch }]
      const answer = await offsetForLeaderEpochV4.api.async(connection, -1, [{ name: topic, partitions }])
      return answer.topics[0]?.partitions[0]
    }
    expect(await ask(0)).toMatchObject({ errorCode: 0, leaderEpoch: 0, endOffset: 3n })
    expect(await ask(7)).toMatchObject({ errorCode: 0, leaderEpoch: -1, endOffset: -1n })
  })

  test('FindCoordinator 4–6, OffsetCommit 8–9, OffsetFetch 8–9', async () => {
    const connection = await newConnection()
    const { topic } = await threeRecords(connection)
    const groupId = uniqueName('group')
    for (const { api } of [findCoordinatorV4, findCoordinatorV5, findCoordinatorV6]) {
      const { coordinators } = await api.async(connection, 0, [groupId])
      expect(coordinators).toMatchObject([
        { key: groupId, host: broker.host, port: broker.port, errorCode: 0 },
      ])
    }
    for (const [index, { api }] of [offsetCommitV8, offsetCommitV9].entries()) {
      const committed = {
        partitionIndex: 0,
        committedOffset: BigInt(index),
        committedLeaderEpoch: 0,
        committedMetadata: 'm',
      }
      const answer = await api.async(connection, groupId, -1, '', null, [
        { name: topic, partitions: [committed] },
      ])
      expect(answer.topics).toMatchObject([
        { name: topic, partitions: [{ partitionIndex: 0, errorCode: 0 }] },
      ])
      for (const fetch of [offsetFetchV8, offsetFetchV9]) {
        const topics = [{ name: topic, partitionIndexes: [0] }]
        const fetched = await fetch.api.async(
          connection,
          [{ groupId, memberId: null, memberEpoch: -1, topics }],
          false,
        )
        const stored = { committedOffset: BigInt(index), committedLeaderEpoch: 0, metadata: 'm' }
        expect(fetched.groups).toMatchObject([{ groupId, topics: [{ name: topic, partitions: [stored] }] }])
      }
    }
  })

  test('JoinGroup 6–9 gives the newcomer its id with MEMBER_ID_REQUIRED', async () => {
    const connection = await newConnection()
    const protocols = [{ name: 'p', metadata: Buffer.alloc(0) }]
    for (const { api } of [joinGroupV6, joinGroupV7, joinGroupV8, joinGroupV9]) {
      const groupId = uniqueName('group')
      const join = (memberId: string) =>
        api.async(connection, groupId, 6_000, 6_000, memberId, null, 'x', protocols, null)
      const refused: unknown = await join('').catch((error: unknown) => error)
      expect(await errorsOf(Promise.reject(refused))).toEqual(['MEMBER_ID_REQUIRED'])
      const response: unknown = refused instanceof Error ? Reflect.get(refused, 'response') : undefined
      expect(response).toMatchObject({ memberId: expect.stringMatching(/.+-.+/) })
      const memberId = String(
        typeof response === 'object' && response !== null ? Reflect.get(response, 'memberId') : '',
      )
      expect(await join(memberId)).toMatchObject({
        errorCode: 0,
        generationId: 1,
        leader: memberId,
        memberId,
      })
    }
  })

  test('ListGroups 4–5, DescribeGroups 5, DescribeCluster 0–1, DescribeConfigs 3–4', async () => {
    const connection = await newConnection()
    const { topic } = await threeRecords(connection)
    for (const { api } of [listGroupsV4, listGroupsV5]) {
      expect(await api.async(connection, [], [])).toMatchObject({ errorCode: 0 })
    }
    const { groups } = await describeGroupsV5.api
      .async(connection, [uniqueName('nobody')], false)
      .catch((error) => {
        // From version 6 on an unknown group is an error; version 5 calls it Dead.
        throw error
      })
    expect(groups).toMatchObject([{ errorCode: 0, groupState: 'Dead' }])
    for (const { api } of [describeClusterV0, describeClusterV1]) {
      const cluster = await api.async(connection, false, 1)
      expect(cluster).toMatchObject({ errorCode: 0, brokers: [{ host: broker.host, port: broker.port }] })
    }
    // Its parser of version 2 expects the config types of version 3.
    for (const { api } of [describeConfigsV3, describeConfigsV4]) {
      const resources = [
        { resourceType: 2 as const, resourceName: topic, configurationKeys: ['retention.ms'] },
      ]
      const { results } = await api.async(connection, resources, true, true)
      expect(results).toMatchObject([
        { errorCode: 0, configs: [{ name: 'retention.ms', value: '604800000' }] },
      ])
    }
  })

  test('InitProducerId 3–5 gives a new id each time, epoch 0', async () => {
    const connection = await newConnection()
    const ids = new Set<bigint>()
    for (const { api } of [initProducerIdV3, initProducerIdV4, initProducerIdV5]) {
      const answer = await api.async(connection, null, 60_000, -1n, -1)
      expect(answer).toMatchObject({ errorCode: 0, producerEpoch: 0 })
      ids.add(answer.producerId)
    }
    expect(ids.size).toBe(3)
  })

  test('DeleteTopics 6 tells the id of what it has deleted', async () => {
    const connection = await newConnection()
    const { topic, topicId } = await threeRecords(connection)
    const { responses } = await deleteTopicsV6.api.async(connection, [{ name: topic }], 5_000)
    expect(responses).toMatchObject([{ name: topic, topicId, errorCode: 0 }])
  })
})

suite('a fetch session (KIP-227)', () => {
  test('tells what changed, forgets what it is told to, and refuses what does not follow', async () => {
    const connection = await newConnection()
    const [one, two] = [await threeRecords(connection), await threeRecords(connection)]
    const fetch = (
      [sessionId, epoch]: [number, number],
      topics: { topicId: string; partitions: ReturnType<typeof partition>[] }[],
      forgotten: { topic: string; partitions: number[] }[] = [],
    ) => fetchV17.api.async(connection, 50, 1, 1_000_000, 0, sessionId, epoch, topics, forgotten, '')
    const wanted = [one, two].map(({ topicId }) => ({ topicId, partitions: [partition(3n)] }))

    const full = await fetch([0, 0], wanted)
    expect(full.sessionId).toBeGreaterThan(0)
    expect(full.responses.map(({ topicId }) => topicId).sort()).toEqual([one.topicId, two.topicId].sort())
    expect((await fetch([full.sessionId, 1], [])).responses).toEqual([])

    await newProducer().send({ messages: [{ topic: two.topic, value: 'd' }], acks: -1 })
    const changed = await fetch([full.sessionId, 2], [])
    expect(changed.responses).toMatchObject([{ topicId: two.topicId, partitions: [{ highWatermark: 4n }] }])
    expect(changed.responses[0]?.partitions[0]?.records?.[0]?.firstOffset).toBe(3n)

    await fetch([full.sessionId, 3], [], [{ topic: two.topicId, partitions: [0] }])
    await newProducer().send({ messages: [{ topic: two.topic, value: 'e' }], acks: -1 })
    expect((await fetch([full.sessionId, 4], [])).responses).toEqual([])

    expect(await errorsOf(fetch([full.sessionId, 9], []))).toEqual(['INVALID_FETCH_SESSION_EPOCH'])
    expect(await errorsOf(fetch([full.sessionId + 1, 1], []))).toEqual(['FETCH_SESSION_ID_NOT_FOUND'])
  })
})
