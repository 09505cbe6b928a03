import { KafkaError } from '../wire/errors.ts'
import { isUndamaged } from '../wire/records/batch-crc.ts'
import { readBaseOffset, readLastOffset } from '../wire/records/batch-header.ts'
import { plausibleSize } from './batch-walk.ts'

/**
 * Checks batches that came from a leader before they enter a follower's log: whole, undamaged, and in order from
 * `logEndOffset` on (with gaps where the leader has compacted). Throws KafkaError CORRUPT_MESSAGE or OFFSET_OUT_OF_RANGE.
 */
export function checkReplicated(records: Buffer, logEndOffset: number, name: string): void {
  let expected = logEndOffset
  for (let at = 0; at < records.length; ) {
    const sizeBytes = plausibleSize(records, at, records.length - at)
    if (sizeBytes === undefined || !isUndamaged(records, at, sizeBytes))
      throw new KafkaError('CORRUPT_MESSAGE', `The leader of ${name} sent a damaged batch`)
    const baseOffset = readBaseOffset(records, at)
    if (baseOffset < expected) {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `The leader of ${name} sent offset ${baseOffset} where ${expected} was expected`,
      )
    }
    expected = readLastOffset(records, at) + 1
    at += sizeBytes
  }
}
