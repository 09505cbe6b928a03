import { isControl, readAttributes } from '../wire/records/batch-header.ts'
import { recordsOf } from '../wire/records/record-iteration.ts'

/** What the transaction coordinator writes to end a producer's transaction in a partition. */
export interface EndTransactionMarker {
  readonly committed: boolean
  readonly coordinatorEpoch: number
  readonly timestamp: bigint
}

const ABORT = 0
const COMMIT = 1

/**
 * The marker in a control batch: key is version int16 and type int16, value is version int16 and coordinator epoch
 * int32. `undefined` for other control batches, and for one whose marker compaction has removed.
 *
 * Source: apache/kafka `ControlRecordType.java`, `EndTxnMarker.json`.
 */
export function readEndTransactionMarker(bytes: Buffer, at: number): EndTransactionMarker | undefined {
  if (!isControl(readAttributes(bytes, at))) return undefined
  for (const { key, value, timestamp } of recordsOf(bytes, at)) {
    const type = key === null || key.length < 4 ? -1 : key.readInt16BE(2)
    if ((type !== ABORT && type !== COMMIT) || value === null || value.length < 6) return undefined
    return { committed: type === COMMIT, coordinatorEpoch: value.readInt32BE(2), timestamp }
  }
  return undefined
}
