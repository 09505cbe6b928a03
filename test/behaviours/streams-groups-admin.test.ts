import { beforeAll, describe, expect, test } from 'vitest'
import { deleteGroups } from '../../src/wire/apis/delete-groups.ts'
import { joinGroup } from '../../src/wire/apis/join-group.ts'
import { listGroups } from '../../src/wire/apis/list-groups.ts'
import { offsetCommit } from '../../src/wire/apis/offset-commit.ts'
import { offsetFetch } from '../../src/wire/apis/offset-fetch.ts'
import { streamsGroupTopologyDescriptionUpdate } from '../../src/wire/apis/streams-group-topology-description-update.ts'
import { errorName } from '../../src/wire/errors.ts'
import { ownTest, uniqueName, useBroker } from './broker.ts'
import { coordinatorReady } from './group-members.ts'
import { newTopic } from './requests.ts'
import { counting, describeStreams, pair, reading, StreamsClient, settled } from './streams-member.ts'

const broker = useBroker()

beforeAll(() => coordinatorReady(broker))

describe('a streams group among others', () => {
  test('is listed, described and deleted once it is empty', async () => {
    const topic = await newTopic(broker)
    const groupId = uniqueName('s')
    const client = new StreamsClient(broker, groupId, reading(topic), { processId: 'p' })
    await client.join()
    const listed = async () => {
      const request = { statesFilter: [], typesFilter: ['streams'] }
      return (await broker.ask(listGroups, 5, request)).groups.find((group) => group.groupId === groupId)
    }
    expect(await listed()).toMatchObject({
      protocolType: 'streams',
      groupState: 'Stable',
      groupType: 'streams',
    })
    expect(await describeStreams(broker, groupId)).toMatchObject({
      error: 'NONE',
      groupState: 'Stable',
      groupEpoch: 2,
      assignmentEpoch: 2,
      assignorName: 'sticky',
      topologyDescriptionStatus: 1,
      topology: {
        epoch: 0,
        subtopologies: [{ subtopologyId: '0', sourceTopics: [topic.name], stateChangelogTopics: [] }],
      },
      members: [
        {
          memberId: client.memberId,
          memberEpoch: 2,
          processId: 'p',
          topologyEpoch: 0,
          assignment: { activeTasks: [{ subtopologyId: '0', partitions: [0] }], standbyTasks: [] },
          targetAssignment: { activeTasks: [{ subtopologyId: '0', partitions: [0] }] },
          isClassic: false,
        },
      ],
    })
    const remove = async () =>
      errorName((await broker.ask(deleteGroups, 2, { groupsNames: [groupId] })).results[0]?.errorCode ?? -1)
    expect(await remove()).toBe('NON_EMPTY_GROUP')
    await client.leave()
    expect((await listed())?.groupState).toBe('Empty')
    expect(await remove()).toBe('NONE')
    expect(await describeStreams(broker, groupId)).toMatchObject({
      error: 'GROUP_ID_NOT_FOUND',
      errorMessage: `Group ${groupId} not found.`,
    })
  })

  test('takes commits of its members alone, in their epoch', async () => {
    const topic = await newTopic(broker)
    const groupId = uniqueName('s')
    const client = new StreamsClient(broker, groupId, reading(topic))
    await client.join()
    const commit = async (memberId: string, epoch: number) => {
      const partitions = [
        { partitionIndex: 0, committedOffset: 7, committedLeaderEpoch: -1, committedMetadata: '' },
      ]
      const request = {
        groupId,
        generationIdOrMemberEpoch: epoch,
        memberId,
        topics: [{ name: topic.name, partitions }],
      }
      const { topics } = await broker.ask(offsetCommit, 9, request)
      return errorName(topics[0]?.partitions[0]?.errorCode ?? -1)
    }
    expect(await commit('stranger', 2)).toBe('UNKNOWN_MEMBER_ID')
    expect(await commit(client.memberId, 3)).toBe('STALE_MEMBER_EPOCH')
    expect(await commit(client.memberId, 1)).toBe('STALE_MEMBER_EPOCH')
    expect(await commit(client.memberId, client.epoch)).toBe('NONE')
    const fetched = await broker.ask(offsetFetch, 9, {
      groups: [
        {
          groupId,
          memberId: client.memberId,
          memberEpoch: client.epoch,
          topics: [{ name: topic.name, partitionIndexes: [0] }],
        },
      ],
      requireStable: true,
    })
    expect(fetched.groups[0]?.topics[0]?.partitions[0]?.committedOffset).toBe(7)
  })

  test('takes no members of other kinds while it has any, and joins none', async () => {
    const topic = await newTopic(broker)
    const groupId = uniqueName('s')
    const client = new StreamsClient(broker, groupId, reading(topic))
    await client.join()
    const join = async (memberId = '') => {
      const request = {
        groupId,
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 10_000,
        memberId,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      }
      const asking = broker.ask(joinGroup, 5, request)
      await broker.pass(1)
      return await asking
    }
    expect(errorName((await join()).errorCode)).toBe('INCONSISTENT_GROUP_PROTOCOL')
    await client.leave()
    const joined = await join()
    expect(errorName(joined.errorCode)).toBe('MEMBER_ID_REQUIRED')
    expect(errorName((await join(joined.memberId)).errorCode)).toBe('NONE')
    expect(await client.join()).toMatchObject({
      error: 'GROUP_ID_NOT_FOUND',
      message: `Group ${groupId} is not a streams group.`,
    })
  })

  test('there is nothing that keeps descriptions of topologies', async () => {
    const answer = await broker.ask(streamsGroupTopologyDescriptionUpdate, 0, {
      groupId: uniqueName('s'),
      memberId: 'm',
      topologyEpoch: 0,
      topologyDescription: { subtopologies: [], globalStores: [] },
    })
    expect(errorName(answer.errorCode)).toBe('UNSUPPORTED_VERSION')
    expect(answer.errorMessage).toBe(
      'The broker has no streams group topology description plugin configured.',
    )
  })
})

describe('time and restarts', () => {
  ownTest('a silent member loses its tasks to the others', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('s')
    const [first, second] = pair(broker, groupId, reading(topic))
    await first.join()
    await second.join()
    await settled(first, second)
    broker.clock.advance(30_000)
    await second.beat()
    broker.clock.advance(20_000)
    expect((await second.beat()).tasks).toEqual(['active 0:0', 'active 0:1'])
    expect((await first.beat()).error).toBe('UNKNOWN_MEMBER_ID')
  })

  ownTest('a member that keeps what it must give back is taken out', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('s')
    const slow = new StreamsClient(broker, groupId, reading(topic), { rebalanceTimeoutMs: 5_000 })
    const other = new StreamsClient(broker, groupId, reading(topic))
    await slow.join()
    await other.join()
    await slow.beat()
    broker.clock.advance(6_000)
    expect((await other.beat()).tasks).toEqual(['active 0:0', 'active 0:1'])
    expect((await slow.beat()).error).toBe('UNKNOWN_MEMBER_ID')
  })

  ownTest('the group is there again after a restart, with everybody in it', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const prefix = uniqueName('app')
    const client = new StreamsClient(broker, prefix, counting(topic, prefix))
    await client.join()
    const before = await describeStreams(broker, prefix)
    await broker.restart()
    expect(await describeStreams(broker, prefix)).toEqual(before)
    expect(await client.beat()).toMatchObject({ error: 'NONE', epoch: client.epoch, tasks: undefined })
  })
})
