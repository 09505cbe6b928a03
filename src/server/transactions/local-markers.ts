import type { TransactionEnd } from '../../coordinator/coordinator-log.ts'
import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import type { MarkerWriter } from '../../coordinator/transactions/transaction-markers.ts'
import type { MetadataImage } from '../../replication/metadata/image.ts'
import type { Partitions } from '../../replication/partitions.ts'
import { CONSUMER_OFFSETS } from '../../replication/topic-name.ts'
import { CallbackWaiter } from '../../replication/waiting.ts'
import type { Clock } from '../../runtime/clock.ts'
import { KafkaError } from '../../wire/errors.ts'
import { buildMarker } from '../../wire/records/control-record.ts'

export interface LocalMarkersParts {
  readonly clock: Clock
  readonly partitions: Partitions
  readonly image: () => MetadataImage
  readonly groups: Pick<GroupCoordinator, 'endTransaction'>
  /** Resolves once the groups that this broker coordinates are read. */
  readonly groupsLoaded: () => Promise<void>
}

type Done = (error?: KafkaError) => void

/** Writes transaction markers to partitions that this broker leads, straight into their logs. */
export class LocalMarkers implements MarkerWriter {
  constructor(private readonly parts: LocalMarkersParts) {}

  write(end: TransactionEnd, topic: string, partition: number, done: Done): void {
    if (this.parts.image().partition(topic, partition) === undefined) done()
    else this.writeHere(end, topic, partition, done)
  }

  /** As `write`, but a partition that does not exist is an error. */
  writeHere(end: TransactionEnd, topic: string, partition: number, done: Done): void {
    if (topic === CONSUMER_OFFSETS) {
      this.#endCommits(end, partition).then(() => done(), failing(done))
      return
    }
    try {
      this.#append(end, topic, partition, done)
    } catch (error) {
      failing(done)(error)
    }
  }

  #append(end: TransactionEnd, topic: string, index: number, done: Done): void {
    const { clock, partitions } = this.parts
    const partition = partitions.require(topic, index)
    partition.requireLeader(-1)
    partition.requireEnoughReplicas()
    const { producerId, producerEpoch, coordinatorEpoch, committed, transactionVersion } = end
    const marker = buildMarker({
      type: committed ? 'COMMIT' : 'ABORT',
      producerId,
      producerEpoch,
      coordinatorEpoch,
      timestamp: BigInt(clock.nowMs()),
    })
    const { lastOffset } = partition.append(marker, 'coordinator', transactionVersion)
    partition.whenCommitted(lastOffset + 1, new CallbackWaiter(done), 0)
  }

  async #endCommits(end: TransactionEnd, partition: number): Promise<void> {
    const { groups, groupsLoaded } = this.parts
    try {
      await groups.endTransaction(partition, end)
    } catch (error) {
      if (!(error instanceof KafkaError) || error.error !== 'COORDINATOR_LOAD_IN_PROGRESS') throw error
      await groupsLoaded()
      await groups.endTransaction(partition, end)
    }
  }
}

function failing(done: Done): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof KafkaError)) throw error
    done(error)
  }
}
