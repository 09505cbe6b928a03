import type { ClusterMetadata } from '../../../replication/cluster-metadata.ts'
import type { Partition } from '../../../replication/partition.ts'
import type { Partitions } from '../../../replication/partitions.ts'
import { CallbackWaiter } from '../../../replication/waiting.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { turns } from '../../../runtime/in-turn.ts'
import type { Logger } from '../../../runtime/log.ts'
import { KafkaError } from '../../../wire/errors.ts'
import { buildBatch, type NewRecord, recordSizeBytes } from '../../../wire/records/batch-builder.ts'
import { BATCH_HEADER_BYTES } from '../../../wire/records/batch-header.ts'
import type { ShareGroupConfig } from '../../configs/share-group-config.ts'
import { acceptFor } from '../../produce/accept-for.ts'
import {
  type DeadLetterOffice,
  type DeadLetterPost,
  deadLetter,
  lettersAfter,
  ROUND_BYTES,
} from './dead-letter.ts'
import type { DeadLetterTopics } from './dead-letter-topics.ts'
import { copyRecords, noCopies, type RecordCopies } from './record-copies.ts'

export interface DeadLetterWriterParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly metadata: ClusterMetadata
  readonly partitions: Partitions
  readonly topics: Pick<DeadLetterTopics, 'require'>
  readonly config: (groupId: string) => ShareGroupConfig
}

const FIRST_WITH_DEAD_LETTERS = 2
const MAX_ATTEMPTS = 5
const RETRY_BACKOFF_MS = 1000
/** The version that a client of today would produce with. */
const PRODUCE_VERSION = 13

/** Errors that may be over after a while. */
const passing: ReadonlySet<string> = new Set(['NOT_LEADER_OR_FOLLOWER', 'THROTTLING_QUOTA_EXCEEDED'])

interface Appended {
  /** Of the letters that the batch holds. */
  readonly lastOffset: number
  readonly committed: Promise<void>
}

/**
 * Writes dead letters to their topic, as a producer with acks=all would, in batches as large as the topic allows. It
 * gives up on what can't be helped by waiting, as Kafka does: a share group must not stand still because of its dead.
 * Source: apache/kafka `ShareGroupDLQStateManager.java`.
 */
export class DeadLetterWriter implements DeadLetterOffice {
  readonly #parts: DeadLetterWriterParts
  /** One batch is put together at a time, whatever is given up: copies take memory. */
  readonly #inTurn = turns()
  readonly #pauses = new Set<() => void>()
  #isClosed = false

  constructor(parts: DeadLetterWriterParts) {
    this.#parts = parts
  }

  takesFrom(groupId: string): boolean {
    const { metadata, config } = this.#parts
    return (
      metadata.image.featureLevel('share.version') >= FIRST_WITH_DEAD_LETTERS &&
      config(groupId).deadLetterTopic !== ''
    )
  }

  async post(post: DeadLetterPost): Promise<boolean> {
    let { letters } = post
    for (let attempt = 1; !this.#isClosed; attempt++) {
      try {
        const appended = await this.#inTurn(() => this.#append({ ...post, letters }))
        if (appended === undefined) return false
        await appended.committed
        letters = lettersAfter(letters, appended.lastOffset)
        if (letters.length === 0) return true
        attempt = 0
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        if (this.#isClosed) return false
        if (attempt === MAX_ATTEMPTS || !passing.has(error.error)) {
          this.#complain(post, error)
          return true
        }
        await this.#pause(RETRY_BACKOFF_MS * 2 ** attempt)
      }
    }
    return false
  }

  close(): void {
    this.#isClosed = true
    for (const end of [...this.#pauses]) end()
  }

  /** Appends as many letters as go into one batch; nothing when the broker stops meanwhile. */
  async #append(post: DeadLetterPost): Promise<Appended | undefined> {
    const { clock, config, partitions, topics } = this.#parts
    const { deadLetterTopic, copiesDeadLetters } = config(post.key.groupId)
    const topic = await topics.require(deadLetterTopic)
    const target = partitions.require(topic.name, post.partition.index % topic.partitions.length)
    const { maxMessageBytes } = target.config
    const copies = copiesDeadLetters
      ? await copyRecords(post.partition, post.letters, maxMessageBytes)
      : noCopies
    if (this.#isClosed) return undefined
    const nowMs = clock.nowMs()
    target.requireLeader(-1)
    target.requireEnoughReplicas()
    const { bytes, lastOffset } = batchOf(post, copies, maxMessageBytes, BigInt(nowMs))
    const appended = target.append(acceptFor(target, bytes, PRODUCE_VERSION, nowMs).bytes)
    return { lastOffset, committed: committed(target, appended.lastOffset + 1) }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel()
        this.#pauses.delete(end)
        resolve()
      }
      const timer = this.#parts.clock.setTimer(ms, end)
      this.#pauses.add(end)
    })
  }

  #complain({ key }: DeadLetterPost, { error, message }: KafkaError): void {
    const { logger, config } = this.#parts
    const topic = config(key.groupId).deadLetterTopic
    logger.error({ ...key, topic, error, reason: message }, 'dead letters could not be written, and are lost')
  }
}

/** As many letters as the topic takes in one batch, but one at least. */
function batchOf(post: DeadLetterPost, copies: RecordCopies, maxBytes: number, timestamp: bigint) {
  const records: NewRecord[] = []
  const enoughBytes = Math.min(maxBytes, ROUND_BYTES)
  let sizeBytes = BATCH_HEADER_BYTES
  let last = -1
  for (const letters of post.letters) {
    const end = Math.min(letters.lastOffset, copies.lastOffset)
    for (let offset = letters.firstOffset; offset <= end; offset++) {
      let record = deadLetter(post, letters, offset, copies.of(offset), timestamp)
      const endBytes = sizeBytes + recordSizeBytes(record, records.length, timestamp)
      if (records.length > 0 && endBytes > enoughBytes)
        return { bytes: buildBatch({ records }), lastOffset: last }
      // A copy that leaves no room for the headers can't be had; Kafka would lose the record and all behind it.
      if (endBytes > maxBytes) record = deadLetter(post, letters, offset, undefined, timestamp)
      sizeBytes += recordSizeBytes(record, records.length, timestamp)
      records.push(record)
      last = offset
    }
  }
  return { bytes: buildBatch({ records }), lastOffset: last }
}

/** Rejects with a KafkaError. */
function committed(partition: Partition, endOffset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const waiter = new CallbackWaiter((error) => (error === undefined ? resolve() : reject(error)))
    partition.whenCommitted(endOffset, waiter, 0)
  })
}
