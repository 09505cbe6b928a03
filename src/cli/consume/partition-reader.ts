import type { Cluster } from 'kafkajs'
import { waitMs } from '../../runtime/node-wait.ts'
import { offsetRanges } from '../client/offsets.ts'
import { CliFailure, kafkaErrorName, propertyOf, reportFailure } from '../failure.ts'
import { type FetchAnswer, type FetchedPartition, visibleRecords } from './fetched.ts'
import type { RecordWriter } from './record-writer.ts'

/** One partition and where its reader is. */
export interface Cursor {
  readonly topic: string
  readonly partition: number
  /** The next offset to read. */
  next: number
  /** Where to stop: the partition's end when reading began. `undefined` reads on for ever. */
  readonly end: number | undefined
  /** How often in a row nothing came although there is more. */
  emptyAnswers: number
}

export interface ReadOptions {
  readonly readUncommitted: boolean
  /** Aborted when the user wants no more. */
  readonly stop: AbortSignal
  /** Takes a line for the user. */
  readonly note: (line: string) => void
}

const MAX_WAIT_MS = 500
const PARTITION_MAX_BYTES = 1024 * 1024
const FETCH_MAX_BYTES = 16 * 1024 * 1024
const RETRY_PAUSE_MS = 250
/** About half a minute of a cluster that can't be reached. */
const RETRIES = 100

/**
 * Reads partitions from their leaders without a group: each leader is polled on its own, so that an idle one doesn't
 * hold up the others. Whoever leads is asked again before each fetch; a failed one is repeated after a look around.
 */
export class PartitionReader {
  readonly #done: AbortSignal
  readonly #allRead = new AbortController()
  #failures = 0

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
    let answer: FetchAnswer
    try {
      answer = await this.#fetch(nodeId, cursors)
    } catch (error) {
      if (stopped.aborted) return
      await this.#recover(error, cursors)
      await waitMs(RETRY_PAUSE_MS, stopped)
      return
    }
    this.#failures = 0
    if (stopped.aborted) return
    for (const cursor of cursors) {
      const fetched = partitionIn(answer, cursor)
      if (fetched !== undefined) this.#take(cursor, fetched, answer.clientSideThrottleTime ?? 0)
    }
    if (!this.writer.flush()) await this.writer.output.drained()
    if (this.cursors.every(isRead)) this.#allRead.abort()
  }

  async #fetch(nodeId: string, cursors: readonly Cursor[]): Promise<FetchAnswer> {
    const broker = await this.cluster.findBroker({ nodeId })
    // The others may have filled the answer before it was this one's turn: whoever came away empty is asked for alone.
    const starved = cursors.find(({ emptyAnswers }) => emptyAnswers > 0)
    return broker.fetch({
      isolationLevel: this.options.readUncommitted ? 0 : 1,
      maxWaitTime: MAX_WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_MAX_BYTES,
      topics: fetchTopics(starved === undefined ? cursors : [starved]),
    })
  }

  #take(cursor: Cursor, fetched: FetchedPartition, throttledMs: number): void {
    const { topic, partition } = cursor
    for (const { offset, timestamp, key, value, headers } of visibleRecords(fetched)) {
      const at = Number(offset)
      if (at < cursor.next || (cursor.end !== undefined && at >= cursor.end)) continue
      if (!this.writer.write({ topic, partition, offset, timestamp, key, value, headers })) return
    }
    const last = fetched.messages.at(-1)
    const limit = Number(this.options.readUncommitted ? fetched.highWatermark : fetched.lastStableOffset)
    if (last !== undefined && Number(last.offset) >= cursor.next) {
      cursor.next = Number(last.offset) + 1
      cursor.emptyAnswers = 0
    } else if (cursor.next < limit && throttledMs === 0) stepOver(cursor)
  }

  async #recover(error: unknown, cursors: readonly Cursor[]): Promise<void> {
    this.#failures++
    if (kafkaErrorName(error) === 'OFFSET_OUT_OF_RANGE') return this.#backIntoRange(cursors)
    if (propertyOf(error, 'retriable') !== true && !isConnectionLoss(error)) throw error
    if (this.#failures > RETRIES) throw error
    if (this.#failures === 1) this.options.note(`trying again: ${reportFailure(error).line}`)
    await this.cluster.refreshMetadata().catch(() => undefined)
  }

  /** Retention may have passed us by: then reading goes on with the oldest that is left, and says so. */
  async #backIntoRange(cursors: readonly Cursor[]): Promise<void> {
    for (const cursor of cursors) {
      const { topic, partition, next } = cursor
      const range = (await offsetRanges(this.cluster, topic, [partition])).get(partition)
      if (range === undefined || (next >= range.earliest && next <= range.latest)) continue
      const to = next < range.earliest ? range.earliest : range.latest
      this.options.note(`${topic}-${partition} has no offset ${next}; going on at ${to}`)
      cursor.next = to
    }
    if (this.#failures > RETRIES) throw new CliFailure('environment', 'OFFSET_OUT_OF_RANGE, again and again')
  }
}

/** kafkajs shuffles what it asks for; people want partitions in order. */
function partitionIn(answer: FetchAnswer, { topic, partition }: Cursor): FetchedPartition | undefined {
  const ofTopic = answer.responses.find(({ topicName }) => topicName === topic)
  return ofTopic?.partitions.find((fetched) => fetched.partition === partition)
}

function isRead({ next, end }: Cursor): boolean {
  return end !== undefined && next >= end
}

/**
 * Compaction leaves batches without records, which keep a producer's last sequence number. kafkajs doesn't tell where
 * such a batch ends, and beyond it there may be records, so it is passed one offset at a time. The first empty answer
 * counts for nothing: other partitions may have taken the room.
 */
function stepOver(cursor: Cursor): void {
  cursor.emptyAnswers++
  if (cursor.emptyAnswers > 1) cursor.next++
}

function isConnectionLoss(error: unknown): boolean {
  return /^KafkaJS(?:Connection|Broker|Request|Lock|NumberOfRetries)/.test(String(propertyOf(error, 'name')))
}

function fetchTopics(cursors: readonly Cursor[]) {
  const names = [...new Set(cursors.map(({ topic }) => topic))]
  return names.map((name) => ({
    topic: name,
    partitions: cursors
      .filter(({ topic }) => topic === name)
      .map(({ partition, next }) => ({
        partition,
        fetchOffset: String(next),
        maxBytes: PARTITION_MAX_BYTES,
      })),
  }))
}
