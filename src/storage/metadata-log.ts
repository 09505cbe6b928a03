/**
 * Kafka's own metadata log, read from a folder that Kafka wrote: snapshots (`<offset>-<epoch>.checkpoint`) and segments, all
 * of them batches. It is only ever looked into, while topics are taken over.
 *
 * Source: apache/kafka `Snapshots.java`, `KafkaRaftLog.java`.
 */
import type { Disk } from '../runtime/disk.ts'
import { isUndamaged } from '../wire/records/batch-crc.ts'
import {
  BATCH_HEADER_BYTES,
  isControl,
  readAttributes,
  readLastOffset,
} from '../wire/records/batch-header.ts'
import { recordsOf } from '../wire/records/record-iteration.ts'
import { plausibleSize } from './batch-walk.ts'
import { folderName, LOG_SUFFIX, METADATA_TOPIC, parseOffsetFileName } from './file-names.ts'

const FOLDER = folderName(METADATA_TOPIC, 0)

/**
 * The values of all records: those of the latest snapshot and those behind it, as far as they are whole. A torn end is what
 * Kafka would cut off.
 */
export function* metadataLogValues(disk: Disk): Generator<Buffer, void> {
  const names = disk.list(FOLDER).map(({ name }) => name)
  const snapshot = names.filter((name) => snapshotOffset(name) !== undefined).at(-1)
  const from = snapshot === undefined ? 0 : (snapshotOffset(snapshot) ?? 0)
  if (snapshot !== undefined) yield* valuesIn(disk, snapshot, 0)
  for (const name of names)
    if (parseOffsetFileName(name)?.suffix === LOG_SUFFIX) yield* valuesIn(disk, name, from)
}

/** The offset that a snapshot ends before; `undefined` for other files. */
function snapshotOffset(name: string): number | undefined {
  const [offset] = /^\d{20}(?=-\d{10}\.checkpoint$)/.exec(name) ?? []
  return offset === undefined ? undefined : Number(offset)
}

function* valuesIn(disk: Disk, name: string, from: number): Generator<Buffer, void> {
  const bytes = disk.readWhole(`${FOLDER}/${name}`) ?? Buffer.alloc(0)
  for (let at = 0; at < bytes.length; ) {
    const room = bytes.length - at
    const sizeBytes = room < BATCH_HEADER_BYTES ? undefined : plausibleSize(bytes, at, room)
    if (sizeBytes === undefined || !isUndamaged(bytes, at)) return
    if (readLastOffset(bytes, at) >= from && !isControl(readAttributes(bytes, at)))
      for (const { offset, value } of recordsOf(bytes, at)) if (offset >= from && value !== null) yield value
    at += sizeBytes
  }
}
