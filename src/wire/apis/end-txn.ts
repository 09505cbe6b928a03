import { api } from '../schema/api.ts'
import { bool, int16, int32, int64, string } from '../schema/field.ts'

export const endTxn = api({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexible: 3,
  request: {
    transactionalId: string,
    producerId: int64,
    producerEpoch: int16,
    committed: bool,
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    producerId: int64.from(5).default(-1),
    producerEpoch: int16.from(5).default(-1),
  },
})
