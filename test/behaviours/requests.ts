/** Requests as short as their tests want them, and what is looked at in their answers. */
import { expect } from 'vitest'
import { createTopics } from '../../src/wire/apis/create-topics.ts'
import { deleteRecords } from '../../src/wire/apis/delete-records.ts'
import { fetch } from '../../src/wire/apis/fetch.ts'
import { listOffsets } from '../../src/wire/apis/list-offsets.ts'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { produce } from '../../src/wire/apis/produce.ts'
import { errorName } from '../../src/wire/errors.ts'
import { buildBatch, type NewBatch } from '../../src/wire/records/batch-builder.ts'
import { readBatchSizeBytes } from '../../src/wire/records/batch-header.ts'
import { recordsOf } from '../../src/wire/records/record-iteration.ts'
import type { DecodedResponseOf, EncodableRequestOf } from '../../src/wire/schema/api.ts'
import { ZERO_UUID } from '../../src/wire/schema/field.ts'
import { type TestBroker, uniqueName } from './broker.ts'

export { ZERO_UUID }

export interface Topic {
  readonly name: string
  readonly id: string
}

export const NO_TOPIC: Topic = { name: 'no-such-topic', id: 'AAAAAAAAAAAAAAAAAAAAAQ' }

/** A fresh topic that can be written to and read from. */
export async function newTopic(
  broker: TestBroker,
  { partitions = 1, configs = {} }: { partitions?: number; configs?: Record<string, string> } = {},
): Promise<Topic> {
  const name = uniqueName('t')
  const request = { topics: [topicSpec(name, { numPartitions: partitions, configs })], validateOnly: false }
  const made = (await broker.ask(createTopics, 7, request)).topics[0]
  expect(errorName(made?.errorCode ?? -1)).toBe('NONE')
  await ready(broker, name, partitions)
  return { name, id: made?.topicId ?? '' }
}

export function topicSpec(
  name: string,
  options: {
    numPartitions?: number
    replicationFactor?: number
    assignments?: { partitionIndex: number; brokerIds: number[] }[]
    configs?: Record<string, string | null>
  } = {},
) {
  const { numPartitions = 1, replicationFactor = 1, assignments = [], configs = {} } = options
  const entries = Object.entries(configs).map(([config, value]) => ({ name: config, value }))
  return { name, numPartitions, replicationFactor, assignments, configs: entries }
}

/** Waits until every partition of a topic has its leader and its leader serves it. */
export async function ready(broker: TestBroker, name: string, partitions: number): Promise<void> {
  await broker.eventually(async () => {
    const asked = await broker.ask(metadata, 4, {
      topics: [{ topicId: ZERO_UUID, name }],
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    })
    const found = asked.topics[0]?.partitions ?? []
    expect(found.map(({ errorCode }) => errorCode)).toEqual(Array(partitions).fill(0))
    for (const { partitionIndex } of found)
      expect((await offsetAt(broker, { name, id: '' }, -1n, { partition: partitionIndex })).error).toBe(
        'NONE',
      )
  })
}

export type PartitionProduced = DecodedResponseOf<
  typeof produce
>['responses'][number]['partitionResponses'][number]

export function produceRequest(
  topic: Topic,
  records: Buffer | null,
  options: { partition?: number; acks?: number; timeoutMs?: number; transactionalId?: string | null } = {},
): EncodableRequestOf<typeof produce> {
  const { partition = 0, acks = -1, timeoutMs = 5000, transactionalId = null } = options
  return {
    transactionalId,
    acks,
    timeoutMs,
    topicData: [{ name: topic.name, topicId: topic.id, partitionData: [{ index: partition, records }] }],
  }
}

/** The outcome for the one partition of a produce request. */
export async function produced(
  broker: TestBroker,
  topic: Topic,
  records: Buffer | null,
  options: { version?: number; partition?: number; acks?: number; transactionalId?: string | null } = {},
): Promise<PartitionProduced & { error: string }> {
  const { version = 9 } = options
  const answer = await broker.ask(produce, version, produceRequest(topic, records, options))
  const partition = answer.responses[0]?.partitionResponses[0]
  if (partition === undefined) throw new Error('Produce was answered without the partition')
  return { ...partition, error: errorName(partition.errorCode) }
}

/** A batch of records with these values, made now as far as the broker's clock goes. */
export function batch(broker: TestBroker, values: readonly string[], more: Partial<NewBatch> = {}): Buffer {
  const timestamp = BigInt(broker.nowMs())
  return buildBatch({ records: values.map((value) => ({ timestamp, value: Buffer.from(value) })), ...more })
}

/** One batch for each value, one after the other. */
export async function fill(
  broker: TestBroker,
  topic: Topic,
  values: readonly string[],
  partition = 0,
): Promise<void> {
  for (const value of values) {
    const answer = await produced(broker, topic, batch(broker, [value]), { partition })
    expect(answer.error).toBe('NONE')
  }
}

export interface FetchOptions {
  readonly partition?: number
  readonly offset?: number
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly partitionMaxBytes?: number
  readonly isolationLevel?: number
  readonly sessionId?: number
  readonly sessionEpoch?: number
  readonly currentLeaderEpoch?: number
  readonly lastFetchedEpoch?: number
}

export function fetchPartition(options: FetchOptions = {}) {
  const { partition = 0, offset = 0, partitionMaxBytes = 1_048_576 } = options
  const { currentLeaderEpoch = -1, lastFetchedEpoch = -1 } = options
  return {
    partition,
    currentLeaderEpoch,
    fetchOffset: offset,
    lastFetchedEpoch,
    logStartOffset: -1,
    partitionMaxBytes,
    replicaDirectoryId: ZERO_UUID,
  }
}

/** A consumer's fetch of partitions of some topics. */
export function fetchRequest(
  topics: readonly { topic: Topic; partitions: ReturnType<typeof fetchPartition>[] }[],
  options: FetchOptions = {},
  forgotten: readonly { topic: Topic; partitions: number[] }[] = [],
): EncodableRequestOf<typeof fetch> {
  const { maxWaitMs = 0, minBytes = 0, maxBytes = 52_428_800 } = options
  const { isolationLevel = 0, sessionId = 0, sessionEpoch = -1 } = options
  return {
    maxWaitMs,
    minBytes,
    maxBytes,
    isolationLevel,
    sessionId,
    sessionEpoch,
    replicaState: {},
    topics: topics.map(({ topic, partitions }) => ({ topic: topic.name, topicId: topic.id, partitions })),
    forgottenTopicsData: forgotten.map(({ topic, partitions }) => ({
      topic: topic.name,
      topicId: topic.id,
      partitions,
    })),
    rackId: '',
  }
}

export type PartitionFetched = DecodedResponseOf<typeof fetch>['responses'][number]['partitions'][number]

/** What a fetch of one partition gave, the values of its records among it. */
export async function fetched(
  broker: TestBroker,
  topic: Topic,
  options: FetchOptions & { version?: number } = {},
): Promise<PartitionFetched & { error: string; values: string[]; offsets: number[] }> {
  const request = fetchRequest([{ topic, partitions: [fetchPartition(options)] }], options)
  const answer = await broker.ask(fetch, options.version ?? 12, request)
  expect(errorName(answer.errorCode)).toBe('NONE')
  const partition = answer.responses[0]?.partitions[0]
  if (partition === undefined) throw new Error('Fetch was answered without the partition')
  return withRecords(partition)
}

export function withRecords(
  partition: PartitionFetched,
): PartitionFetched & { error: string; values: string[]; offsets: number[] } {
  const found = recordsIn(partition.records)
  return {
    ...partition,
    error: errorName(partition.errorCode),
    values: found.map(({ value }) => value?.toString() ?? 'null'),
    offsets: found.map(({ offset }) => offset),
  }
}

/** The records of the whole batches in a record set. */
export function recordsIn(bytes: Buffer | null) {
  const found = []
  for (let at = 0; bytes !== null && at + 12 < bytes.length; at += readBatchSizeBytes(bytes, at)) {
    if (at + readBatchSizeBytes(bytes, at) > bytes.length) break
    found.push(...recordsOf(bytes, at))
  }
  return found
}

export interface OffsetOptions {
  readonly version?: number
  readonly partition?: number
  readonly isolationLevel?: number
  readonly currentLeaderEpoch?: number
  readonly replicaId?: number
  readonly maxNumOffsets?: number
}

/** What ListOffsets says of one partition. */
export async function offsetAt(
  broker: TestBroker,
  topic: Topic,
  timestamp: bigint,
  options: OffsetOptions = {},
) {
  const { version = 7, partition = 0, isolationLevel = 0, currentLeaderEpoch = -1 } = options
  const { replicaId = -1, maxNumOffsets = 1 } = options
  const answer = await broker.ask(listOffsets, version, {
    replicaId,
    isolationLevel,
    timeoutMs: 5000,
    topics: [
      {
        name: topic.name,
        partitions: [{ partitionIndex: partition, currentLeaderEpoch, timestamp, maxNumOffsets }],
      },
    ],
  })
  const found = answer.topics[0]?.partitions[0]
  if (found === undefined) throw new Error('ListOffsets was answered without the partition')
  return { ...found, error: errorName(found.errorCode) }
}

/** Moves the start of a partition's log. */
export async function deletedBefore(
  broker: TestBroker,
  topic: Topic,
  offset: number,
  { version = 2, partition = 0 } = {},
) {
  const answer = await broker.ask(deleteRecords, version, {
    topics: [{ name: topic.name, partitions: [{ partitionIndex: partition, offset }] }],
    timeoutMs: 5000,
  })
  const found = answer.topics[0]?.partitions[0]
  if (found === undefined) throw new Error('DeleteRecords was answered without the partition')
  return { ...found, error: errorName(found.errorCode) }
}
