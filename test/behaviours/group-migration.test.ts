import { beforeAll, describe, expect, test } from 'vitest'
import { describeGroups } from '../../src/wire/apis/describe-groups.ts'
import { heartbeat } from '../../src/wire/apis/heartbeat.ts'
import { joinGroup } from '../../src/wire/apis/join-group.ts'
import { leaveGroup } from '../../src/wire/apis/leave-group.ts'
import { syncGroup } from '../../src/wire/apis/sync-group.ts'
import { errorName } from '../../src/wire/errors.ts'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  decodeAssignment,
} from '../../src/wire/messages/consumer-protocol.ts'
import { encodeVersioned } from '../../src/wire/schema/versioned.ts'
import { type TestBroker, uniqueName, useBroker } from './broker.ts'
import { Consumer, converge, coordinatorReady, describeGroup, partitionsOf } from './group-members.ts'
import { newTopic, type Topic } from './requests.ts'

const broker = useBroker()

beforeAll(() => coordinatorReady(broker))

/** A consumer of the classic protocol, as its client would speak for it. */
class ClassicConsumer {
  memberId = ''
  generationId = -1
  #owned: { topic: string; partitions: readonly number[] }[] = []

  constructor(
    readonly broker: TestBroker,
    readonly groupId: string,
    readonly topic: Topic,
    readonly protocolType = 'consumer',
  ) {}

  async join(): Promise<string> {
    const ownedPartitions = this.#owned.map((each) => ({ ...each, partitions: [...each.partitions] }))
    const subscription = { topics: [this.topic.name], ownedPartitions, generationId: this.generationId }
    const metadata = encodeVersioned(consumerProtocolSubscription, subscription, 2)
    const request = {
      groupId: this.groupId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId: this.memberId,
      protocolType: this.protocolType,
      protocols: [{ name: 'range', metadata }],
    }
    // A join that waits for others must not hold up their requests.
    const client = await this.broker.connect()
    const asking = client.request(joinGroup, 6, request)
    await this.broker.pass(1)
    const answer = await asking
    this.memberId = answer.memberId
    const error = errorName(answer.errorCode)
    if (error === 'MEMBER_ID_REQUIRED') return await this.join()
    if (error === 'NONE') this.generationId = answer.generationId
    return error
  }

  /** With all partitions, this member is the leader and takes them for itself. */
  async sync(partitions?: readonly number[]): Promise<string> {
    const own = { assignedPartitions: [{ topic: this.topic.name, partitions: [...(partitions ?? [])] }] }
    const assignment = encodeVersioned(consumerProtocolAssignment, own, 2)
    const answer = await this.broker.ask(syncGroup, 4, {
      ...this.#identity(),
      assignments: partitions === undefined ? [] : [{ memberId: this.memberId, assignment }],
    })
    const error = errorName(answer.errorCode)
    if (error === 'NONE') this.#owned = decodeAssignment(answer.assignment).assignedPartitions
    return error
  }

  async beat(): Promise<string> {
    return errorName((await this.broker.ask(heartbeat, 4, this.#identity())).errorCode)
  }

  async leave(): Promise<string> {
    const { groupId, memberId } = this
    const answer = await this.broker.ask(leaveGroup, 4, { groupId, members: [{ memberId }] })
    return errorName(answer.members[0]?.errorCode ?? answer.errorCode)
  }

  /** Does what a client does when it hears of a rebalance, until there is none. */
  async follow(): Promise<void> {
    if ((await this.beat()) !== 'REBALANCE_IN_PROGRESS') return
    expect(await this.join()).toBe('NONE')
    expect(await this.sync()).toBe('NONE')
  }

  get assigned(): string[] {
    return this.#owned.flatMap(({ partitions }) => partitionsOf(this.topic, ...partitions)).sort()
  }

  #identity() {
    const { groupId, generationId, memberId } = this
    return { groupId, generationId, memberId }
  }
}

const consumer = (groupId: string, topic: Topic) =>
  new Consumer(broker, groupId, { subscribedTopicNames: [topic.name] })

async function classicGroup(topic: Topic, partitions: readonly number[]) {
  const member = new ClassicConsumer(broker, uniqueName('g'), topic)
  expect(await member.join()).toBe('NONE')
  expect(await member.sync(partitions)).toBe('NONE')
  return member
}

/** A consumer group with a member of either protocol, each with one of two partitions. */
async function mixedGroup() {
  const topic = await newTopic(broker, { partitions: 2 })
  const groupId = uniqueName('g')
  const member = consumer(groupId, topic)
  await member.join()
  const classic = new ClassicConsumer(broker, groupId, topic)
  await classic.join()
  await classic.sync()
  await converge(member)
  await classic.follow()
  return { topic, groupId, member, classic }
}

describe('a classic group', () => {
  test('becomes a consumer group with the first member of that protocol, and nobody loses a partition', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const classic = await classicGroup(topic, [0, 1])
    expect(classic.assigned).toEqual(partitionsOf(topic, 0, 1))
    const member = consumer(classic.groupId, topic)
    expect(await member.join()).toMatchObject({ error: 'NONE', epoch: 2, assigned: [] })
    const group = await describeGroup(broker, classic.groupId)
    expect(group).toMatchObject({ groupState: 'Reconciling', groupEpoch: 2, assignmentEpoch: 2 })
    expect(group.members.map(({ memberType, memberEpoch }) => [memberType, memberEpoch]).sort()).toEqual([
      [0, 1],
      [1, 2],
    ])
    expect(await classic.beat()).toBe('REBALANCE_IN_PROGRESS')
    expect((await member.beat()).assigned).toBeUndefined()
    for (let round = 0; round < 4; round++) {
      await classic.follow()
      await member.beat()
    }
    expect(await classic.beat()).toBe('NONE')
    expect(classic.assigned).toHaveLength(1)
    expect([...classic.assigned, ...member.assigned].sort()).toEqual(partitionsOf(topic, 0, 1))
    expect((await describeGroup(broker, classic.groupId)).groupState).toBe('Stable')
  })

  test('that is empty gives its name to a consumer group', async () => {
    const topic = await newTopic(broker)
    const classic = await classicGroup(topic, [0])
    expect(await classic.leave()).toBe('NONE')
    const member = consumer(classic.groupId, topic)
    expect(await member.join()).toMatchObject({ epoch: 2, assigned: partitionsOf(topic, 0) })
  })

  test('of other clients than consumers stays what it is', async () => {
    const topic = await newTopic(broker)
    const classic = new ClassicConsumer(broker, uniqueName('g'), topic, 'connect')
    expect(await classic.join()).toBe('NONE')
    expect((await consumer(classic.groupId, topic).join()).error).toBe('GROUP_ID_NOT_FOUND')
    expect((await describeGroup(broker, classic.groupId)).errorMessage).toBe(
      `Group ${classic.groupId} is not a consumer group.`,
    )
  })
})

describe('a consumer group', () => {
  test('takes members of the classic protocol', async () => {
    const topic = await newTopic(broker, { partitions: 2 })
    const groupId = uniqueName('g')
    const member = consumer(groupId, topic)
    await member.join()
    const classic = new ClassicConsumer(broker, groupId, topic)
    expect(await classic.join()).toBe('NONE')
    expect(classic.generationId).toBe(3)
    expect(await classic.sync()).toBe('NONE')
    expect(classic.assigned).toEqual([])
    expect(await classic.beat()).toBe('NONE')
    await converge(member)
    expect(await classic.beat()).toBe('REBALANCE_IN_PROGRESS')
    await classic.follow()
    expect([...classic.assigned, ...member.assigned].sort()).toEqual(partitionsOf(topic, 0, 1))
    expect(await new ClassicConsumer(broker, groupId, topic, 'connect').join()).toBe(
      'INCONSISTENT_GROUP_PROTOCOL',
    )
  })

  test('becomes a classic group when its last member of the new protocol leaves', async () => {
    const { topic, groupId, member, classic } = await mixedGroup()
    expect((await member.leave()).error).toBe('NONE')
    const request = { groups: [groupId], includeAuthorizedOperations: false }
    const [described] = (await broker.ask(describeGroups, 6, request)).groups
    expect(described).toMatchObject({
      errorCode: 0,
      groupState: 'PreparingRebalance',
      protocolType: 'consumer',
    })
    expect(described?.members.map(({ memberId }) => memberId)).toEqual([classic.memberId])
    expect(await classic.beat()).toBe('REBALANCE_IN_PROGRESS')
    expect(await classic.join()).toBe('NONE')
    expect(classic.generationId).toBe(4)
    expect(await classic.sync([0, 1])).toBe('NONE')
    expect(classic.assigned).toEqual(partitionsOf(topic, 0, 1))
  })

  test('that is empty gives its name to a classic group', async () => {
    const topic = await newTopic(broker)
    const groupId = uniqueName('g')
    const member = consumer(groupId, topic)
    await member.join()
    await member.leave()
    const classic = new ClassicConsumer(broker, groupId, topic)
    expect(await classic.join()).toBe('NONE')
    expect(classic.generationId).toBe(1)
    expect((await describeGroup(broker, groupId)).error).toBe('GROUP_ID_NOT_FOUND')
  })

  test('is left by members of the classic protocol in their own way', async () => {
    const { topic, member, classic } = await mixedGroup()
    expect(await classic.leave()).toBe('NONE')
    expect(await classic.leave()).toBe('UNKNOWN_MEMBER_ID')
    expect((await member.beat()).assigned).toEqual(partitionsOf(topic, 0, 1))
  })
})
