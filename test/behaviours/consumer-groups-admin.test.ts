import { beforeAll, describe, expect, test } from 'vitest'
import { deleteGroups } from '../../src/wire/apis/delete-groups.ts'
import { describeGroups } from '../../src/wire/apis/describe-groups.ts'
import { listGroups } from '../../src/wire/apis/list-groups.ts'
import { offsetCommit } from '../../src/wire/apis/offset-commit.ts'
import { offsetDelete } from '../../src/wire/apis/offset-delete.ts'
import { offsetFetch } from '../../src/wire/apis/offset-fetch.ts'
import { errorName } from '../../src/wire/errors.ts'
import { uniqueName, useBroker } from './broker.ts'
import { Consumer, coordinatorReady, describeGroup } from './group-members.ts'
import { newTopic, type Topic } from './requests.ts'

const broker = useBroker()

beforeAll(() => coordinatorReady(broker))

const consumer = (groupId: string, ...topics: readonly Topic[]) =>
  new Consumer(broker, groupId, { subscribedTopicNames: topics.map(({ name }) => name) })

async function commit(
  groupId: string,
  topic: Topic,
  member: { memberId: string; epoch: number },
  version = 9,
) {
  const partition = {
    partitionIndex: 0,
    committedOffset: 7,
    committedLeaderEpoch: -1,
    committedMetadata: '',
  }
  const answer = await broker.ask(offsetCommit, version, {
    groupId,
    generationIdOrMemberEpoch: member.epoch,
    memberId: member.memberId,
    topics: [{ name: topic.name, topicId: topic.id, partitions: [partition] }],
  })
  return errorName(answer.topics[0]?.partitions[0]?.errorCode ?? -1)
}

describe('administration', () => {
  test('the group is described with what its members have and are to have', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('g')
    const [first, second] = [consumer(groupId, topic), consumer(groupId, topic)]
    await first.join()
    expect(await describeGroup(broker, groupId)).toMatchObject({
      groupState: 'Stable',
      groupEpoch: 2,
      assignmentEpoch: 2,
      assignorName: 'uniform',
    })
    await second.join()
    const group = await describeGroup(broker, groupId)
    expect(group).toMatchObject({ groupState: 'Reconciling', groupEpoch: 3, assignmentEpoch: 3 })
    const member = group.members.find(({ memberId }) => memberId === first.memberId)
    expect(member).toMatchObject({
      memberEpoch: 2,
      memberType: 1,
      instanceId: null,
      rackId: null,
      subscribedTopicNames: [topic.name],
      subscribedTopicRegex: '',
    })
    expect(member?.assignment.topicPartitions[0]).toMatchObject({ topicName: topic.name, topicId: topic.id })
    expect(member?.assignment.topicPartitions[0]?.partitions).toHaveLength(2)
    expect(member?.targetAssignment.topicPartitions[0]?.partitions).toHaveLength(1)
  })

  test('it is listed by its type and state, and unknown to who asks for another kind', async () => {
    const topic = await newTopic(broker)
    const groupId = uniqueName('g')
    const member = consumer(groupId, topic)
    await member.join()
    const listed = async (statesFilter: string[], typesFilter: string[]) =>
      (await broker.ask(listGroups, 5, { statesFilter, typesFilter })).groups.filter(
        (each) => each.groupId === groupId,
      )
    expect(await listed(['stable'], ['Consumer'])).toEqual([
      { groupId, protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' },
    ])
    expect(await listed([], ['classic'])).toEqual([])
    expect(await listed(['Empty'], [])).toEqual([])
    const classic = async (version: number) =>
      (await broker.ask(describeGroups, version, { groups: [groupId], includeAuthorizedOperations: false }))
        .groups[0]
    expect(await classic(5)).toMatchObject({ errorCode: 0, groupState: 'Dead' })
    expect(await classic(6)).toMatchObject({
      errorCode: 69,
      errorMessage: `Group ${groupId} is not a classic group.`,
      groupState: 'Dead',
    })
    expect(await describeGroup(broker, 'nobody')).toMatchObject({
      error: 'GROUP_ID_NOT_FOUND',
      errorMessage: 'Group nobody not found.',
    })
  })

  test('it is deleted when it is empty', async () => {
    const topic = await newTopic(broker)
    const groupId = uniqueName('g')
    const member = consumer(groupId, topic)
    await member.join()
    const deleting = async () =>
      errorName((await broker.ask(deleteGroups, 2, { groupsNames: [groupId] })).results[0]?.errorCode ?? -1)
    expect(await deleting()).toBe('NON_EMPTY_GROUP')
    await member.leave()
    expect((await describeGroup(broker, groupId)).groupState).toBe('Empty')
    expect(await deleting()).toBe('NONE')
    expect((await describeGroup(broker, groupId)).error).toBe('GROUP_ID_NOT_FOUND')
  })
})

describe('offsets', () => {
  test('a member commits and fetches in its epoch', async () => {
    const topic = await newTopic(broker)
    const groupId = uniqueName('g')
    const member = consumer(groupId, topic)
    await member.join()
    expect(await commit(groupId, topic, member)).toBe('NONE')
    expect(await commit(groupId, topic, member, 8)).toBe('UNSUPPORTED_VERSION')
    expect(await commit(groupId, topic, { ...member, epoch: 1 })).toBe('STALE_MEMBER_EPOCH')
    expect(await commit(groupId, topic, { ...member, epoch: 3 })).toBe('STALE_MEMBER_EPOCH')
    expect(await commit(groupId, topic, { memberId: 'stranger', epoch: 2 })).toBe('UNKNOWN_MEMBER_ID')
    expect(await commit(groupId, topic, { memberId: '', epoch: -1 })).toBe('UNKNOWN_MEMBER_ID')
    const fetching = async (memberId: string | null, memberEpoch: number) => {
      const topics = [{ name: topic.name, partitionIndexes: [0] }]
      const request = { groups: [{ groupId, memberId, memberEpoch, topics }], requireStable: false }
      const [group] = (await broker.ask(offsetFetch, 9, request)).groups
      return [errorName(group?.errorCode ?? -1), group?.topics[0]?.partitions[0]?.committedOffset]
    }
    expect(await fetching(member.memberId, 2)).toEqual(['NONE', 7])
    expect(await fetching(null, -1)).toEqual(['NONE', 7])
    expect(await fetching(member.memberId, 1)).toEqual(['STALE_MEMBER_EPOCH', undefined])
    expect(await fetching('stranger', 2)).toEqual(['UNKNOWN_MEMBER_ID', undefined])
  })

  test('a member that is behind commits what it has had all along', async () => {
    const topic = await newTopic(broker, { partitions: 1 })
    const other = await newTopic(broker, { partitions: 1 })
    const groupId = uniqueName('g')
    const member = consumer(groupId, topic)
    const second = consumer(groupId, other)
    await member.join()
    await second.join()
    await member.beat()
    expect(member.epoch).toBe(3)
    expect(await commit(groupId, topic, { memberId: member.memberId, epoch: 2 })).toBe('NONE')
    expect(await commit(groupId, other, { memberId: member.memberId, epoch: 2 })).toBe('STALE_MEMBER_EPOCH')
  })

  test('offsets of what nobody reads can be deleted one by one', async () => {
    const [read, unread] = [await newTopic(broker), await newTopic(broker)]
    const groupId = uniqueName('g')
    const member = consumer(groupId, read)
    await member.join()
    const deleting = async (topic: Topic) => {
      const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }]
      const answer = await broker.ask(offsetDelete, 0, { groupId, topics })
      return errorName(answer.topics[0]?.partitions[0]?.errorCode ?? answer.errorCode)
    }
    expect(await deleting(read)).toBe('GROUP_SUBSCRIBED_TO_TOPIC')
    expect(await deleting(unread)).toBe('NONE')
  })
})
