import { crc32c } from '../crc32c.ts'
import { CRC_START, readBatchSizeBytes, readCrc } from './batch-header.ts'

/** Whether a whole batch is what its producer has sent. Base offset and leader epoch are the broker's: no CRC covers them. */
export function isUndamaged(bytes: Buffer, at: number, sizeBytes = readBatchSizeBytes(bytes, at)): boolean {
  return readCrc(bytes, at) === crc32c(bytes, at + CRC_START, at + sizeBytes)
}
