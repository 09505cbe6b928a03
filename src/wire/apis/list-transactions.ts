/**
 * ListTransactions v0–2. Lists the transactions that this broker coordinates (KIP-664).
 *
 * v1 selects those that have been open for long (KIP-994), v2 by a pattern of their ids (KIP-1152).
 */
import { api } from '../schema/api.ts'
import { array, int16, int32, int64, string, struct } from '../schema/field.ts'

export const listTransactions = api({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexible: 0,
  request: {
    stateFilters: array(string),
    producerIdFilters: array(int64),
    durationFilter: int64.from(1).default(-1),
    transactionalIdPattern: string.nullable().from(2).default(null),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    unknownStateFilters: array(string),
    transactionStates: array(
      struct({ transactionalId: string, producerId: int64, transactionState: string }),
    ),
  },
})
