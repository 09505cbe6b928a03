/** What lies in a log's folder, by the names of its files, and the small files among them. */
import type { Disk } from '../runtime/disk.ts'
import { decodeEpochCheckpoint } from './checkpoint-file.ts'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  LEADER_EPOCH_FILE,
  LOG_SUFFIX,
  PARTITION_METADATA_FILE,
  parseOffsetFileName,
  SNAPSHOT_SUFFIX,
} from './file-names.ts'
import type { EpochEntry } from './leader-epochs.ts'

export const ZERO_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

export interface LogFolder {
  /** Base offsets of the segments, in order. */
  readonly baseOffsets: readonly number[]
  /** Offsets of the producer snapshots, in order. */
  readonly snapshotOffsets: readonly number[]
  /** Files that something unfinished or deleted has left. */
  readonly leftovers: readonly string[]
}

export function surveyFolder(disk: Disk, folder: string): LogFolder {
  const baseOffsets: number[] = []
  const snapshotOffsets: number[] = []
  const leftovers: string[] = []
  for (const { name } of disk.list(folder)) {
    const parsed = parseOffsetFileName(name)
    if (name.endsWith(DELETED_SUFFIX) || name.endsWith(CLEANED_SUFFIX)) leftovers.push(`${folder}/${name}`)
    else if (parsed?.suffix === LOG_SUFFIX) baseOffsets.push(parsed.offset)
    else if (parsed?.suffix === SNAPSHOT_SUFFIX) snapshotOffsets.push(parsed.offset)
  }
  return { baseOffsets, snapshotOffsets, leftovers }
}

/** `partition.metadata`: which topic, of all that ever had this name, the folder is of. */
export function encodePartitionMetadata(topicId: string): string {
  return `version: 0\ntopic_id: ${topicId}\n`
}

/** The zero id where the file is missing or not whole. */
export function readTopicId(disk: Disk, folder: string): string {
  const text = disk.readWhole(`${folder}/${PARTITION_METADATA_FILE}`)?.toString('latin1') ?? ''
  return /^version: 0\r?\ntopic_id: ([A-Za-z0-9_-]{22})\s*$/.exec(text)?.[1] ?? ZERO_TOPIC_ID
}

/** `undefined` where the file is damaged: then the epochs are in the batches only. */
export function readEpochs(disk: Disk, folder: string): EpochEntry[] | undefined {
  const text = disk.readWhole(`${folder}/${LEADER_EPOCH_FILE}`)?.toString('latin1')
  return text === undefined ? [] : decodeEpochCheckpoint(text)
}
