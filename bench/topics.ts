import { setTimeout as delay } from 'node:timers/promises'
import { createTopics } from '../src/wire/apis/create-topics.ts'
import { listOffsets } from '../src/wire/apis/list-offsets.ts'
import { metadata } from '../src/wire/apis/metadata.ts'
import type { DecodedResponseOf } from '../src/wire/schema/api.ts'
import { ask } from './ask.ts'

type Metadata = DecodedResponseOf<typeof metadata>

const METADATA_VERSION = 9
const CREATE_VERSION = 5
const LIST_OFFSETS_VERSION = 5
const LATEST = -1n
const TIMEOUT_MS = 120_000

/** Metadata of the topics named, or of all. */
export async function describeTopics(port: number, names?: readonly string[]): Promise<Metadata> {
  const topics = names === undefined ? null : names.map((name) => ({ name }))
  return await ask(port, metadata, METADATA_VERSION, { topics, allowAutoTopicCreation: false })
}

/** Sends one CreateTopics request; rejects unless every topic was created. */
export async function createAll(
  port: number,
  names: readonly string[],
  partitionCount: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  const topics = names.map((name) => ({
    name,
    numPartitions: partitionCount,
    replicationFactor: 1,
    assignments: [],
    configs: Object.entries(configs).map(([configName, value]) => ({ name: configName, value })),
  }))
  const answer = await ask(port, createTopics, CREATE_VERSION, {
    topics,
    timeoutMs: TIMEOUT_MS,
    validateOnly: false,
  })
  const refused = answer.topics.find(({ errorCode }) => errorCode !== 0)
  if (refused === undefined) return
  throw new Error(`${refused.name} was not created: error ${refused.errorCode} ${refused.errorMessage ?? ''}`)
}

/** A topic that is ready for reading and writing. */
export async function newTopic(port: number, name: string, partitionCount: number): Promise<string> {
  await createAll(port, [name], partitionCount)
  await untilLed(port, [name], partitionCount)
  return name
}

/** Asks for Metadata until every partition of every topic has a leader. */
export async function untilLed(
  port: number,
  names: readonly string[],
  partitionCount: number,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!areLed(await describeTopics(port, names), names.length, partitionCount)) {
    if (Date.now() > deadline) throw new Error(`${names.length} topics have no leaders after ${timeoutMs} ms`)
    await delay(5)
  }
}

export function areLed({ topics }: Metadata, topicCount: number, partitionCount: number): boolean {
  return (
    topics.length >= topicCount &&
    topics.every(
      ({ errorCode, partitions }) =>
        errorCode === 0 &&
        partitions.length >= partitionCount &&
        partitions.every((partition) => partition.errorCode === 0 && partition.leaderId >= 0),
    )
  )
}

/** The offset after the last record of a partition. */
export async function endOffset(port: number, topic: string, partition: number): Promise<number> {
  const answer = await ask(port, listOffsets, LIST_OFFSETS_VERSION, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: LATEST }] }],
    timeoutMs: TIMEOUT_MS,
  })
  const found = answer.topics[0]?.partitions[0]
  if (found === undefined || found.errorCode !== 0) throw new Error(`${topic}-${partition} has no end offset`)
  return found.offset
}
