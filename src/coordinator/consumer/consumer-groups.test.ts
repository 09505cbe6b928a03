import fc from 'fast-check'
import { expect, test } from 'vitest'
import { silentLogger } from '../../runtime/log.ts'
import { SeededRandom } from '../../runtime/seeded-random.ts'
import { VirtualClock } from '../../runtime/virtual-clock.ts'
import { KafkaError } from '../../wire/errors.ts'
import { GroupCoordinator } from '../group-coordinator.ts'
import { TestConnection } from '../group-scenario.fixture.ts'
import { GroupState } from '../group-state.ts'
import type { GroupTopics } from '../group-topics.ts'
import { MemoryCoordinatorLog } from '../memory-coordinator-log.fixture.ts'
import type { EpochAssignment } from '../modern/assignment.ts'
import { DurableGroups } from '../modern/durable-groups.ts'
import type { ConsumerHeartbeatReply } from './heartbeat.ts'
import { consumerGroupFormat } from './records.ts'

/**
 * Consumers come, go, change their minds, are slow to give partitions back, die without a word and lose answers, topics
 * grow, and the coordinator moves: at no time do two of them use one partition, and in the end all are used.
 */

const GROUP = 'orders'
const MEMBERS = 4
const TOPICS = ['a', 'b', 'c']
const SESSION_MS = 45_000
/** Longer than a run: a client that is too slow uses its partitions on, which is its own fault. */
const REBALANCE_MS = 100_000_000

type Step =
  | { readonly do: 'join' | 'beat' | 'loseAnswer' | 'leave' | 'die' | 'finishRevoking'; readonly who: number }
  | { readonly do: 'subscribe'; readonly who: number; readonly topics: readonly string[] }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'grow'; readonly topic: number }
  | { readonly do: 'restart' }

const who = fc.nat(MEMBERS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('join' as const), who }) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('beat' as const), who }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('finishRevoking' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('loseAnswer', 'leave', 'die'), who }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('subscribe' as const), who, topics: fc.subarray(TOPICS) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(30_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('grow' as const), topic: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' } as const) },
)

/** A client: what it uses is its to use until it has stopped using it, or it has been silent for its session. */
class Client {
  isIn = false
  epoch = 0
  topics: readonly string[] = ['a', 'b']
  hasNewSubscription = false
  /** Then the next request says everything, as that of the clients does. */
  hasLostAnswer = false
  using = new Set<string>()
  revoking = new Set<string>()
  lastHeardMs = 0

  constructor(readonly memberId: string) {}

  stop(): void {
    this.isIn = false
    this.epoch = 0
    this.using.clear()
    this.revoking.clear()
  }
}

class Run {
  readonly clock = new VirtualClock()
  readonly log = new MemoryCoordinatorLog()
  readonly clients = Array.from({ length: MEMBERS }, (_, at) => new Client(`member-${at}`))
  topics: GroupTopics = clusterOf([2, 3, 1])
  #seed = 0
  coordinator = this.#start()

  async take(step: Step): Promise<void> {
    if (step.do === 'pass') this.clock.advance(step.ms)
    else if (step.do === 'grow') this.#grow(step.topic)
    else if (step.do === 'restart') await this.restart()
    else await this.act(step)
    this.#stopSilent()
  }

  async act(step: Extract<Step, { who: number }>): Promise<void> {
    const client = this.clients[step.who]
    if (client === undefined) return
    if (step.do === 'join') await this.#join(client)
    else if (!client.isIn) return
    else if (step.do === 'beat') await this.#beat(client)
    else if (step.do === 'loseAnswer') await this.#beat(client, { losesAnswer: true })
    else if (step.do === 'finishRevoking') client.revoking.clear()
    else if (step.do === 'subscribe') {
      client.topics = step.topics
      client.hasNewSubscription = true
    } else {
      const leaving = { groupId: GROUP, memberId: client.memberId, memberEpoch: -1, instanceId: null }
      if (step.do === 'leave') await ask(async () => await this.coordinator.consumerLeave(leaving))
      client.stop()
    }
  }

  async restart(): Promise<void> {
    this.coordinator.close()
    this.coordinator = this.#start()
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    for (const client of this.clients) client.lastHeardMs = this.clock.monotonicMs()
  }

  expectOneOwner(): void {
    const owners = new Map<string, string>()
    for (const { memberId, using, revoking } of this.clients)
      for (const partition of new Set([...using, ...revoking])) {
        expect(owners.get(partition), `${partition} is used twice`).toBeUndefined()
        owners.set(partition, memberId)
      }
  }

  /** Everybody does as it is told until those who died without a word are given up, and then some; then each partition that somebody wants has its reader. */
  async expectConvergence(): Promise<void> {
    for (const client of this.clients) client.revoking.clear()
    for (let round = 0; round < 20; round++)
      for (const client of this.clients) {
        if (client.isIn) await this.#beat(client)
        client.revoking.clear()
        this.expectOneOwner()
        this.clock.advance(1000)
        this.#stopSilent()
      }
    const readers = this.clients.filter(({ isIn }) => isIn)
    const wanted = new Set(readers.flatMap(({ topics }) => topics).flatMap((name) => this.#partitions(name)))
    expect(readers.flatMap(({ using }) => [...using]).sort()).toEqual([...wanted].sort())
  }

  #stopSilent(): void {
    for (const client of this.clients)
      if (client.isIn && this.clock.monotonicMs() - client.lastHeardMs >= SESSION_MS) client.stop()
  }

  async #join(client: Client): Promise<void> {
    client.stop()
    client.isIn = true
    client.hasNewSubscription = true
    await this.#beat(client)
  }

  async #beat(client: Client, { losesAnswer = false } = {}): Promise<void> {
    const saysAll = client.epoch === 0 || client.hasLostAnswer
    const owned = byTopic([...client.using, ...client.revoking])
    const request = {
      groupId: GROUP,
      memberId: client.memberId,
      memberEpoch: client.epoch,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: saysAll ? REBALANCE_MS : -1,
      subscribedTopicNames: saysAll || client.hasNewSubscription ? client.topics : null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      owned,
      clientId: 'app',
      clientHost: '/127.0.0.1',
    }
    const connection = new TestConnection(1)
    const reply = await ask(async () => await this.coordinator.consumerHeartbeat(request, connection))
    if (reply instanceof KafkaError) client.stop()
    else {
      client.lastHeardMs = this.clock.monotonicMs()
      client.hasLostAnswer = losesAnswer
      if (!losesAnswer) this.#learn(client, reply)
    }
  }

  #learn(client: Client, reply: ConsumerHeartbeatReply): void {
    client.epoch = reply.memberEpoch
    client.hasNewSubscription = false
    if (reply.assignment === null) return
    const told = partitionsIn(reply.assignment)
    for (const partition of client.using) if (!told.has(partition)) client.revoking.add(partition)
    client.using = told
    for (const partition of told) client.revoking.delete(partition)
  }

  #grow(at: number): void {
    const counts = TOPICS.map((name) => this.topics.topics.get(name)?.partitions.length ?? 0)
    counts[at] = (counts[at] ?? 0) + 1
    this.topics = clusterOf(counts)
  }

  #partitions(name: string): string[] {
    const topic = this.topics.topics.get(name)
    return (topic?.partitions ?? []).map((_, partition) => `${topic?.id}:${partition}`)
  }

  #start(): GroupCoordinator {
    this.#seed++
    const { clock } = this
    const random = new SeededRandom(this.#seed)
    const topics = () => this.topics
    const coordinator = new GroupCoordinator({ clock, random, logger: silentLogger, topics })
    void coordinator.lead(coordinator.partitionOf(GROUP), this.log)
    return coordinator
  }
}

async function ask<T>(request: () => Promise<T>): Promise<T | KafkaError> {
  try {
    return await request()
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
}

function clusterOf(counts: readonly number[]): GroupTopics {
  const topics = new Map(
    TOPICS.map((name, at) => {
      const id = Buffer.alloc(16, at + 1).toString('base64url')
      return [
        name,
        { name, id, partitions: Array.from({ length: counts[at] ?? 0 }, () => ({ replicas: [1] })) },
      ]
    }),
  )
  const topicNamesById = new Map([...topics.values()].map(({ id, name }) => [id, name]))
  return { topics, topicNamesById, brokers: new Map(), revision: counts.reduce((sum, count) => sum + count) }
}

function partitionsIn(assignment: EpochAssignment): Set<string> {
  return new Set(
    [...assignment].flatMap(([topicId, partitions]) =>
      [...partitions.keys()].map((at) => `${topicId}:${at}`),
    ),
  )
}

function byTopic(partitions: readonly string[]): Map<string, number[]> {
  const topics = new Map<string, number[]>()
  for (const each of partitions) {
    const [topicId = '', partition = ''] = each.split(':')
    topics.set(topicId, [...(topics.get(topicId) ?? []), Number(partition)])
  }
  return topics
}

test('a partition never has two owners, and in the end each has one, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), async (steps) => {
      const run = new Run()
      for (const each of steps) {
        await run.take(each)
        run.expectOneOwner()
      }
      await run.expectConvergence()
      run.coordinator.close()
    }),
    { numRuns: 400, interruptAfterTimeLimit: 8_000 },
  )
})

test('a group rebuilt from the log is what it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), async (steps) => {
      const run = new Run()
      for (const each of steps) {
        await run.take(each)
        const before = await ask(async () => await run.coordinator.describeConsumer(GROUP))
        const durable = new DurableGroups(consumerGroupFormat)
        await run.log.replay(new GroupState(silentLogger, [durable]))
        expect(durable.groups.has(GROUP)).toBe(!(before instanceof KafkaError))
        await run.restart()
        const after = await ask(async () => await run.coordinator.describeConsumer(GROUP))
        expect(after).toEqual(before)
      }
      run.coordinator.close()
    }),
    { numRuns: 60 },
  )
})
