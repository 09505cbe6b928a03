/**
 * The file `<offset>.snapshot` beside a log: what the log knew of its producers at that offset, behind an int16
 * version. The CRC-32C covers what follows it. Timestamps are those of records, so they may be any int64.
 *
 * Source: apache/kafka `ProducerStateManager.java`.
 */
import { array, bigint64, int16, int32, int64, struct, uint32 } from '../schema/field.ts'
import { message } from '../schema/message.ts'

export const producerSnapshot = message({
  name: 'ProducerSnapshot',
  versions: [1, 1],
  fields: {
    crc: uint32,
    producerEntries: array(
      struct({
        producerId: int64,
        epoch: int16,
        lastSequence: int32,
        lastOffset: int64,
        offsetDelta: int32,
        timestamp: bigint64,
        coordinatorEpoch: int32,
        currentTxnFirstOffset: int64,
      }),
    ),
  },
})
