import type { ICustomPartitioner } from 'kafkajs'
import { CliFailure } from '../failure.ts'

/** Tells kafkajs that trying again won't help. */
class NoSuchPartition extends CliFailure {
  readonly retriable = false
}

/**
 * The partitioner of the Java client, which kafkajs brings, behind a check: kafkajs passes over records for a partition
 * that isn't there and reports success.
 */
export function strictPartitioner(partitioner: ICustomPartitioner): ICustomPartitioner {
  return () => {
    const choose = partitioner()
    return (args) => {
      const chosen = choose(args)
      if (!args.partitionMetadata.some(({ partitionId }) => partitionId === chosen))
        throw new NoSuchPartition('environment', `${args.topic} has no partition ${chosen}`)
      return chosen
    }
  }
}
