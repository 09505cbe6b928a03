import type { Partition } from '../replication/partition.ts'
import { CallbackWaiter } from '../replication/waiting.ts'
import { KafkaError } from '../wire/errors.ts'
import { buildBatch } from '../wire/records/batch-builder.ts'
import { isUndamaged } from '../wire/records/batch-crc.ts'
import {
  isControl,
  readAttributes,
  readBatchSizeBytes,
  readLastOffset,
  readProducerId,
} from '../wire/records/batch-header.ts'
import { buildMarker, readMarker } from '../wire/records/control-record.ts'
import { recordsOf } from '../wire/records/record-iteration.ts'
import type {
  CoordinatorLog,
  CoordinatorRecord,
  ReplayTarget,
  TransactionEnd,
  TransactionSource,
} from './coordinator-log.ts'

/** How much of the log is taken into memory at a time while it is replayed. */
const REPLAY_BYTES = 1024 * 1024

/** A coordinator's log on a partition of an internal topic that this broker leads. */
export class PartitionLog implements CoordinatorLog {
  constructor(private readonly partition: Partition) {}

  get isEmpty(): boolean {
    const { logStartOffset, logEndOffset } = this.partition.log
    return logStartOffset === logEndOffset
  }

  append(records: readonly CoordinatorRecord[], nowMs: number, transaction?: TransactionSource): number {
    const { partition } = this
    partition.requireEnoughReplicas()
    const timestamp = BigInt(nowMs)
    const batch = buildBatch({
      records: records.map(({ key, value }) => ({ key, value, timestamp })),
      ...(transaction === undefined ? {} : { ...transaction, transactional: true }),
    })
    const { maxMessageBytes } = partition.config
    if (batch.length > maxMessageBytes)
      throw new KafkaError(
        'RECORD_LIST_TOO_LARGE',
        `${batch.length} bytes, at most ${maxMessageBytes} are allowed`,
      )
    return partition.append(batch, 'coordinator').lastOffset + 1
  }

  appendMarker(end: TransactionEnd, nowMs: number): number {
    const { producerId, producerEpoch, coordinatorEpoch, committed } = end
    const marker = buildMarker({
      type: committed ? 'COMMIT' : 'ABORT',
      producerId,
      producerEpoch,
      coordinatorEpoch,
      timestamp: BigInt(nowMs),
    })
    return this.partition.append(marker, 'coordinator', end.transactionVersion).lastOffset + 1
  }

  whenCommitted(offset: number, done: (error?: KafkaError) => void): void {
    this.partition.whenCommitted(offset, new CallbackWaiter(done), 0)
  }

  async replay(target: ReplayTarget): Promise<void> {
    const { log } = this.partition
    const end = log.logEndOffset
    let offset = log.logStartOffset
    while (offset < end) {
      const slice = await log.read(offset, { maxBytes: REPLAY_BYTES, maxOffset: end, minOneBatch: true })
      try {
        // Compaction and deletion leave gaps; when only a gap is left, there is nothing more to read.
        if (slice.sizeBytes === 0) return
        for (const chunk of slice.chunks) offset = replayBatches(chunk, offset, target)
      } finally {
        slice.release()
      }
    }
  }
}

/** Hands over what a run of whole batches holds, from `offset` on; returns the offset after it. */
function replayBatches(batches: Buffer, offset: number, target: ReplayTarget): number {
  let next = offset
  for (let at = 0; at < batches.length; at += readBatchSizeBytes(batches, at)) {
    // A client would look as well: the medium may have changed anything since the batch was written.
    if (!isUndamaged(batches, at)) throw new KafkaError('CORRUPT_MESSAGE', 'The CRC of a batch is wrong.')
    const producerId = readProducerId(batches, at)
    if (isControl(readAttributes(batches, at))) {
      const marker = readMarker(batches, at)
      if (marker !== undefined) target.onMarker(producerId, marker.type === 'COMMIT')
    } else {
      replayRecords(batches, at, offset, producerId, target)
    }
    next = readLastOffset(batches, at) + 1
  }
  return next
}

function replayRecords(
  batches: Buffer,
  at: number,
  from: number,
  producerId: number,
  target: ReplayTarget,
): void {
  for (const { offset, timestamp, key, value } of recordsOf(batches, at)) {
    if (key === null || offset < from) continue
    // The slice's memory goes back to a pool: what the state machine keeps must be its own.
    const record = { key: Buffer.from(key), value: value === null ? null : Buffer.from(value) }
    target.onRecord(record, { offset, timestampMs: Number(timestamp), producerId })
  }
}
