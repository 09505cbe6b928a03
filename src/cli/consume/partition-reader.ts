import type { Cluster } from 'kafkajs'
import { waitMs } from '../../runtime/node-wait.ts'
import { fetch } from '../../wire/apis/fetch.ts'
import { errorName } from '../../wire/errors.ts'
import type { DecodedResponseOf } from '../../wire/schema/api.ts'
import { offsetRanges } from '../client/offsets.ts'
import { request } from '../client/request.ts'
import { CliFailure, messageOf, propertyOf } from '../failure.ts'
import { batchesOf } from './fetched.ts'
import type { RecordWriter } from './record-writer.ts'

/** One partition and where its reader is. */
export interface Cursor {
  readonly topic: string
  readonly partition: number
  /** The next offset to read. */
  next: number
  /** Where to stop: the partition's end when reading began. `undefined` reads on for ever. */
  readonly end: number | undefined
}

export interface ReadOptions {
  readonly readUncommitted: boolean
  /** Aborted when the user wants no more. */
  readonly stop: AbortSignal
  /** Takes a line for the user. */
  readonly note: (line: string) => void
}

type FetchedTopic = DecodedResponseOf<typeof fetch>['responses'][number]
type FetchedPartition = FetchedTopic['partitions'][number] & { readonly topic: string }

const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
const MAX_WAIT_MS = 500
const PARTITION_MAX_BYTES = 1024 * 1024
const FETCH_MAX_BYTES = 16 * 1024 * 1024
const RETRY_PAUSE_MS = 250
/** About half a minute of a cluster that can't be reached. */
const RETRIES = 100

/** What passes when metadata has been asked for again, or with a little patience. */
const passing = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
])

/**
 * Reads partitions from their leaders without a group: each leader is polled on its own, so that an idle one doesn't
 * hold up the others. Whoever leads is asked again before each fetch; a failed one is repeated after a look around.
 */
export class PartitionReader {
  readonly #done: AbortSignal
  readonly #allRead = new AbortController()
  #failures = 0
  #rounds = 0

  constructor(
    readonly cluster: Cluster,
    readonly cursors: readonly Cursor[],
    readonly writer: RecordWriter,
    readonly options: ReadOptions,
  ) {
    this.#done = AbortSignal.any([options.stop, writer.enough, this.#allRead.signal])
  }

  /** Resolves when it is over, by whichever reason. */
  async run(): Promise<void> {
    if (this.cursors.every(isRead)) return
    const failure = new AbortController()
    const loops = new Map<string, Promise<void>>()
    const stopped = AbortSignal.any([this.#done, failure.signal])
    let reason: unknown
    while (!stopped.aborted) {
      for (const nodeId of this.#leaders()) {
        if (loops.has(nodeId)) continue
        const loop = this.#follow(nodeId, stopped).catch((error: unknown) => {
          reason ??= error
          failure.abort()
        })
        loops.set(nodeId, loop)
      }
      await waitMs(RETRY_PAUSE_MS, stopped)
    }
    await Promise.all(loops.values())
    if (reason !== undefined) throw reason
  }

  #leaders(): Set<string> {
    return new Set(
      this.cursors.map((cursor) => this.#leaderOf(cursor)).filter((leader) => leader !== undefined),
    )
  }

  #leaderOf({ topic, partition }: Cursor): string | undefined {
    const found = this.cluster
      .findTopicPartitionMetadata(topic)
      .find(({ partitionId }) => partitionId === partition)
    return found === undefined || found.leader < 0 ? undefined : String(found.leader)
  }

  async #follow(nodeId: string, stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      const mine = this.cursors.filter((cursor) => !isRead(cursor) && this.#leaderOf(cursor) === nodeId)
      if (mine.length === 0) await waitMs(RETRY_PAUSE_MS, stopped)
      else await this.#fetchOnce(nodeId, mine, stopped)
    }
  }

  async #fetchOnce(nodeId: string, cursors: readonly Cursor[], stopped: AbortSignal): Promise<void> {
    let answers: readonly FetchedPartition[]
    try {
      answers = await this.#fetch(nodeId, cursors)
    } catch (error) {
      if (stopped.aborted) return
      await this.#recover(error)
      await waitMs(RETRY_PAUSE_MS, stopped)
      return
    }
    if (stopped.aborted) return
    let failed: string | undefined
    for (const cursor of cursors) {
      const fetched = answers.find(
        ({ topic, partitionIndex }) => topic === cursor.topic && partitionIndex === cursor.partition,
      )
      if (fetched?.errorCode === 0) await this.#take(cursor, fetched)
      else if (fetched !== undefined) failed = await this.#refused(cursor, errorName(fetched.errorCode))
    }
    if (!this.writer.flush()) await this.writer.output.drained()
    if (failed === undefined) this.#failures = 0
    else await waitMs(RETRY_PAUSE_MS, stopped)
    if (this.cursors.every(isRead)) this.#allRead.abort()
  }

  async #fetch(nodeId: string, cursors: readonly Cursor[]): Promise<FetchedPartition[]> {
    const broker = await this.cluster.findBroker({ nodeId })
    const answer = await request(broker, fetch, {
      maxWaitMs: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_MAX_BYTES,
      isolationLevel: this.options.readUncommitted ? READ_UNCOMMITTED : READ_COMMITTED,
      sessionId: 0,
      rackId: '',
      topics: fetchTopics(rotated(cursors, this.#rounds)),
      forgottenTopicsData: [],
    })
    if (answer.errorCode !== 0) throw new CliFailure('environment', errorName(answer.errorCode))
    // Whoever is served first may fill the answer; the next round starts with the others.
    this.#rounds++
    return answer.responses.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, ...partition })),
    )
  }

  async #take(cursor: Cursor, { records, abortedTransactions }: FetchedPartition): Promise<void> {
    if (records === null || records.length === 0) return
    const { topic, partition } = cursor
    for (const batch of batchesOf(records, abortedTransactions ?? [])) {
      for (const record of batch.records) {
        if (record.offset < cursor.next || (cursor.end !== undefined && record.offset >= cursor.end)) continue
        if (!this.writer.write({ topic, partition, ...record })) return
      }
      cursor.next = Math.max(cursor.next, batch.nextOffset)
    }
  }

  async #refused(cursor: Cursor, error: string): Promise<string> {
    if (error === 'OFFSET_OUT_OF_RANGE') await this.#backIntoRange(cursor)
    else if (!passing.has(error))
      throw new CliFailure('environment', `${cursor.topic}-${cursor.partition}: ${error}`)
    else await this.#lookAround(`${cursor.topic}-${cursor.partition}: ${error}`)
    return error
  }

  async #recover(error: unknown): Promise<void> {
    if (propertyOf(error, 'retriable') !== true && !isConnectionLoss(error)) throw error
    await this.#lookAround(messageOf(error))
  }

  async #lookAround(reason: string): Promise<void> {
    this.#failures++
    if (this.#failures > RETRIES) throw new CliFailure('environment', reason)
    if (this.#failures === 1) this.options.note(`trying again: ${reason}`)
    await this.cluster.refreshMetadata().catch(() => undefined)
  }

  /** Retention may have passed us by: then reading goes on with the oldest that is left, and says so. */
  async #backIntoRange(cursor: Cursor): Promise<void> {
    const { topic, partition, next } = cursor
    const range = (await offsetRanges(this.cluster, topic, [partition])).get(partition)
    if (range === undefined || (next >= range.earliest && next <= range.latest)) return
    const to = next < range.earliest ? range.earliest : range.latest
    this.options.note(`${topic}-${partition} has no offset ${next}; going on at ${to}`)
    cursor.next = to
  }
}

function isRead({ next, end }: Cursor): boolean {
  return end !== undefined && next >= end
}

function isConnectionLoss(error: unknown): boolean {
  return /^KafkaJS(?:Connection|Broker|Request|Lock|NumberOfRetries)/.test(String(propertyOf(error, 'name')))
}

function rotated(cursors: readonly Cursor[], by: number): Cursor[] {
  const at = by % cursors.length
  return [...cursors.slice(at), ...cursors.slice(0, at)]
}

function fetchTopics(cursors: readonly Cursor[]) {
  const names = [...new Set(cursors.map(({ topic }) => topic))]
  return names.map((name) => ({
    topic: name,
    partitions: cursors
      .filter(({ topic }) => topic === name)
      .map(({ partition, next }) => ({
        partition,
        fetchOffset: next,
        partitionMaxBytes: PARTITION_MAX_BYTES,
      })),
  }))
}
