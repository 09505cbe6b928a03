/**
 * Kafka's checkpoint files: text, a version (0), the number of entries, then one entry a line. Offsets of partitions
 * (`recovery-point-offset-checkpoint` and its like) have lines `topic partition offset`, leader epochs
 * `epoch startOffset`.
 *
 * Sources: apache/kafka `CheckpointFile.java`, `OffsetCheckpointFile.java`, `LeaderEpochCheckpointFile.java`.
 */
import type { EpochEntry } from './leader-epochs.ts'

export const RECOVERY_POINT_FILE = 'recovery-point-offset-checkpoint'
export const LOG_START_OFFSET_FILE = 'log-start-offset-checkpoint'
export const CLEANER_OFFSET_FILE = 'cleaner-offset-checkpoint'
export const REPLICATION_OFFSET_FILE = 'replication-offset-checkpoint'

const VERSION = '0'

export interface PartitionOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export function encodeOffsetCheckpoint(entries: readonly PartitionOffset[]): string {
  return encode(entries.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`))
}

/** The offsets by folder name (`topic-partition`); `undefined` if the file is not whole. */
export function decodeOffsetCheckpoint(text: string): Map<string, number> | undefined {
  const offsets = new Map<string, number>()
  for (const line of decode(text) ?? [undefined]) {
    const [topic, partition, offset] = line?.split(/\s+/) ?? []
    if (topic === undefined || !isCount(partition) || !isCount(offset)) return undefined
    offsets.set(`${topic}-${Number(partition)}`, Number(offset))
  }
  return offsets
}

export function encodeEpochCheckpoint(entries: readonly EpochEntry[]): string {
  return encode(entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`))
}

/** The epochs, which rise as their offsets do; `undefined` if the file is not whole. */
export function decodeEpochCheckpoint(text: string): EpochEntry[] | undefined {
  const entries: EpochEntry[] = []
  for (const line of decode(text) ?? [undefined]) {
    const [epoch, startOffset] = line?.split(/\s+/) ?? []
    if (!isCount(epoch) || !isCount(startOffset)) return undefined
    const entry = { epoch: Number(epoch), startOffset: Number(startOffset) }
    const last = entries[entries.length - 1]
    if (last !== undefined && (last.epoch >= entry.epoch || last.startOffset >= entry.startOffset))
      return undefined
    entries.push(entry)
  }
  return entries
}

function encode(lines: readonly string[]): string {
  return `${[VERSION, lines.length, ...lines].join('\n')}\n`
}

function decode(text: string): string[] | undefined {
  const [version, count, ...lines] = text.split(/\r?\n/)
  if (lines[lines.length - 1] === '') lines.pop()
  return version === VERSION && count === String(lines.length) ? lines : undefined
}

function isCount(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,16}$/.test(text)
}
