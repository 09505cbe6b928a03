/** Produced batches, sound and forged, and the rules of an ordinary topic, for the tests of what is accepted. */
import type { CodecName } from '../compression/codec.ts'
import { crc32c } from '../crc32c.ts'
import { type ErrorName, KafkaError } from '../errors.ts'
import { buildBatch, type NewBatch, type NewRecord } from './batch-builder.ts'
import { BATCH_HEADER_BYTES, CRC_START } from './batch-header.ts'
import { acceptProduced, type ProduceRules } from './validation.ts'

export const nowMs = 1_800_000_000_000
export const now = BigInt(nowMs)
export const rules: ProduceRules = {
  requestVersion: 8,
  topicPartition: 'spool-0',
  maxBatchBytes: 1_048_588,
  maxDecompressedBytes: 2_147_483_639,
  compacted: false,
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: Number(2n ** 63n - 1n),
  timestampAfterMaxMs: 3_600_000,
  compression: 'producer',
  nowMs,
}
export const three: readonly NewRecord[] = [0, 1, 2].map((index) => ({
  timestamp: now + BigInt(index),
  key: Buffer.from(`k${index}`),
  value: Buffer.from(`v${index}`),
}))

export function batchOf(more: Partial<NewBatch> = {}): Buffer {
  return buildBatch({ records: three, ...more })
}

/** Changes a batch and puts size and CRC right again. */
export function forged(batch: Buffer, change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(batch)
  change(bytes)
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeUInt32BE(crc32c(bytes, CRC_START), 17)
  return bytes
}

/** One record's worth of header around arbitrary record bytes. */
export function holding(records: Buffer, codec: CodecName = 'none'): Buffer {
  const header = batchOf({ records: [{ timestamp: now }], codec }).subarray(0, BATCH_HEADER_BYTES)
  return forged(Buffer.concat([header, records]), () => {})
}

export function changed(batch: Buffer, change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(batch)
  change(bytes)
  return bytes
}

export function refusal(records: Buffer, more: Partial<ProduceRules> = {}): KafkaError {
  try {
    acceptProduced(Buffer.from(records), { ...rules, ...more })
  } catch (error) {
    if (error instanceof KafkaError) return error
    throw error
  }
  throw new Error('accepted')
}

export function errorFor(records: Buffer, more: Partial<ProduceRules> = {}): ErrorName {
  return refusal(records, more).error
}
