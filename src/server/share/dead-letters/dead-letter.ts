/**
 * Dead letters: records of a share group that are given up, rejected or delivered too often, and go to a topic where
 * somebody may look at them (KIP-1191). Headers tell of each where it was; key and value come along where the group
 * wants a copy. Source: apache/kafka `ShareGroupDLQStateManager.java`.
 */
import type { SharePartitionKey } from '../../../coordinator/share-state/share-partition-key.ts'
import type { Partition } from '../../../replication/partition.ts'
import type { NewRecord } from '../../../wire/records/batch-builder.ts'
import type { RecordHeader } from '../../../wire/records/record-iteration.ts'

/** How much is taken into memory at a time: of the log, of copies, of dead letters; unless one record alone is larger. */
export const ROUND_BYTES = 1024 * 1024

/** Neighbouring offsets that are given up for the same reason. */
export interface DeadLetters {
  readonly firstOffset: number
  /** Inclusive. */
  readonly lastOffset: number
  readonly deliveryCount: number
  readonly cause: 'rejected' | 'delivery limit'
}

/** What one share partition gives up at a time. */
export interface DeadLetterPost {
  readonly key: SharePartitionKey
  /** Where the records are. */
  readonly partition: Partition
  /** In the order of their offsets. */
  readonly letters: readonly DeadLetters[]
}

export interface DeadLetterOffice {
  /** Whether what the group gives up has somewhere to go. */
  takesFrom(groupId: string): boolean
  /**
   * Resolves when the letters are committed in their topic, or can't get there: with true. With false, when the broker
   * stops before, and the next one to lead the share partition has to try again.
   */
  post(post: DeadLetterPost): Promise<boolean>
}

export interface CopiedRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** In Kafka's words: they stand in the records. */
const messages = {
  rejected: 'Offset rejected by client.',
  'delivery limit': 'Offset delivery count exceeded the threshold.',
} as const satisfies Record<DeadLetters['cause'], string>

/** The record that stands for an offset in the dead-letter topic. The original's own headers are not kept, as in Kafka. */
export function deadLetter(
  { key, partition }: DeadLetterPost,
  { deliveryCount, cause }: DeadLetters,
  offset: number,
  copied: CopiedRecord | undefined,
  timestamp: bigint,
): NewRecord {
  const headers = [
    header('topic', partition.topic),
    header('partition', String(partition.index)),
    header('offset', String(offset)),
    header('group', key.groupId),
    header('delivery.count', String(deliveryCount)),
    header('message', messages[cause]),
  ]
  return { timestamp, key: copied?.key ?? null, value: copied?.value ?? null, headers }
}

function header(name: string, value: string): RecordHeader {
  return { key: `__dlq.errors.${name}`, value: Buffer.from(value) }
}

/** What is left of letters behind an offset. */
export function lettersAfter(letters: readonly DeadLetters[], offset: number): DeadLetters[] {
  return letters
    .filter(({ lastOffset }) => lastOffset > offset)
    .map((each) => ({ ...each, firstOffset: Math.max(each.firstOffset, offset + 1) }))
}
