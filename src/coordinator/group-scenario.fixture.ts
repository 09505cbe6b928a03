import { silentLogger } from '../runtime/log.ts'
import { SeededRandom } from '../runtime/seeded-random.ts'
import { VirtualClock } from '../runtime/virtual-clock.ts'
import { errorName, KafkaError } from '../wire/errors.ts'
import { ZERO_UUID } from '../wire/schema/field.ts'
import type { JoinReply, SyncReply } from './classic/group.ts'
import { type GroupConfig, instantGroupConfig } from './group-config.ts'
import { GroupCoordinator, type JoinIntent } from './group-coordinator.ts'
import type { MemberConnection } from './member-connections.ts'
import { MemoryCoordinatorLog } from './memory-coordinator-log.fixture.ts'
import type { OffsetCommit, TopicResult } from './offsets/offset-decisions.ts'

/** A connection that a test can close. */
export class TestConnection implements MemberConnection {
  readonly #callbacks: (() => void)[] = []

  constructor(readonly id: number) {}

  onClose(callback: () => void): void {
    this.#callbacks.push(callback)
  }

  close(): void {
    for (const callback of this.#callbacks.splice(0)) callback()
  }
}

/** A request's answer as far as it has come. */
export interface Pending<T> {
  readonly reply: T | undefined
  readonly error: string | undefined
}

/** One group on one shard, on a virtual clock, driven step by step as clients would. For tests. */
export class GroupScenario {
  readonly clock = new VirtualClock()
  readonly log = new MemoryCoordinatorLog()
  readonly groupId: string
  coordinator: GroupCoordinator
  #lastConnectionId = 0
  #seed = 0
  readonly #config: GroupConfig

  constructor(config: Partial<GroupConfig> = {}, groupId = 'orders') {
    this.#config = { ...instantGroupConfig, ...config }
    this.groupId = groupId
    this.coordinator = this.#makeCoordinator()
  }

  connect(): TestConnection {
    this.#lastConnectionId++
    return new TestConnection(this.#lastConnectionId)
  }

  /** The broker stops and another takes over with the same log. */
  async restart(): Promise<void> {
    this.coordinator.close()
    this.coordinator = this.#makeCoordinator()
    await this.settle()
  }

  /** Moves the clock and lets everything that follows happen. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.settle()
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }

  join(intent: Partial<JoinIntent> = {}, connection: MemberConnection = this.connect()): Pending<JoinReply> {
    const request = { ...this.joinIntent(), ...intent }
    return track(() => this.coordinator.join(request, connection))
  }

  joinIntent(): JoinIntent {
    return {
      groupId: this.groupId,
      memberId: '',
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription('payments') }],
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      reason: null,
      clientId: 'app',
      clientHost: '/127.0.0.1',
      requiresMemberId: false,
      canSkipAssignment: false,
    }
  }

  sync(
    member: JoinReply,
    assignments: Readonly<Record<string, string>> = {},
    fields: { groupInstanceId?: string; protocolName?: string; connection?: MemberConnection } = {},
  ): Pending<SyncReply> {
    const request = {
      groupId: this.groupId,
      generationId: member.generationId,
      memberId: member.memberId,
      groupInstanceId: fields.groupInstanceId ?? null,
      protocolType: null,
      protocolName: fields.protocolName ?? null,
      assignments: new Map(Object.entries(assignments).map(([id, text]) => [id, Buffer.from(text)])),
    }
    return track(() => this.coordinator.sync(request, fields.connection ?? this.connect()))
  }

  /** The error name that a heartbeat is answered with. */
  async heartbeat(
    member: Pick<JoinReply, 'memberId' | 'generationId'>,
    fields: { groupInstanceId?: string; connection?: MemberConnection } = {},
  ): Promise<string> {
    const { memberId, generationId } = member
    const groupInstanceId = fields.groupInstanceId ?? null
    const request = { groupId: this.groupId, generationId, memberId, groupInstanceId }
    return await outcome(async () =>
      errorName(await this.coordinator.heartbeat(request, fields.connection ?? this.connect())),
    )
  }

  /** The error names of each member's leaving. */
  async leave(...members: { memberId: string; groupInstanceId?: string }[]): Promise<string[]> {
    const leaving = members.map(({ memberId, groupInstanceId }) => ({
      memberId,
      groupInstanceId: groupInstanceId ?? null,
      reason: null,
    }))
    const results = await this.coordinator.leave(this.groupId, leaving)
    return results.map(({ errorCode }) => errorName(errorCode))
  }

  /** Joins members one by one and brings the group to a stable generation; the first is its leader. */
  async stableGroup(...intents: Partial<JoinIntent>[]): Promise<JoinReply[]> {
    const joins = intents.map((intent) => this.join(intent))
    await this.pass(this.#config.initialRebalanceDelayMs)
    await this.pass(this.#config.initialRebalanceDelayMs)
    const members = joins.map((join) => replyOf(join))
    const everybody = Object.fromEntries(members.map(({ memberId }, index) => [memberId, `part ${index}`]))
    for (const member of members) this.sync(member, member.leader === member.memberId ? everybody : {})
    await this.settle()
    return members
  }

  /** Commits an offset for one partition as nobody in particular, or as a member. */
  commit(fields: Partial<OffsetCommit> & { offset?: number; topic?: string; metadata?: string | null } = {}) {
    const { offset = 7, topic = 'payments', metadata = '', ...rest } = fields
    const partition = {
      partitionIndex: 0,
      committedOffset: offset,
      committedLeaderEpoch: 3,
      committedMetadata: metadata,
      commitTimestampMs: -1,
    }
    const request: OffsetCommit = {
      groupId: this.groupId,
      generationId: -1,
      memberId: '',
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: [{ name: topic, topicId: ZERO_UUID, partitions: [partition] }],
      tellsUnknownGroup: true,
      isTransactional: false,
      ...rest,
    }
    return outcome(async () => {
      const topics: readonly TopicResult[] = await this.coordinator.commit(request, this.connect())
      return errorName(topics[0]?.partitions[0]?.errorCode ?? 0)
    })
  }

  /** The committed offset of partition 0, -1 for none. */
  async committed(topic = 'payments', requireStable = false) {
    const asked = [{ name: topic, topicId: ZERO_UUID, partitionIndexes: [0] }]
    const topics = await this.coordinator.fetch(this.groupId, asked, requireStable)
    return topics[0]?.partitions[0]
  }

  async phase(): Promise<string> {
    return (await this.coordinator.describe(this.groupId))?.phase ?? 'Dead'
  }

  get shard() {
    const shard = this.coordinator.shard(this.coordinator.partitionOf(this.groupId))
    if (shard === undefined) throw new Error('the coordinator does not lead the group')
    return shard
  }

  #makeCoordinator(): GroupCoordinator {
    const { clock } = this
    this.#seed++
    const random = new SeededRandom(this.#seed)
    const coordinator = new GroupCoordinator({ clock, random, logger: silentLogger, config: this.#config })
    void coordinator.lead(coordinator.partitionOf(this.groupId), this.log)
    return coordinator
  }
}

/** A subscription as consumers send it, version 0. */
export function subscription(...topics: string[]): Buffer {
  const header = Buffer.alloc(6)
  header.writeInt32BE(topics.length, 2)
  const names = topics.flatMap((topic) => {
    const length = Buffer.alloc(2)
    length.writeInt16BE(Buffer.byteLength(topic))
    return [length, Buffer.from(topic)]
  })
  return Buffer.concat([header, ...names, Buffer.from([0xff, 0xff, 0xff, 0xff])])
}

/** The answer, which must be there by now. */
export function replyOf<T>(pending: Pending<T>): T {
  if (pending.reply === undefined) throw new Error(`no answer: ${pending.error ?? 'still waiting'}`)
  return pending.reply
}

/** Name of the error in an answer, or of the one that took its place; `waiting` before either. */
export function errorOf(pending: Pending<{ readonly errorCode: number }>): string {
  if (pending.error !== undefined) return pending.error
  return pending.reply === undefined ? 'waiting' : errorName(pending.reply.errorCode)
}

function track<T>(request: () => Promise<T>): Pending<T> {
  const pending: { reply: T | undefined; error: string | undefined } = { reply: undefined, error: undefined }
  const follow = async () => {
    pending.reply = await request()
  }
  follow().catch((error: unknown) => {
    pending.error = nameOf(error)
  })
  return pending
}

async function outcome(request: () => Promise<string>): Promise<string> {
  try {
    return await request()
  } catch (error) {
    return nameOf(error)
  }
}

function nameOf(error: unknown): string {
  return error instanceof KafkaError ? error.error : String(error)
}
