/**
 * AddOffsetsToTxn v0–4. Adds a group's offsets to a producer's transaction (KIP-98).
 *
 * v2 knows PRODUCER_FENCED, v3 is flexible, v4 knows TRANSACTION_ABORTABLE (KIP-890).
 */
import { api } from '../schema/api.ts'
import { int16, int32, int64, string } from '../schema/field.ts'

export const addOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexible: 3,
  request: { transactionalId: string, producerId: int64, producerEpoch: int16, groupId: string },
  response: { throttleTimeMs: int32.default(0), errorCode: int16 },
})
