import { KafkaError } from '../../wire/errors.ts'
import { downConvert } from '../../wire/records/down-conversion.ts'
import type { PartitionRead } from './read-partitions.ts'

/** First Fetch version that gives record batches (magic 2). */
const FIRST_WITH_BATCHES = 4
/** First Fetch version whose clients know magic 1. */
const FIRST_WITH_TIMESTAMPS = 2
/** First Fetch version whose clients know zstd (KIP-110). */
const FIRST_WITH_ZSTD = 10

/** Puts what was read into a form that clients of this Fetch version understand; what can't be is refused. */
export function inOldFormat(read: PartitionRead, apiVersion: number): PartitionRead {
  if (apiVersion >= FIRST_WITH_ZSTD) return read
  if (read.partition?.config.compressionType === 'zstd')
    return refused(read, new KafkaError('UNSUPPORTED_COMPRESSION_TYPE'))
  if (apiVersion >= FIRST_WITH_BATCHES || read.slice === undefined) return read
  return converted(read, read.slice, apiVersion >= FIRST_WITH_TIMESTAMPS ? 1 : 0)
}

function converted(
  read: PartitionRead,
  slice: NonNullable<PartitionRead['slice']>,
  magic: 0 | 1,
): PartitionRead {
  const { fetchOffset, maxBytes } = read.asked
  try {
    const chunks = downConvert(Buffer.concat(slice.chunks), magic, fetchOffset, maxBytes)
    const sizeBytes = chunks.reduce((total, chunk) => total + chunk.length, 0)
    return { ...read, slice: { ...slice, chunks, sizeBytes, release: () => slice.release() } }
  } catch (error) {
    if (error instanceof KafkaError) return refused(read, error)
    throw error
  }
}

function refused(read: PartitionRead, error: KafkaError): PartitionRead {
  read.slice?.release()
  return { ...read, errorCode: error.code, slice: undefined }
}
