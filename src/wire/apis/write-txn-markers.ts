/**
 * WriteTxnMarkers v0–2. The transaction coordinator has commit or abort markers written to partitions (KIP-98).
 *
 * v1 is flexible, v2 says which protocol the transaction was made with (KIP-1228).
 */
import { api } from '../schema/api.ts'
import { array, bool, int8, int16, int32, int64, string, struct } from '../schema/field.ts'

export const writeTxnMarkers = api({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: [0, 2],
  flexible: 1,
  request: {
    markers: array(
      struct({
        producerId: int64,
        producerEpoch: int16,
        transactionResult: bool,
        topics: array(struct({ name: string, partitionIndexes: array(int32) })),
        coordinatorEpoch: int32,
        transactionVersion: int8.from(2),
      }),
    ),
  },
  response: {
    markers: array(
      struct({
        producerId: int64,
        topics: array(
          struct({
            name: string,
            partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
          }),
        ),
      }),
    ),
  },
})
