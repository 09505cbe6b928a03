/** Members of consumer groups, as their clients would speak for them. */
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { consumerGroupDescribe } from '../../src/wire/apis/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../src/wire/apis/consumer-group-heartbeat.ts'
import { findCoordinator } from '../../src/wire/apis/find-coordinator.ts'
import { errorName } from '../../src/wire/errors.ts'
import type { EncodableRequestOf } from '../../src/wire/schema/api.ts'
import type { TestBroker } from './broker.ts'
import type { Topic } from './requests.ts'

/** Waits until there is a coordinator: Kafka makes the topic of the groups when the first one is looked for. */
export async function coordinatorReady(broker: TestBroker): Promise<void> {
  await broker.eventually(async () => {
    const { coordinators } = await broker.ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
    expect(errorName(coordinators[0]?.errorCode ?? -1)).toBe('NONE')
    expect((await describeGroup(broker, 'nobody')).error).toBe('GROUP_ID_NOT_FOUND')
  })
}

type Request = EncodableRequestOf<typeof consumerGroupHeartbeat>

export interface HeartbeatOutcome {
  readonly error: string
  readonly memberId: string | null
  readonly epoch: number
  /** `topic id:partition`, sorted; undefined when the answer says nothing of it. */
  readonly assigned: readonly string[] | undefined
}

/** A request that says nothing new. */
export function quietHeartbeat(groupId: string, memberId: string, memberEpoch: number): Request {
  return { groupId, memberId, memberEpoch }
}

export async function beat(broker: TestBroker, request: Request, version = 1): Promise<HeartbeatOutcome> {
  const answer = await broker.ask(consumerGroupHeartbeat, version, request)
  return {
    error: errorName(answer.errorCode),
    memberId: answer.memberId,
    epoch: answer.memberEpoch,
    assigned: answer.assignment?.topicPartitions
      .flatMap(({ topicId, partitions }) => partitions.map((partition) => `${topicId}:${partition}`))
      .sort(),
  }
}

/** One consumer: does at once what it is told, as the clients do, but for what a test holds back. */
export class Consumer {
  readonly memberId: string
  epoch = 0
  assigned: readonly string[] = []
  /** What the last request that says everything said. */
  readonly #subscription: Partial<Request>

  constructor(
    readonly broker: TestBroker,
    readonly groupId: string,
    subscription: Partial<Request>,
    memberId: string = randomUUID(),
  ) {
    this.#subscription = subscription
    this.memberId = memberId
  }

  async join(): Promise<HeartbeatOutcome> {
    this.epoch = 0
    this.assigned = []
    return await this.#beat({ rebalanceTimeoutMs: 60_000, topicPartitions: [], ...this.#subscription })
  }

  /** Reports what it has. */
  async beat(fields: Partial<Request> = {}): Promise<HeartbeatOutcome> {
    return await this.#beat({ topicPartitions: topicPartitionsOf(this.assigned), ...fields })
  }

  async leave(memberEpoch = -1): Promise<HeartbeatOutcome> {
    const { instanceId = null } = this.#subscription
    return await beat(this.broker, {
      ...quietHeartbeat(this.groupId, this.memberId, memberEpoch),
      instanceId,
    })
  }

  async #beat(fields: Partial<Request>): Promise<HeartbeatOutcome> {
    const { instanceId = null } = this.#subscription
    const request = { ...quietHeartbeat(this.groupId, this.memberId, this.epoch), instanceId, ...fields }
    const outcome = await beat(this.broker, request)
    if (outcome.error === 'NONE') {
      this.epoch = outcome.epoch
      this.assigned = outcome.assigned ?? this.assigned
    }
    return outcome
  }
}

/** Has all of them report until nobody learns anything new. */
export async function converge(...consumers: readonly Consumer[]): Promise<void> {
  for (let round = 0; round < 20; round++) {
    let isNew = false
    for (const consumer of consumers) {
      const before = `${consumer.epoch} ${consumer.assigned.join()}`
      await consumer.beat()
      isNew ||= before !== `${consumer.epoch} ${consumer.assigned.join()}`
    }
    if (!isNew && round > 0) return
  }
  throw new Error('the group does not come to rest')
}

export async function describeGroup(broker: TestBroker, groupId: string) {
  const request = { groupIds: [groupId], includeAuthorizedOperations: false }
  const [group] = (await broker.ask(consumerGroupDescribe, 1, request)).groups
  if (group === undefined) throw new Error('the group is missing in the answer')
  return { ...group, error: errorName(group.errorCode) }
}

export function partitionsOf({ id }: Topic, ...partitions: readonly number[]): string[] {
  return partitions.map((partition) => `${id}:${partition}`)
}

export function topicPartitionsOf(assigned: readonly string[]) {
  const byTopic = new Map<string, number[]>()
  for (const each of assigned) {
    const at = each.lastIndexOf(':')
    const topicId = each.slice(0, at)
    byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), Number(each.slice(at + 1))])
  }
  return [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }))
}
