/**
 * Record type 0 in `__transaction_state`: the state of a transactional id. No value means that it is forgotten.
 *
 * States: 0 empty, 1 ongoing, 2 prepare commit, 3 prepare abort, 4 complete commit, 5 complete abort, 6 dead, 7
 * prepare epoch fence. v1 is flexible and remembers previous and next producer ids (KIP-890).
 */
import { array, int8, int16, int32, int64, string, struct } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const transactionLogRecord = coordinatorRecord({
  type: 0,
  name: 'TransactionLog',
  versions: [0, 1],
  flexible: 1,
  key: { transactionalId: string },
  value: {
    producerId: int64,
    previousProducerId: int64.from(1).tag(0).default(-1),
    nextProducerId: int64.from(1).tag(1).default(-1),
    producerEpoch: int16,
    nextProducerEpoch: int16.from(1).tag(3).default(-1),
    transactionTimeoutMs: int32,
    transactionStatus: int8,
    transactionPartitions: array(struct({ topic: string, partitionIds: array(int32) })).nullable(),
    transactionLastUpdateTimestampMs: int64,
    transactionStartTimestampMs: int64,
    clientTransactionVersion: int16.from(1).tag(2),
  },
})
