/**
 * EndTxn v0–5. Commits or aborts a transaction (KIP-98).
 *
 * v2 knows PRODUCER_FENCED, v3 is flexible, v4 knows TRANSACTION_ABORTABLE, v5 raises the producer's epoch with
 * every transaction and answers with what it is now (KIP-890).
 */
import { api } from '../schema/api.ts'
import { bool, int16, int32, int64, string } from '../schema/field.ts'

export const endTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexible: 3,
  request: { transactionalId: string, producerId: int64, producerEpoch: int16, committed: bool },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    producerId: int64.from(5).default(-1),
    producerEpoch: int16.from(5).default(-1),
  },
})
