/** A member of a share group over raw frames. */
import { expect } from 'vitest'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.ts'
import { shareAcknowledge } from '../../src/wire/apis/share-acknowledge.ts'
import { shareFetch } from '../../src/wire/apis/share-fetch.ts'
import { shareGroupHeartbeat } from '../../src/wire/apis/share-group-heartbeat.ts'
import { errorName } from '../../src/wire/errors.ts'
import { readBatchSizeBytes } from '../../src/wire/records/batch-header.ts'
import { recordsOf } from '../../src/wire/records/record-iteration.ts'
import type { DecodedResponseOf } from '../../src/wire/schema/api.ts'
import type { RawClient } from '../raw-client.ts'
import { type TestBroker, uniqueName } from './broker.ts'
import type { Topic } from './requests.ts'

const GROUP = 32
const SET = 0
const DELETE = 1

let members = 0

/** Sets configs of a group; null takes one back. */
export async function groupConfigs(
  broker: TestBroker,
  groupId: string,
  configs: Readonly<Record<string, string | null>>,
): Promise<void> {
  const changes = Object.entries(configs).map(([name, value]) => ({
    name,
    configOperation: value === null ? DELETE : SET,
    value,
  }))
  const answer = await broker.ask(incrementalAlterConfigs, 1, {
    resources: [{ resourceType: GROUP, resourceName: groupId, configs: changes }],
    validateOnly: false,
  })
  expect(answer.responses.map(({ errorCode }) => errorName(errorCode))).toEqual(['NONE'])
}

/** A group that begins at the start of its topics. */
export async function newShareGroup(
  broker: TestBroker,
  configs: Readonly<Record<string, string>> = {},
): Promise<string> {
  const groupId = uniqueName('share')
  await groupConfigs(broker, groupId, { 'share.auto.offset.reset': 'earliest', ...configs })
  return groupId
}

/** An acknowledgement: first offset, last offset, types. */
export type Ack = readonly [number, number, ...number[]]

export const [GAP, ACCEPT, RELEASE, REJECT, RENEW] = [0, 1, 2, 3, 4] as const

export interface ShareFetchOptions {
  readonly partitions?: readonly number[]
  readonly acks?: readonly Ack[]
  readonly ackPartition?: number
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly maxRecords?: number
  readonly batchSize?: number
  readonly mode?: number
  readonly renew?: boolean
  readonly forget?: readonly number[]
  readonly epoch?: number
}

export class ShareMember {
  readonly memberId: string
  epoch = 0
  memberEpoch = 0
  assigned: readonly number[] = []

  constructor(
    readonly client: RawClient,
    readonly groupId: string,
    readonly topic: Topic,
    readonly version = 2,
    memberId?: string,
  ) {
    members++
    this.memberId =
      memberId ?? Buffer.from(`member-${String(members).padStart(9, '0')}`).toString('base64url')
  }

  static async connect(
    broker: TestBroker,
    groupId: string,
    topic: Topic,
    options: { version?: number; memberId?: string } = {},
  ): Promise<ShareMember> {
    return new ShareMember(await broker.connect(), groupId, topic, options.version, options.memberId)
  }

  /** A member of the group that reads the topic, and was sent to its partitions. */
  static async join(broker: TestBroker, groupId: string, topic: Topic, version = 2): Promise<ShareMember> {
    const member = await ShareMember.connect(broker, groupId, topic, { version })
    await broker.eventually(async () => expect((await member.heartbeat()).assigned.length).toBeGreaterThan(0))
    return member
  }

  async heartbeat(
    more: {
      epoch?: number
      topics?: readonly string[] | null
      rackId?: string | null
      memberId?: string
      groupId?: string
    } = {},
  ): Promise<ShareHeartbeat> {
    const { epoch = this.memberEpoch, rackId = null } = more
    const names = more.topics === undefined ? (epoch === 0 ? [this.topic.name] : null) : more.topics
    const answer = await this.client.request(shareGroupHeartbeat, 1, {
      groupId: more.groupId ?? this.groupId,
      memberId: more.memberId ?? this.memberId,
      memberEpoch: epoch,
      rackId,
      subscribedTopicNames: names === null ? null : [...names],
    })
    if (answer.errorCode === 0) this.memberEpoch = answer.memberEpoch
    for (const { topicId, partitions } of answer.assignment?.topicPartitions ?? [])
      if (topicId === this.topic.id) this.assigned = [...partitions]
    return {
      error: errorName(answer.errorCode),
      message: answer.errorMessage,
      epoch: answer.memberEpoch,
      intervalMs: answer.heartbeatIntervalMs,
      assignment: answer.assignment === null ? null : this.assigned,
      assigned: this.assigned,
    }
  }

  async fetch(options: ShareFetchOptions = {}): Promise<ShareFetched> {
    const { acks = [], ackPartition = 0, forget = [], epoch = this.epoch, renew = false } = options
    const { maxWaitMs = 0, minBytes = 1, maxBytes = 1_048_576, maxRecords = 500, batchSize = 500 } = options
    const partitions = new Set(options.partitions ?? (epoch === 0 ? [0] : []))
    if (acks.length > 0) partitions.add(ackPartition)
    const asked = [...partitions].map((partitionIndex) => ({
      partitionIndex,
      acknowledgementBatches: partitionIndex === ackPartition ? acks.map(ackBatch) : [],
    }))
    const answer = await this.client.request(shareFetch, this.version, {
      groupId: this.groupId,
      memberId: this.memberId,
      shareSessionEpoch: epoch,
      maxWaitMs,
      minBytes,
      maxBytes,
      maxRecords,
      batchSize,
      ...(this.version >= 2 ? { shareAcquireMode: options.mode ?? 0, isRenewAck: renew } : {}),
      topics: asked.length === 0 ? [] : [{ topicId: this.topic.id, partitions: asked }],
      forgottenTopicsData: forget.length === 0 ? [] : [{ topicId: this.topic.id, partitions: [...forget] }],
    })
    if (answer.errorCode === 0) this.epoch = epoch === -1 ? 0 : epoch + 1
    return fetched(answer)
  }

  async acknowledge(
    acks: readonly Ack[],
    options: { epoch?: number; renew?: boolean; partition?: number } = {},
  ): Promise<string> {
    const { epoch = this.epoch, renew = false, partition = 0 } = options
    const answer = await this.client.request(shareAcknowledge, this.version, {
      groupId: this.groupId,
      memberId: this.memberId,
      shareSessionEpoch: epoch,
      ...(this.version >= 2 ? { isRenewAck: renew } : {}),
      topics:
        acks.length === 0
          ? []
          : [
              {
                topicId: this.topic.id,
                partitions: [{ partitionIndex: partition, acknowledgementBatches: acks.map(ackBatch) }],
              },
            ],
    })
    if (answer.errorCode !== 0) return errorName(answer.errorCode)
    this.epoch = epoch === -1 ? 0 : epoch + 1
    return answer.responses
      .flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorName(errorCode)))
      .join(' ')
  }

  /** Fetches until something was acquired: a cluster may still be making what it needs. */
  async fetchSome(broker: TestBroker, options: ShareFetchOptions = {}): Promise<ShareFetched> {
    let got = await this.fetch({ maxWaitMs: 0, ...options })
    for (let attempt = 0; attempt < 100 && got.acquired.length === 0; attempt++) {
      await broker.settle()
      got = await this.fetch({ maxWaitMs: 0, ...options, acks: [] })
    }
    return got
  }
}

export interface ShareHeartbeat {
  readonly error: string
  readonly message: string | null
  readonly epoch: number
  readonly intervalMs: number
  /** Partitions of the member's topic; null when the answer has none. */
  readonly assignment: readonly number[] | null
  /** What was told last. */
  readonly assigned: readonly number[]
}

export interface ShareFetched {
  readonly error: string
  readonly lockMs: number
  /** `partition error` or `partition error/acknowledge error`, for each partition that was told of. */
  readonly told: readonly string[]
  /** `first-last:deliveries`, with the partition in front when it is not the first. */
  readonly acquired: readonly string[]
  /** Values of the records that were sent along, in order, control records as their kind. */
  readonly values: readonly string[]
}

function fetched(answer: DecodedResponseOf<typeof shareFetch>): ShareFetched {
  const partitions = answer.responses.flatMap((topic) => topic.partitions)
  return {
    error: errorName(answer.errorCode),
    lockMs: answer.acquisitionLockTimeoutMs,
    told: partitions.map(({ partitionIndex, errorCode, acknowledgeErrorCode }) => {
      const acknowledged = acknowledgeErrorCode === 0 ? '' : `/${errorName(acknowledgeErrorCode)}`
      return `${partitionIndex} ${errorName(errorCode)}${acknowledged}`
    }),
    acquired: partitions.flatMap(({ partitionIndex, acquiredRecords }) =>
      acquiredRecords.map(({ firstOffset, lastOffset, deliveryCount }) => {
        const where = partitionIndex === 0 ? '' : `${partitionIndex}/`
        return `${where}${firstOffset}-${lastOffset}:${deliveryCount}`
      }),
    ),
    values: partitions.flatMap(({ records }) => valuesOf(records)),
  }
}

function valuesOf(bytes: Buffer | null): string[] {
  if (bytes === null) return []
  const values: string[] = []
  for (let at = 0; at < bytes.length; at += readBatchSizeBytes(bytes, at))
    for (const { value } of recordsOf(bytes, at)) values.push(value?.toString() ?? 'null')
  return values
}

function ackBatch([firstOffset, lastOffset, ...acknowledgeTypes]: Ack) {
  return { firstOffset, lastOffset, acknowledgeTypes }
}
