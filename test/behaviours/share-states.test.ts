import { beforeAll, expect, test } from 'vitest'
import { deleteShareGroupState } from '../../src/wire/apis/delete-share-group-state.ts'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.ts'
import { initializeShareGroupState } from '../../src/wire/apis/initialize-share-group-state.ts'
import { readShareGroupState } from '../../src/wire/apis/read-share-group-state.ts'
import { readShareGroupStateSummary } from '../../src/wire/apis/read-share-group-state-summary.ts'
import { writeShareGroupState } from '../../src/wire/apis/write-share-group-state.ts'
import { errorName } from '../../src/wire/errors.ts'
import { ownTest, uniqueName, useBroker } from './broker.ts'
import { batch, NO_TOPIC, newTopic, produced, type Topic } from './requests.ts'
import { ACCEPT, newShareGroup, ShareMember } from './share-member.ts'

const broker = useBroker({ configs: { 'share.coordinator.state.topic.num.partitions': '1' } })

type Batch = readonly [first: number, last: number, state: number, count: number]

const NOT_YET = 'Write operation on uninitialized share partition not allowed.'

/** What may be said of the state of one share partition. */
class State {
  constructor(
    readonly groupId: string,
    readonly topic: Topic,
    readonly partition = 0,
  ) {}

  static async fresh(partition = 0): Promise<State> {
    return new State(uniqueName('share'), await newTopic(broker, { partitions: 2 }), partition)
  }

  async initialize(stateEpoch: number, startOffset: number): Promise<string> {
    const answer = await broker.ask(initializeShareGroupState, 0, this.#of({ stateEpoch, startOffset }))
    return outcome(answer.results[0]?.partitions[0])
  }

  async read(leaderEpoch: number) {
    const answer = await broker.ask(readShareGroupState, 0, this.#of({ leaderEpoch }))
    const partition = answer.results[0]?.partitions[0]
    if (partition?.errorCode !== 0) return outcome(partition)
    const batches = partition.stateBatches.map((each) => [
      each.firstOffset,
      each.lastOffset,
      each.deliveryState,
      each.deliveryCount,
    ])
    return { stateEpoch: partition.stateEpoch, startOffset: partition.startOffset, batches }
  }

  /** State epoch, leader epoch, start offset, count of what is done with. */
  async summary(leaderEpoch = 0) {
    const answer = await broker.ask(readShareGroupStateSummary, 1, this.#of({ leaderEpoch }))
    const partition = answer.results[0]?.partitions[0]
    if (partition?.errorCode !== 0) return outcome(partition)
    return [
      partition.stateEpoch,
      partition.leaderEpoch,
      partition.startOffset,
      partition.deliveryCompleteCount,
    ]
  }

  async write(
    epochs: readonly [state: number, leader: number],
    startOffset: number,
    count: number,
    batches: readonly Batch[] = [],
  ) {
    const answer = await broker.ask(
      writeShareGroupState,
      1,
      this.#of({
        stateEpoch: epochs[0],
        leaderEpoch: epochs[1],
        startOffset,
        deliveryCompleteCount: count,
        stateBatches: batches.map(([firstOffset, lastOffset, deliveryState, deliveryCount]) => ({
          firstOffset,
          lastOffset,
          deliveryState,
          deliveryCount,
        })),
      }),
    )
    return outcome(answer.results[0]?.partitions[0])
  }

  async delete(): Promise<string> {
    const answer = await broker.ask(deleteShareGroupState, 0, this.#of({}))
    return outcome(answer.results[0]?.partitions[0])
  }

  #of<F>(fields: F) {
    const { groupId, topic, partition } = this
    return { groupId, topics: [{ topicId: topic.id, partitions: [{ partition, ...fields }] }] }
  }
}

function outcome(
  answer: { readonly errorCode: number; readonly errorMessage: string | null } | undefined,
): string {
  if (answer === undefined) return 'no answer'
  const name = errorName(answer.errorCode)
  return name === 'INVALID_REQUEST' ? (answer.errorMessage ?? '') : name
}

/** Kafka makes the topic when somebody first looks for a coordinator. */
beforeAll(async () => {
  const key = `g:${NO_TOPIC.id}:0`
  await broker.eventually(async () => {
    const found = await broker.ask(findCoordinator, 6, { keyType: 2, coordinatorKeys: [key] })
    expect(found.coordinators[0]?.errorCode).toBe(0)
    const state = new State('g', NO_TOPIC)
    expect(await state.summary()).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })
})

test('a state begins, is read, goes on and ends', async () => {
  const state = await State.fresh()
  expect(await state.summary()).toEqual([0, 0, -1, -1])
  expect(await state.initialize(2, 5)).toBe('NONE')
  expect(await state.read(3)).toEqual({ stateEpoch: 2, startOffset: 5, batches: [] })
  expect(await state.summary()).toEqual([2, 3, 5, 0])
  const batches: Batch[] = [
    [5, 6, 2, 1],
    [6, 9, 0, 2],
  ]
  expect(await state.write([2, 3], 5, 2, batches)).toBe('NONE')
  const merged = [
    [5, 5, 2, 1],
    [6, 9, 0, 2],
  ]
  expect(await state.read(3)).toEqual({ stateEpoch: 2, startOffset: 5, batches: merged })
  expect(await state.summary()).toEqual([2, 3, 5, 2])
  expect(await state.write([2, 3], 7, 1)).toBe('NONE')
  expect(await state.read(3)).toEqual({ stateEpoch: 2, startOffset: 7, batches: [[7, 9, 0, 2]] })
  expect(await state.summary()).toEqual([2, 3, 7, 1])
  expect(await state.delete()).toBe('NONE')
  expect(await state.summary()).toEqual([0, 0, -1, -1])
})

test('a state is read and written only once it has begun', async () => {
  const state = await State.fresh()
  expect(await state.read(0)).toBe('Read operation on uninitialized share partition not allowed.')
  expect(await state.write([0, 0], 0, 0)).toBe(NOT_YET)
  expect(await state.delete()).toBe('NONE')
})

test('who knows an older epoch is fenced', async () => {
  const state = await State.fresh()
  await state.initialize(2, 5)
  await state.read(3)
  expect(await state.read(2)).toBe('FENCED_LEADER_EPOCH')
  expect(await state.write([2, 2], 5, 0)).toBe('FENCED_LEADER_EPOCH')
  expect(await state.write([1, 3], 5, 0)).toBe('FENCED_STATE_EPOCH')
  expect(await state.initialize(1, 0)).toBe('FENCED_STATE_EPOCH')
  // No summary is a claim to lead.
  expect(await state.summary(1)).toEqual([2, 3, 5, 0])
})

test('a write takes nothing back, and changes no epoch', async () => {
  const state = await State.fresh()
  await state.initialize(2, 5)
  await state.write([2, 0], 5, 2, [[6, 7, 2, 1]])
  for (const [start, count] of [
    [-1, -1],
    [3, 9],
    [-8, 1],
    [5, 1],
  ] as const) {
    expect(await state.write([3, 4], start, count)).toBe('NONE')
    expect(await state.summary()).toEqual([2, 0, 5, 2])
  }
  expect(await state.write([2, 0], 5, 2, [[9, 3, 2, 1]])).toBe('NONE')
  expect(await state.read(0)).toEqual({ stateEpoch: 2, startOffset: 5, batches: [[6, 7, 2, 1]] })
})

test('numbers below zero are refused', async () => {
  const below = await State.fresh(-1)
  const partition = 'The partition id cannot be a negative number.'
  expect(await below.initialize(0, 0)).toBe(partition)
  expect(await below.read(0)).toBe(partition)
  expect(await below.summary()).toBe(partition)
  expect(await below.write([0, 0], 0, 0)).toBe(partition)
  expect(await below.delete()).toBe(partition)
  const state = await State.fresh()
  expect(await state.initialize(-1, 0)).toBe('The state epoch cannot be a negative number.')
  await state.initialize(0, 0)
  expect(await state.read(-1)).toBe('The leader epoch cannot be a negative number.')
  expect(await state.write([0, -1], 0, 0)).toBe('The leader epoch cannot be a negative number.')
  expect(await state.write([-1, 0], 0, 0)).toBe('The state epoch cannot be a negative number.')
})

test('states are of partitions that exist', async () => {
  for (const state of [await State.fresh(9), new State('g', NO_TOPIC)]) {
    expect(await state.initialize(0, 0)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await state.summary()).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await state.delete()).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await state.write([0, 0], 0, 0)).toBe(NOT_YET)
  }
})

test('each share partition has an answer of its own, and an answer only', async () => {
  const { topic, groupId } = await State.fresh()
  const begin = (partition: number, stateEpoch: number) => ({ partition, stateEpoch, startOffset: 0 })
  const { results } = await broker.ask(initializeShareGroupState, 0, {
    groupId,
    topics: [
      { topicId: topic.id, partitions: [begin(0, 1), begin(1, 1), begin(5, 1)] },
      { topicId: topic.id, partitions: [begin(1, 0)] },
    ],
  })
  expect(results).toHaveLength(1)
  expect(results[0]?.partitions.map((each) => `${each.partition} ${outcome(each)}`)).toEqual([
    '0 NONE',
    '1 FENCED_STATE_EPOCH',
    '5 UNKNOWN_TOPIC_OR_PARTITION',
  ])
})

test('who asks for nothing, or of no group, gets nothing', async () => {
  const { topic, groupId } = await State.fresh()
  const partitions = [{ partition: 0, leaderEpoch: 0, stateEpoch: 0, startOffset: 0, stateBatches: [] }]
  const part = { topicId: topic.id, partitions }
  const none = { topicId: topic.id, partitions: [] }
  for (const request of [
    { groupId, topics: [] },
    { groupId: '', topics: [part] },
    { groupId, topics: [none, part] },
  ]) {
    expect((await broker.ask(readShareGroupState, 0, request)).results).toEqual([])
    expect((await broker.ask(readShareGroupStateSummary, 0, request)).results).toEqual([])
    expect((await broker.ask(writeShareGroupState, 0, request)).results).toEqual([])
    expect((await broker.ask(deleteShareGroupState, 0, request)).results).toEqual([])
    const begun = await broker.ask(initializeShareGroupState, 0, request)
    expect(begun.results).toHaveLength(request.topics[0] === none ? 1 : 0)
  }
})

// Nothing of the kind is in a state that a Kafka broker writes.
ownTest('a state that makes no sense does no harm to those who share the partition', async () => {
  const topic = await newTopic(broker)
  const groupId = await newShareGroup(broker)
  await produced(broker, topic, batch(broker, ['a', 'b', 'c', 'd']))
  const first = await ShareMember.join(broker, groupId, topic)
  await first.heartbeat({ epoch: -1 })
  const state = new State(groupId, topic)
  const far = Number.MAX_SAFE_INTEGER
  const odd: Batch[] = [
    [-9, 0, 7, -1],
    [1, 1, 0, 32_767],
    [3, 2, 2, 1],
    [3, far, 2, 1],
  ]
  expect(await state.write([99, 0], 0, 2_147_483_647, odd)).toBe('NONE')
  const member = await ShareMember.join(broker, groupId, topic)
  const acquired: string[] = []
  for (let round = 0; round < 3; round++) acquired.push(...(await member.fetchSome(broker)).acquired)
  expect(acquired).toEqual(['0-0:1', '1-1:10001', '2-2:1'])
  expect(await member.acknowledge([[0, 2, ACCEPT]])).toBe('NONE')
  await produced(broker, topic, batch(broker, ['e']))
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['4-4:1'] })
})

ownTest('a state that is deleted under a leader ends what the leader knows', async () => {
  const topic = await newTopic(broker)
  const groupId = await newShareGroup(broker)
  await produced(broker, topic, batch(broker, ['a', 'b']))
  const member = await ShareMember.join(broker, groupId, topic)
  await member.fetchSome(broker)
  const state = new State(groupId, topic)
  expect(await state.delete()).toBe('NONE')
  expect(await member.acknowledge([[0, 1, ACCEPT]])).toBe('UNKNOWN_SERVER_ERROR')
  expect(await state.initialize(9, 1)).toBe('NONE')
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['1-1:1'] })
})
