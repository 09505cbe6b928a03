import fc from 'fast-check'
import { expect, test } from 'vitest'
import { silentLogger } from '../runtime/log.ts'
import { SeededRandom } from '../runtime/seeded-random.ts'
import { VirtualClock } from '../runtime/virtual-clock.ts'
import { KafkaError } from '../wire/errors.ts'
import { ZERO_UUID } from '../wire/schema/field.ts'
import type { JoinReply, Member } from './classic/group.ts'
import { realisticGroupConfig } from './group-config.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { subscription, TestConnection } from './group-scenario.fixture.ts'
import { GroupState } from './group-state.ts'
import { MemoryCoordinatorLog } from './memory-coordinator-log.fixture.ts'

const GROUPS = ['orders', 'billing']
const CLIENTS = 4
const TOPICS = ['payments', 'refunds']

const step = fc.oneof(
  { weight: 30, arbitrary: fc.record({ do: fc.constant('act' as const), client: client() }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('join' as const), client: client(), group: group() }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('sync' as const), client: client() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('heartbeat' as const), client: client() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), client: client() }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('hangUp' as const), client: client() }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('commit' as const), client: client(), topic: topic() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('commitAlone' as const), group: group(), topic: topic() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('transact' as const), group: group(), topic: topic() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('endTransaction' as const), commits: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('deleteOffset' as const), group: group(), topic: topic() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deleteGroup' as const), group: group() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deleteTopic' as const), topic: topic() }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('passLong' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('holdCommits' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('commitLog' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function client() {
  return fc.integer({ min: 0, max: CLIENTS - 1 })
}
function group() {
  return fc.constantFrom(...GROUPS)
}
function topic() {
  return fc.constantFrom(...TOPICS)
}

/** What a client of the run knows of itself. */
interface Client {
  connection: TestConnection
  groupId: string
  memberId: string
  joined: JoinReply | undefined
  /** What a well-behaved client would do next. */
  next: 'join' | 'sync' | 'heartbeat'
}

/** Clients, a coordinator and its log, driven by random steps. */
class Run {
  readonly clock = new VirtualClock()
  readonly log = new MemoryCoordinatorLog()
  readonly coordinator: GroupCoordinator
  readonly #clients: Client[]
  #connections = 0
  #asked = 0
  #answered = 0

  constructor(initialRebalanceDelayMs: number) {
    const config = { ...realisticGroupConfig, initialRebalanceDelayMs, evictOnClose: true, maxSize: 3 }
    const random = new SeededRandom(7)
    this.coordinator = new GroupCoordinator({
      clock: this.clock,
      random,
      logger: silentLogger,
      config,
      partitionCount: () => 1,
    })
    void this.coordinator.lead(0, this.log)
    this.#clients = Array.from({ length: CLIENTS }, () => this.#freshClient('orders'))
  }

  get unanswered(): number {
    return this.#asked - this.#answered
  }

  async take(step: Step): Promise<void> {
    try {
      this.#follow(this.#start(step))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
    }
    for (let turn = 0; turn < 6; turn++) await Promise.resolve()
  }

  #start(step: Step): unknown {
    switch (step.do) {
      case 'act':
        return this.#act(this.#client(step.client), step.client)
      case 'join':
        return this.#join(this.#client(step.client), step.client, step.group)
      case 'sync':
        return this.#sync(this.#client(step.client))
      case 'heartbeat':
        return this.#heartbeat(this.#client(step.client))
      case 'leave': {
        const { groupId, memberId } = this.#client(step.client)
        const leaving = { memberId, groupInstanceId: null, reason: null }
        return this.coordinator.leave(groupId, [leaving])
      }
      case 'hangUp':
        this.#client(step.client).connection.close()
        this.#clients[step.client] = this.#freshClient('orders')
        return undefined
      case 'commit': {
        const { groupId, memberId, joined } = this.#client(step.client)
        return this.#commit(groupId, memberId, joined?.generationId ?? -1, step.topic)
      }
      case 'commitAlone':
        return this.#commit(step.group, '', -1, step.topic)
      case 'transact':
        return this.#commit(step.group, '', -1, step.topic, { producerId: 5, producerEpoch: 0 })
      case 'endTransaction':
        return this.coordinator.endTransaction(0, {
          producerId: 5,
          producerEpoch: 0,
          coordinatorEpoch: 0,
          committed: step.commits,
        })
      case 'deleteOffset': {
        const topics = [{ name: step.topic, partitions: [0] }]
        return this.coordinator.deleteOffsets(step.group, topics)
      }
      case 'deleteGroup':
        return this.coordinator.delete(step.group)
      case 'deleteTopic':
        return this.coordinator.topicsDeleted([step.topic])
      case 'pass':
        return this.clock.advance(step.ms)
      case 'passLong':
        return this.clock.advance(8 * 24 * 3_600_000)
      case 'refuse':
        this.log.refuseNext = new KafkaError('NOT_ENOUGH_REPLICAS')
        return undefined
      case 'holdCommits':
        return this.log.holdCommits()
      case 'commitLog':
        return this.log.commit()
      case 'lose':
        return this.log.lose(new KafkaError('NOT_LEADER_OR_FOLLOWER'))
    }
  }

  #act(client: Client, index: number): unknown {
    if (client.next === 'join') return this.#join(client, index, client.groupId)
    return client.next === 'sync' ? this.#sync(client) : this.#heartbeat(client)
  }

  async #heartbeat(client: Client): Promise<void> {
    const { groupId, memberId, joined, connection } = client
    const generationId = joined?.generationId ?? -1
    const request = { groupId, memberId, generationId, groupInstanceId: null }
    const errorCode = await this.coordinator.heartbeat(request, connection)
    if (errorCode !== 0) client.next = 'join'
    if (errorCode === 25) client.memberId = ''
  }

  async #join(client: Client, index: number, groupId: string): Promise<void> {
    if (client.groupId !== groupId) Object.assign(client, { groupId, memberId: '', joined: undefined })
    // Clients differ in who is static and who must ask for an id first.
    const intent = {
      groupId,
      memberId: client.memberId,
      groupInstanceId: index === 0 ? 'pod-0' : null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription('payments') }],
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 15_000,
      reason: null,
      clientId: 'app',
      clientHost: '/127.0.0.1',
      requiresMemberId: index > 1,
      canSkipAssignment: true,
    }
    const reply = await this.#counted(this.coordinator.join(intent, client.connection))
    if (client.groupId !== groupId) return
    if (reply.errorCode === 79) client.memberId = reply.memberId
    else if (reply.errorCode === 0)
      Object.assign(client, { memberId: reply.memberId, joined: reply, next: 'sync' })
    else client.memberId = ''
  }

  /** Follows a request that may be parked, to see that each is answered in the end. */
  async #counted<T>(request: Promise<T>): Promise<T> {
    this.#asked++
    try {
      return await request
    } finally {
      this.#answered++
    }
  }

  async #sync(client: Client): Promise<void> {
    const { groupId, memberId, joined, connection } = client
    const members = joined?.members ?? []
    const request = {
      groupId,
      memberId,
      generationId: joined?.generationId ?? -1,
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: new Map(members.map((member) => [member.memberId, Buffer.from(member.memberId)])),
    }
    client.next = 'join'
    const { errorCode } = await this.#counted(this.coordinator.sync(request, connection))
    if (errorCode === 0) client.next = 'heartbeat'
  }

  #commit(
    groupId: string,
    memberId: string,
    generationId: number,
    name: string,
    transaction?: { producerId: number; producerEpoch: number },
  ): unknown {
    const partition = {
      partitionIndex: 0,
      committedOffset: this.log.entries.length,
      committedLeaderEpoch: 0,
      committedMetadata: 'm',
      commitTimestampMs: -1,
    }
    const request = {
      groupId,
      generationId,
      memberId,
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: [{ name, topicId: ZERO_UUID, partitions: [partition] }],
      tellsUnknownGroup: true,
      isTransactional: transaction !== undefined,
    }
    return this.coordinator.commit(request, new TestConnection(-1), transaction)
  }

  #follow(outcome: unknown): void {
    if (outcome instanceof Promise) outcome.catch(() => undefined)
  }

  #client(index: number): Client {
    const found = this.#clients[index]
    if (found === undefined) throw new Error('no such client')
    return found
  }

  #freshClient(groupId: string): Client {
    this.#connections++
    return {
      connection: new TestConnection(this.#connections),
      groupId,
      memberId: '',
      joined: undefined,
      next: 'join',
    }
  }
}

/** Everything that is durable, in a form that can be compared. */
function durable(state: Pick<GroupState, 'groups' | 'offsets'>) {
  const groupIds = [...state.offsets.groupIds()].sort()
  return {
    groups: new Map([...state.groups].sort()),
    offsets: groupIds.map((groupId) => [groupId, state.offsets.topics(groupId)]),
    pending: groupIds.map((groupId) => [groupId, [...state.offsets.pendingTopics(groupId)]]),
  }
}

/** A stable group is in the log as it is in memory: who takes over goes on with the same members. */
function expectSameMembers(coordinator: GroupCoordinator, groupId: string, rebuilt: GroupState): void {
  const live = coordinator.shard(0)?.status === 'active' ? coordinator.describe(groupId) : undefined
  if (live === undefined || live instanceof Promise || live.phase !== 'Stable') return
  const recorded = rebuilt.groups.get(groupId)
  expect(recorded?.generationId).toBe(live.generationId)
  const assignments = (members: ReadonlyMap<string, Member> | undefined) =>
    [...(members ?? [])].map(([memberId, { assignment }]) => [memberId, assignment.toString()])
  expect(assignments(recorded?.members)).toEqual(assignments(live.members))
}

test('a shard rebuilt by replay knows what the live one knows, whatever happened', async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' })
  const delays = fc.constantFrom(0, 3_000)
  await fc.assert(
    fc.asyncProperty(steps, delays, async (taken, delayMs) => {
      const run = new Run(delayMs)
      const generations = new Map<string, number>()
      for (const each of taken) {
        await run.take(each)
        const shard = run.coordinator.shard(0)
        const rebuilt = new GroupState(silentLogger)
        await run.log.replay(rebuilt)
        if (shard?.status === 'active') expect(durable(shard.state)).toEqual(durable(rebuilt))
        if (!run.log.holdsCommits)
          for (const groupId of GROUPS) expectSameMembers(run.coordinator, groupId, rebuilt)
        for (const [groupId, { generationId }] of rebuilt.groups) {
          const isFresh = each.do === 'lose' || generationId >= (generations.get(groupId) ?? 0)
          expect(isFresh).toBe(true)
        }
        generations.clear()
        for (const [groupId, { generationId }] of rebuilt.groups) generations.set(groupId, generationId)
      }
      run.coordinator.close()
      await run.take({ do: 'commitLog' })
      expect(run.unanswered).toBe(0)
    }),
    { numRuns: 300 },
  )
})
