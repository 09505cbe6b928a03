/**
 * AddPartitionsToTxn v0–5. Adds partitions to a producer's transaction before it writes to them (KIP-98).
 *
 * v2 knows PRODUCER_FENCED, v3 is flexible. v4 is for brokers: many transactions at once, and a mode that only
 * checks whether a partition belongs (KIP-890). v5 knows TRANSACTION_ABORTABLE.
 */
import { api } from '../schema/api.ts'
import { array, bool, int16, int32, int64, string, struct } from '../schema/field.ts'

const addPartitionsToTxnTopicResult = struct({
  name: string,
  resultsByPartition: array(struct({ partitionIndex: int32, partitionErrorCode: int16 })),
})

const addPartitionsToTxnTopic = struct({ name: string, partitions: array(int32) })

export const addPartitionsToTxn = api({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexible: 3,
  request: {
    transactions: array(
      struct({
        transactionalId: string,
        producerId: int64,
        producerEpoch: int16,
        verifyOnly: bool.default(false),
        topics: array(addPartitionsToTxnTopic),
      }),
    ).from(4),
    v3AndBelowTransactionalId: string.until(3),
    v3AndBelowProducerId: int64.until(3),
    v3AndBelowProducerEpoch: int16.until(3),
    v3AndBelowTopics: array(addPartitionsToTxnTopic).until(3),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16.from(4),
    resultsByTransaction: array(
      struct({
        transactionalId: string,
        topicResults: array(addPartitionsToTxnTopicResult),
      }),
    ).from(4),
    resultsByTopicV3AndBelow: array(addPartitionsToTxnTopicResult).until(3),
  },
})
