/**
 * InitProducerId v0–6. Gives a producer its id and epoch, and fences what came before under its transactional id.
 *
 * v2 is flexible, v3 lets a producer go on with the id and epoch it has (KIP-360), v4 knows PRODUCER_FENCED, v5
 * TRANSACTION_ABORTABLE (KIP-890), v6 prepares for two-phase commit and isn't finished in Kafka (KIP-939).
 */
import { api } from '../schema/api.ts'
import { bool, int16, int32, int64, string } from '../schema/field.ts'

export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 6],
  flexible: 2,
  stable: 5,
  request: {
    transactionalId: string.nullable(),
    transactionTimeoutMs: int32,
    producerId: int64.from(3).default(-1),
    producerEpoch: int16.from(3).default(-1),
    enable2Pc: bool.from(6),
    keepPreparedTxn: bool.from(6),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    producerId: int64.default(-1),
    producerEpoch: int16,
    ongoingTxnProducerId: int64.from(6).default(-1),
    ongoingTxnProducerEpoch: int16.from(6).default(-1),
  },
})
