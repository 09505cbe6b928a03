/**
 * Batches of magic 2 as the message sets that old Fetch versions ask for: magic 0 for v0–1, magic 1 for v2–3. Offsets are
 * kept, headers and control batches have no place in the old formats, compressed batches become wrappers of the same codec.
 *
 * Source: apache/kafka `RecordsUtil.java` up to 3.9 (downConvert).
 */
import { codecName } from '../compression/codec.ts'
import { KafkaError } from '../errors.ts'
import {
  BATCH_HEADER_BYTES,
  codecOf,
  hasLogAppendTime,
  isControl,
  readAttributes,
  readBatchSizeBytes,
} from './batch-header.ts'
import { buildMessageSet, type OldMagic } from './message-set-builder.ts'
import { recordsOf } from './record-iteration.ts'

/**
 * The whole batches in `records` as message sets, up to `maxBytes` in all but at least one. A batch that the end cuts
 * short is left out. From an uncompressed batch only records from `firstOffset` on are given, as some librdkafka versions
 * depend on. Throws UNSUPPORTED_COMPRESSION_TYPE when the first batch to give is compressed with zstd; a later one ends
 * the result instead.
 */
export function downConvert(
  records: Buffer,
  magic: OldMagic,
  firstOffset: number,
  maxBytes: number,
): Buffer[] {
  const sets: Buffer[] = []
  let totalBytes = 0
  for (let at = 0; holdsWholeBatch(records, at); at += readBatchSizeBytes(records, at)) {
    const attributes = readAttributes(records, at)
    if (isControl(attributes)) continue
    if (codecName(codecOf(attributes)) === 'zstd') {
      if (sets.length > 0) break
      throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', 'zstd batches need Fetch v10')
    }
    const set = convertBatch(records, at, magic, firstOffset)
    if (set.length === 0) continue
    if (sets.length > 0 && totalBytes + set.length > maxBytes) break
    sets.push(set)
    totalBytes += set.length
  }
  return sets
}

function convertBatch(batch: Buffer, at: number, magic: OldMagic, firstOffset: number): Buffer {
  const attributes = readAttributes(batch, at)
  const codec = codecName(codecOf(attributes)) ?? 'none'
  const all = [...recordsOf(batch, at)]
  return buildMessageSet({
    magic,
    records: codec === 'none' ? all.filter(({ offset }) => offset >= firstOffset) : all,
    codec,
    timestampType: hasLogAppendTime(attributes) ? 'LogAppendTime' : 'CreateTime',
  })
}

function holdsWholeBatch(records: Buffer, at: number): boolean {
  const remaining = records.length - at
  return remaining >= BATCH_HEADER_BYTES && readBatchSizeBytes(records, at) <= remaining
}
