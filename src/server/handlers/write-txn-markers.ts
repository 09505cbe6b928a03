import { writeTxnMarkers } from '../../wire/apis/write-txn-markers.ts'
import { type ErrorName, errorCodes, type KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'
import type { LocalMarkers } from '../transactions/local-markers.ts'

type Marker = RequestOf<typeof writeTxnMarkers>['markers'][number]

/**
 * Ends transactions in partitions that this broker leads: another broker's coordinator asks for it, or an administrator
 * whose transaction hangs (KIP-664). Source: apache/kafka `KafkaApis.handleWriteTxnMarkersRequest`.
 */
export function writeTxnMarkersHandler(markers: LocalMarkers): Handler<typeof writeTxnMarkers> {
  return {
    api: writeTxnMarkers,
    async handle(request) {
      return { markers: await Promise.all(request.markers.map((marker) => write(marker, markers))) }
    },
    refuse: (request, error) => ({
      markers: request.markers.map(({ producerId, topics }) => ({
        producerId,
        topics: topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode: error.code })),
        })),
      })),
    }),
  }
}

async function write(marker: Marker, markers: LocalMarkers) {
  const { producerId, producerEpoch, transactionResult, coordinatorEpoch, transactionVersion } = marker
  const end = {
    producerId,
    producerEpoch,
    committed: transactionResult,
    coordinatorEpoch,
    transactionVersion,
  }
  const topics = marker.topics.map(async ({ name, partitionIndexes }) => ({
    name,
    partitions: await Promise.all(
      partitionIndexes.map(async (partitionIndex) => ({
        partitionIndex,
        errorCode: await new Promise<number>((resolve) => {
          markers.writeHere(end, name, partitionIndex, (error) => resolve(codeOf(error)))
        }),
      })),
    ),
  }))
  return { producerId, topics: await Promise.all(topics) }
}

const notHere: ReadonlySet<ErrorName> = new Set([
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR',
])

/** Whoever sends markers knows partitions, not groups. */
function codeOf(error: KafkaError | undefined): number {
  if (error === undefined) return NONE
  return notHere.has(error.error) ? errorCodes.NOT_LEADER_OR_FOLLOWER : error.code
}
