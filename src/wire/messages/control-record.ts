/**
 * Control records: what brokers write into logs for readers other than applications. The key says which kind it is;
 * the value of a transaction's marker says under which coordinator epoch it was written. Key and value each stand
 * behind their version.
 *
 * Source: apache/kafka `ControlRecordType.java`, `EndTransactionMarker.java`.
 */
import { int16, int32 } from '../schema/field.ts'
import { message } from '../schema/message.ts'

/** Kinds of control records by the number in their key. A reader skips kinds that it doesn't know. */
export const controlTypes = {
  ABORT: 0,
  COMMIT: 1,
  LEADER_CHANGE: 2,
  SNAPSHOT_HEADER: 3,
  SNAPSHOT_FOOTER: 4,
  KRAFT_VERSION: 5,
  KRAFT_VOTERS: 6,
} as const

/** The key of every control record. */
export const controlRecordType = message({
  name: 'ControlRecordTypeSchema',
  versions: [0, 0],
  fields: { type: int16 },
})

/** The value of `ABORT` and `COMMIT`. */
export const endTxnMarker = message({
  name: 'EndTxnMarker',
  versions: [0, 0],
  fields: { coordinatorEpoch: int32 },
})
