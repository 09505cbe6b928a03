/**
 * An entry of the file `<offset>.txnindex` beside a log: a transaction that was aborted, and the last stable offset
 * after it. Each entry stands behind its int16 version, so all are 34 bytes long.
 *
 * Source: apache/kafka `AbortedTxn.java`, `TransactionIndex.java`.
 */
import { int64 } from '../schema/field.ts'
import { message } from '../schema/message.ts'

export const abortedTxn = message({
  name: 'AbortedTxn',
  versions: [0, 0],
  fields: { producerId: int64, firstOffset: int64, lastOffset: int64, lastStableOffset: int64 },
})
