import { expect, test } from 'vitest'
import { alterShareGroupOffsets } from '../../src/wire/apis/alter-share-group-offsets.ts'
import { createTopics } from '../../src/wire/apis/create-topics.ts'
import { deleteGroups } from '../../src/wire/apis/delete-groups.ts'
import { deleteShareGroupOffsets } from '../../src/wire/apis/delete-share-group-offsets.ts'
import { describeShareGroupOffsets } from '../../src/wire/apis/describe-share-group-offsets.ts'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.ts'
import { listGroups } from '../../src/wire/apis/list-groups.ts'
import { shareGroupDescribe } from '../../src/wire/apis/share-group-describe.ts'
import { errorName } from '../../src/wire/errors.ts'
import { isExternal, ownTest, uniqueName, useBroker } from './broker.ts'
import { batch, fill, newTopic, produced, type Topic, topicSpec } from './requests.ts'
import { ACCEPT, newShareGroup, RELEASE, ShareMember } from './share-member.ts'

const broker = useBroker({ configs: { 'share.coordinator.state.topic.num.partitions': '1' } })

async function scene(partitions = 1, values: readonly string[] = []) {
  const topic = await newTopic(broker, { partitions })
  const groupId = await newShareGroup(broker)
  if (values.length > 0) await produced(broker, topic, batch(broker, values))
  return { topic, groupId, member: await ShareMember.connect(broker, groupId, topic) }
}

async function offsets(
  groupId: string,
  topic: Topic | null,
  partitions: readonly number[] = [0],
  version = 1,
) {
  const topics = topic === null ? null : [{ topicName: topic.name, partitions: [...partitions] }]
  const answer = await broker.ask(describeShareGroupOffsets, version, { groups: [{ groupId, topics }] })
  const [group] = answer.groups
  if (group === undefined) throw new Error('DescribeShareGroupOffsets was answered without the group')
  return group.errorCode !== 0
    ? errorName(group.errorCode)
    : group.topics.flatMap((each) =>
        each.partitions.map(
          ({ partitionIndex, startOffset, lag, errorCode }) =>
            `${partitionIndex}: ${startOffset} ${lag} ${errorName(errorCode)}`,
        ),
      )
}

async function describe(groupId: string) {
  const answer = await broker.ask(shareGroupDescribe, 1, {
    groupIds: [groupId],
    includeAuthorizedOperations: false,
  })
  const [group] = answer.groups
  if (group === undefined) throw new Error('ShareGroupDescribe was answered without the group')
  return group
}

async function drop(groupId: string): Promise<string> {
  const answer = await broker.ask(deleteGroups, 2, { groupsNames: [groupId] })
  return errorName(answer.results[0]?.errorCode ?? -1)
}

async function alter(groupId: string, topicName: string, starts: readonly (readonly [number, number])[]) {
  const partitions = starts.map(([partitionIndex, startOffset]) => ({ partitionIndex, startOffset }))
  const answer = await broker.ask(alterShareGroupOffsets, 0, { groupId, topics: [{ topicName, partitions }] })
  if (answer.errorCode !== 0) return errorName(answer.errorCode)
  return answer.responses.flatMap((topic) =>
    topic.partitions.map(({ partitionIndex, errorCode }) => `${partitionIndex} ${errorName(errorCode)}`),
  )
}

async function deleteOffsets(groupId: string, topicName: string) {
  const answer = await broker.ask(deleteShareGroupOffsets, 0, { groupId, topics: [{ topicName }] })
  if (answer.errorCode !== 0) return errorName(answer.errorCode)
  return answer.responses.map(({ errorCode }) => errorName(errorCode))
}

test('what is wrong with a heartbeat', async () => {
  const { topic, member } = await scene()
  const told: Record<string, string> = {
    member: (await member.heartbeat({ memberId: '' })).error,
    group: (await member.heartbeat({ groupId: '' })).error,
    rack: (await member.heartbeat({ rackId: '' })).error,
    'no topics': (await member.heartbeat({ topics: null })).error,
    'empty topics': (await member.heartbeat({ topics: [] })).error,
    epoch: (await member.heartbeat({ epoch: -2 })).error,
    'unknown group': (await member.heartbeat({ epoch: 1 })).error,
    'leave of unknown group': (await member.heartbeat({ epoch: -1 })).error,
  }
  await member.heartbeat()
  told['unknown member'] = (await member.heartbeat({ memberId: 'other', epoch: 1 })).error
  told['leave of unknown member'] = (await member.heartbeat({ memberId: 'other', epoch: -1 })).error
  told['epoch ahead'] = (await member.heartbeat({ epoch: 99 })).error
  told.topics = (await member.heartbeat({ topics: [topic.name, topic.name] })).error
  expect(told).toEqual({
    member: 'INVALID_REQUEST',
    group: 'INVALID_REQUEST',
    rack: 'INVALID_REQUEST',
    'no topics': 'INVALID_REQUEST',
    'empty topics': 'INVALID_REQUEST',
    epoch: 'INVALID_REQUEST',
    'unknown group': 'GROUP_ID_NOT_FOUND',
    'leave of unknown group': 'GROUP_ID_NOT_FOUND',
    'unknown member': 'UNKNOWN_MEMBER_ID',
    'leave of unknown member': 'UNKNOWN_MEMBER_ID',
    'epoch ahead': 'FENCED_MEMBER_EPOCH',
    topics: 'NONE',
  })
})

test('members share the partitions, and get them all when they are alone again', async () => {
  const { topic, groupId, member } = await scene(4)
  const other = await ShareMember.connect(broker, groupId, topic)
  await broker.eventually(async () => expect((await member.heartbeat()).assigned).toEqual([0, 1, 2, 3]))
  await other.heartbeat()
  await broker.eventually(async () => {
    const [one, two] = [(await member.heartbeat()).assigned, (await other.heartbeat()).assigned]
    expect([one.length, two.length]).toEqual([2, 2])
    expect([...one, ...two].sort()).toEqual([0, 1, 2, 3])
  })
  expect(await other.heartbeat({ epoch: -1 })).toMatchObject({ error: 'NONE', epoch: -1, assignment: null })
  await broker.eventually(async () => expect((await member.heartbeat()).assigned).toEqual([0, 1, 2, 3]))
})

test('more members than partitions share them', async () => {
  const { topic, groupId, member } = await scene(1)
  const other = await ShareMember.connect(broker, groupId, topic)
  await broker.eventually(async () => expect((await member.heartbeat()).assigned).toEqual([0]))
  await broker.eventually(async () => expect((await other.heartbeat()).assigned).toEqual([0]))
})

test('a member that knows its assignment is told nothing, one that asks in full is', async () => {
  const { topic, member } = await scene(2)
  await broker.eventually(async () => expect((await member.heartbeat()).assigned).toEqual([0, 1]))
  expect(await member.heartbeat()).toMatchObject({ error: 'NONE', assignment: null })
  expect(await member.heartbeat({ topics: [topic.name] })).toMatchObject({ assignment: [0, 1] })
})

test('topics that come later, and partitions, are shared too', async () => {
  const name = uniqueName('later')
  const groupId = await newShareGroup(broker)
  const member = await ShareMember.connect(broker, groupId, { name, id: '' })
  expect(await member.heartbeat()).toMatchObject({ error: 'NONE', assignment: [] })
  const made = await broker.ask(createTopics, 7, { topics: [topicSpec(name)], validateOnly: false })
  const topic = { name, id: made.topics[0]?.topicId ?? '' }
  const same = new ShareMember(member.client, groupId, topic, 2, member.memberId)
  same.memberEpoch = member.memberEpoch
  await broker.eventually(async () => expect((await same.heartbeat()).assigned).toEqual([0]))
})

test('a group is described with its members', async () => {
  const { topic, groupId, member } = await scene(2)
  expect(await describe(groupId)).toMatchObject({
    errorCode: 69,
    groupState: '',
    groupId,
    members: [],
  })
  await broker.eventually(async () => expect((await member.heartbeat()).assigned).toEqual([0, 1]))
  expect(await describe(groupId)).toMatchObject({
    errorCode: 0,
    groupId,
    groupState: 'Stable',
    groupEpoch: member.memberEpoch,
    assignmentEpoch: member.memberEpoch,
    assignorName: 'simple',
    members: [
      {
        memberId: member.memberId,
        rackId: null,
        memberEpoch: member.memberEpoch,
        subscribedTopicNames: [topic.name],
        assignment: { topicPartitions: [{ topicId: topic.id, topicName: topic.name, partitions: [0, 1] }] },
      },
    ],
  })
  await member.heartbeat({ epoch: -1 })
  expect(await describe(groupId)).toMatchObject({ groupState: 'Empty', members: [] })
})

test('groups are listed by their type, and deleted when they are empty', async () => {
  const { groupId, member } = await scene()
  await member.heartbeat()
  const listed = async () => {
    const answer = await broker.ask(listGroups, 5, { statesFilter: [], typesFilter: ['share'] })
    return answer.groups.find((group) => group.groupId === groupId)
  }
  expect(await listed()).toMatchObject({ groupType: 'share', protocolType: 'share', groupState: 'Stable' })
  expect(await drop(groupId)).toBe('NON_EMPTY_GROUP')
  await member.heartbeat({ epoch: -1 })
  expect(await listed()).toMatchObject({ groupState: 'Empty' })
  expect(await drop(groupId)).toBe('NONE')
  expect(await listed()).toBeUndefined()
  expect(await drop(groupId)).toBe('GROUP_ID_NOT_FOUND')
})

// Kafka's leader goes on from what it has in memory until somebody writes.
ownTest('a deleted group starts over', async () => {
  const { topic, groupId, member } = await scene(1, ['a', 'b'])
  await broker.eventually(async () => expect((await member.heartbeat()).assigned).toEqual([0]))
  await member.fetchSome(broker)
  expect(await member.acknowledge([[0, 1, ACCEPT]], { epoch: -1 })).toBe('NONE')
  await member.heartbeat({ epoch: -1 })
  expect(await drop(groupId)).toBe('NONE')
  await broker.settle()
  const again = await ShareMember.join(broker, groupId, topic)
  expect(await again.fetchSome(broker)).toMatchObject({ acquired: ['0-1:1'] })
})

test('offsets and lag follow what is acknowledged', async () => {
  const { topic, groupId, member } = await scene(1, ['a', 'b', 'c', 'd'])
  expect(await offsets(groupId, topic)).toEqual(['0: -1 -1 NONE'])
  expect(await offsets(groupId, null)).toEqual([])
  await broker.eventually(async () => expect((await member.heartbeat()).assigned).toEqual([0]))
  await member.fetchSome(broker)
  expect(await offsets(groupId, topic)).toEqual(['0: -1 -1 NONE'])
  await member.acknowledge([[0, 0, ACCEPT]])
  await member.acknowledge([[2, 2, ACCEPT]])
  expect(await offsets(groupId, topic)).toEqual(['0: 1 2 NONE'])
  await member.acknowledge([[1, 1, RELEASE]])
  expect(await offsets(groupId, topic)).toEqual(['0: 1 2 NONE'])
  await member.fetchSome(broker)
  await member.acknowledge([[1, 1, ACCEPT]])
  // Kafka stores the start offset that it had before the change; the lag is the same.
  const start = isExternal ? 1 : 3
  expect(await offsets(groupId, topic)).toEqual([`0: ${start} 1 NONE`])
  expect(await offsets(groupId, null)).toEqual([`0: ${start} 1 NONE`])
  // Kafka leaves who asks for a partition that doesn't exist without an answer.
  if (!isExternal)
    expect(await offsets(groupId, topic, [0, 7])).toEqual([`0: ${start} 1 NONE`, '7: -1 -1 NONE'])
  expect(await offsets(groupId, { name: 'no-such-topic', id: '' })).toEqual(['0: -1 -1 NONE'])
})

test('offsets are altered and deleted only while nobody is in the group', async () => {
  const { topic, groupId, member } = await scene(2, ['a', 'b', 'c', 'd'])
  expect(await deleteOffsets(groupId, topic.name)).toBe('GROUP_ID_NOT_FOUND')
  await broker.eventually(async () => expect((await member.heartbeat()).assigned).toEqual([0, 1]))
  expect(await alter(groupId, topic.name, [[0, 2]])).toBe('NON_EMPTY_GROUP')
  expect(await deleteOffsets(groupId, topic.name)).toBe('NON_EMPTY_GROUP')
  await member.heartbeat({ epoch: -1 })
  expect(
    await alter(groupId, topic.name, [
      [0, 2],
      [9, 0],
    ]),
  ).toEqual(['0 NONE', '9 UNKNOWN_TOPIC_OR_PARTITION'])
  expect(await alter(groupId, 'no-such-topic', [[0, 2]])).toEqual(['0 UNKNOWN_TOPIC_OR_PARTITION'])
  expect(await offsets(groupId, topic, [0])).toEqual(['0: 2 2 NONE'])
  const again = await ShareMember.join(broker, groupId, topic)
  expect(await again.fetchSome(broker)).toMatchObject({ acquired: ['2-3:1'] })
  await again.heartbeat({ epoch: -1 })
  expect(await deleteOffsets(groupId, 'no-such-topic')).toEqual(['UNKNOWN_TOPIC_OR_PARTITION'])
  expect(await deleteOffsets(groupId, topic.name)).toEqual(['NONE'])
  expect(await offsets(groupId, topic)).toEqual(['0: -1 -1 NONE'])
  // Kafka's leader goes on from what it has in memory until somebody writes.
  if (isExternal) return
  const third = await ShareMember.join(broker, groupId, topic)
  expect(await third.fetchSome(broker)).toMatchObject({ acquired: ['0-3:1'] })
})

test('altering offsets makes a group that is not there', async () => {
  const { topic, groupId } = await scene(1, ['a', 'b', 'c'])
  expect(await alter(groupId, topic.name, [[0, 2]])).toEqual(['0 NONE'])
  expect(await describe(groupId)).toMatchObject({ errorCode: 0, groupState: 'Empty' })
  const member = await ShareMember.join(broker, groupId, topic)
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['2-2:1'] })
})

test('the coordinator of a share partition is found by its key', async () => {
  const { topic, groupId } = await scene()
  const answer = await broker.eventually(async () => {
    const found = await broker.ask(findCoordinator, 6, {
      keyType: 2,
      coordinatorKeys: [`${groupId}:${topic.id}:0`, 'nonsense'],
    })
    expect(found.coordinators[0]?.errorCode).toBe(0)
    return found
  })
  expect(answer.coordinators.map(({ errorCode }) => errorName(errorCode))).toEqual([
    'NONE',
    'INVALID_REQUEST',
  ])
})

// Kafka waits for the end of the lock, or of the connection.
ownTest('what a member had that leaves is free', async () => {
  const { topic, groupId } = await scene(1, ['a'])
  const member = await ShareMember.join(broker, groupId, topic)
  await member.fetchSome(broker)
  await member.heartbeat({ epoch: -1 })
  const other = await ShareMember.join(broker, groupId, topic)
  expect(await other.fetchSome(broker)).toMatchObject({ acquired: ['0-0:2'] })
})

ownTest('a silent member is removed when its session ends', async () => {
  const { topic, groupId, member } = await scene(1, ['a'])
  await member.heartbeat()
  const client = await broker.connect()
  const kept = new ShareMember(client, groupId, topic)
  await kept.heartbeat()
  await broker.pass(40_000)
  expect((await kept.heartbeat()).error).toBe('NONE')
  await broker.pass(10_000)
  expect((await member.heartbeat()).error).toBe('UNKNOWN_MEMBER_ID')
  expect((await describe(groupId)).members).toHaveLength(1)
})

for (const end of ['restart', 'crash'] as const)
  ownTest(`after a ${end} nothing acknowledged comes again, and nothing else is lost`, async () => {
    const { topic, groupId, member } = await scene()
    for (const value of ['a', 'b', 'c', 'd', 'e']) await fill(broker, topic, [value])
    await member.heartbeat()
    await member.fetchSome(broker)
    expect(await member.acknowledge([[0, 3, ACCEPT, RELEASE, ACCEPT, RELEASE]])).toBe('NONE')
    await member.fetchSome(broker, { maxRecords: 1, mode: 1 })
    const epoch = member.memberEpoch
    await broker[end]()
    expect((await describe(groupId)).groupEpoch).toBeGreaterThanOrEqual(epoch)
    const again = new ShareMember(await broker.connect(), groupId, topic, 2, member.memberId)
    expect(await again.heartbeat()).toMatchObject({ error: 'NONE', assignment: [0] })
    const counts: string[] = []
    for (let round = 0; round < 4; round++) counts.push(...(await again.fetch()).acquired)
    const seen = counts.flatMap((each) => {
      const [range = '', count = ''] = each.split(':')
      const [first = 0, last = 0] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, at) => `${first + at}:${count}`)
    })
    // What was only given out is not stored; in an orderly stop the connection's end gives it back, and it counts.
    expect(seen).toEqual(end === 'crash' ? ['1:2', '3:2', '4:1'] : ['1:3', '3:2', '4:2'])
    expect(await offsets(groupId, topic)).toEqual(['0: 1 3 NONE'])
  })

test('members that join at once find the states made once', async () => {
  const { topic, groupId } = await scene(2, ['a', 'b'])
  const members = await Promise.all([1, 2, 3, 4].map(() => ShareMember.connect(broker, groupId, topic)))
  await broker.eventually(async () => {
    await Promise.all(members.map((member) => member.heartbeat()))
    for (const { assigned } of members) expect(assigned).toHaveLength(1)
  })
  const reader = members.find(({ assigned }) => assigned[0] === 0)
  await reader?.fetchSome(broker)
  expect(await reader?.acknowledge([[0, 1, ACCEPT]])).toBe('NONE')
  await Promise.all(members.map((member) => member.heartbeat()))
  expect(await reader?.fetch()).toMatchObject({ acquired: [] })
})
