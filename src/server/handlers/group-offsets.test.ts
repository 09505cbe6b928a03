import { describe, expect, test } from 'vitest'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import { Broker, OTHER_ID, TOPIC_ID, topics, versions } from './group-broker.fixture.ts'
import { offsetCommitHandler } from './offset-commit.ts'
import { offsetFetchHandler } from './offset-fetch.ts'

describe('OffsetCommit and OffsetFetch', () => {
  const partition = (partitionIndex: number, committedMetadata: string | null = 'm') => ({
    partitionIndex,
    committedOffset: 5,
    committedLeaderEpoch: 1,
    commitTimestamp: -1n,
    committedMetadata,
  })
  const commitOf = (
    topic: { name?: string; topicId?: string },
    ...partitions: ReturnType<typeof partition>[]
  ) => ({
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1n,
    topics: [{ name: '', topicId: ZERO_UUID, ...topic, partitions }],
  })
  const fetchOf = (names: { name: string; topicId: string }[] | null, requireStable = false) => {
    const asked = names?.map((topic) => ({ ...topic, partitionIndexes: [0, 1] })) ?? null
    const group = { groupId: 'g', memberId: null, memberEpoch: -1, topics: asked }
    return { groupId: 'g', topics: asked, groups: [group], requireStable }
  }
  const pay = { name: 'pay', topicId: TOPIC_ID }

  test('every version stores an offset and gives it back', async () => {
    const broker = new Broker()
    const [commit, fetch] = [
      offsetCommitHandler(broker.groups, topics),
      offsetFetchHandler(broker.groups, topics),
    ]
    for (const version of versions(commit.api))
      expect((await broker.call(commit, version, commitOf(pay, partition(0)))).topics[0]?.partitions).toEqual(
        [{ partitionIndex: 0, errorCode: 0 }],
      )
    for (const version of versions(fetch.api)) {
      const fetched = await broker.call(fetch, version, fetchOf([pay]))
      const found = version < 8 ? fetched.topics : fetched.groups[0]?.topics
      expect(found?.[0]?.partitions).toEqual([
        {
          partitionIndex: 0,
          committedOffset: 5,
          committedLeaderEpoch: version < 5 ? -1 : 1,
          metadata: 'm',
          errorCode: 0,
        },
        {
          partitionIndex: 1,
          committedOffset: -1,
          committedLeaderEpoch: -1,
          metadata: '',
          errorCode: version === 0 ? 3 : 0,
        },
      ])
    }
  })

  test('each partition that does not exist is told so, in its place, and the others are stored', async () => {
    const broker = new Broker()
    const commit = offsetCommitHandler(broker.groups, topics)
    const request = commitOf(pay, partition(7), partition(0), partition(-1), partition(1, 'x'.repeat(5_000)))
    const [known] = (await broker.call(commit, 8, request)).topics
    expect(known?.partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode])).toEqual([
      [7, 3],
      [0, 0],
      [-1, 3],
      [1, 12],
    ])
    const [unknown] = (await broker.call(commit, 8, commitOf({ name: 'nosuch' }, partition(0)))).topics
    expect(unknown?.partitions).toEqual([{ partitionIndex: 0, errorCode: 3 }])
  })

  test('a topic id that nobody has is unknown, and so is the zero id', async () => {
    const broker = new Broker()
    const commit = offsetCommitHandler(broker.groups, topics)
    for (const topicId of [OTHER_ID, ZERO_UUID]) {
      const { topics: answered } = await broker.call(commit, 10, commitOf({ topicId }, partition(0)))
      expect(answered).toEqual([{ name: '', topicId, partitions: [{ partitionIndex: 0, errorCode: 100 }] }])
    }
    const fetch = offsetFetchHandler(broker.groups, topics)
    await broker.call(commit, 10, commitOf(pay, partition(0)))
    const asked = fetchOf([{ name: '', topicId: OTHER_ID }, pay])
    const found = (await broker.call(fetch, 10, asked)).groups[0]?.topics
    expect(found?.map(({ topicId, partitions }) => [topicId, partitions[0]?.errorCode])).toEqual([
      [OTHER_ID, 100],
      [TOPIC_ID, 0],
    ])
  })

  test('what is wrong with the group is told for each partition that exists', async () => {
    const broker = new Broker()
    const commit = offsetCommitHandler(broker.groups, topics)
    const stranger = {
      ...commitOf(pay, partition(0), partition(7)),
      generationIdOrMemberEpoch: 5,
      memberId: 'x',
    }
    const errors = async (version: number) =>
      (await broker.call(commit, version, stranger)).topics[0]?.partitions.map(({ errorCode }) => errorCode)
    expect(await errors(8)).toEqual([22, 3])
    expect(await errors(9)).toEqual([69, 3])
  })

  test('all topics are told of when none are named, several groups at once from version 8 on', async () => {
    const broker = new Broker()
    const commit = offsetCommitHandler(broker.groups, topics)
    const fetch = offsetFetchHandler(broker.groups, topics)
    await broker.call(commit, 8, commitOf(pay, partition(1)))
    expect((await broker.call(fetch, 7, fetchOf(null))).topics.map(({ name }) => name)).toEqual(['pay'])
    const request = fetchOf(null)
    const other = { groupId: 'other', memberId: null, memberEpoch: -1, topics: null }
    const { groups } = await broker.call(fetch, 10, { ...request, groups: [...request.groups, other] })
    expect(
      groups.map(({ groupId, errorCode, topics: found }) => [groupId, errorCode, found[0]?.topicId]),
    ).toEqual([
      ['g', 0, TOPIC_ID],
      ['other', 0, undefined],
    ])
  })

  test('an error of the whole group has its place in each version', async () => {
    const broker = new Broker()
    broker.groups.close()
    const fetch = offsetFetchHandler(broker.groups, topics)
    expect((await broker.call(fetch, 1, fetchOf([pay]))).topics[0]?.partitions[0]).toMatchObject({
      errorCode: 16,
      committedOffset: -1,
      metadata: '',
    })
    expect(await broker.call(fetch, 7, fetchOf([pay]))).toMatchObject({ errorCode: 16, topics: [] })
    expect((await broker.call(fetch, 8, fetchOf([pay]))).groups[0]).toMatchObject({
      errorCode: 16,
      topics: [],
    })
  })
})
