/**
 * Transaction markers: control batches of one record that end a producer's transaction in a partition (KIP-98).
 *
 *     key: version int16 · type int16 (0 abort, 1 commit)    value: version int16 · coordinatorEpoch int32
 *
 * Source: Kafka's documentation, "Control Batches"; apache/kafka `EndTxnMarker.json`, `ControlRecordTypeSchema.json`.
 */
import { KafkaError } from '../errors.ts'
import { buildBatch } from './batch-builder.ts'
import { isControl, readAttributes } from './batch-header.ts'
import { recordsOf } from './record-iteration.ts'

export type MarkerType = 'ABORT' | 'COMMIT'

export interface TransactionMarker {
  readonly type: MarkerType
  /** -1 when the marker's value has none. */
  readonly coordinatorEpoch: number
}

export interface NewMarker extends TransactionMarker {
  readonly producerId: number
  readonly producerEpoch: number
  /** Milliseconds since 1970. */
  readonly timestamp: bigint
  readonly baseOffset?: number
  readonly leaderEpoch?: number
}

const ABORT = 0
const COMMIT = 1

export function buildMarker(marker: NewMarker): Buffer {
  const key = Buffer.alloc(4)
  key.writeInt16BE(marker.type === 'COMMIT' ? COMMIT : ABORT, 2)
  const value = Buffer.alloc(6)
  value.writeInt32BE(marker.coordinatorEpoch, 2)
  return buildBatch({
    records: [{ timestamp: marker.timestamp, key, value }],
    baseOffset: marker.baseOffset ?? 0,
    leaderEpoch: marker.leaderEpoch ?? -1,
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    transactional: true,
    control: true,
  })
}

/**
 * The marker that the batch at `at` holds; `undefined` for a control batch of another kind (a Raft leader change, say) and
 * for one that compaction emptied. Throws INVALID_RECORD for a batch that isn't a control batch or doesn't parse.
 */
export function readMarker(batch: Buffer, at = 0): TransactionMarker | undefined {
  if (!isControl(readAttributes(batch, at)))
    throw new KafkaError('INVALID_RECORD', 'Batch is not a control batch')
  const [record] = recordsOf(batch, at)
  if (record === undefined) return undefined
  const { key, value } = record
  if (key === null || key.length < 4) throw new KafkaError('INVALID_RECORD', 'Control record without a type')
  const type = key.readInt16BE(2)
  if (type !== ABORT && type !== COMMIT) return undefined
  const coordinatorEpoch = value === null || value.length < 6 ? -1 : value.readInt32BE(2)
  return { type: type === COMMIT ? 'COMMIT' : 'ABORT', coordinatorEpoch }
}
