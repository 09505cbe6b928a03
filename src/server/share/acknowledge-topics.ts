import { KafkaError } from '../../wire/errors.ts'
import { type Acknowledgement, acknowledgeTypes } from './acknowledgement.ts'
import { leaderError } from './share-errors.ts'
import type { SharePartitions } from './share-partitions.ts'
import type { SharePartitionId } from './share-sessions.ts'

/** The part of ShareFetch and ShareAcknowledge that acknowledges. */
export interface AcknowledgingTopic {
  readonly topicId: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly acknowledgementBatches: readonly {
      readonly firstOffset: number
      readonly lastOffset: number
      readonly acknowledgeTypes: readonly number[]
    }[]
  }[]
}

/** What became of the acknowledgements of one partition. */
export interface Acknowledged {
  readonly id: SharePartitionId
  readonly error: KafkaError | undefined
}

export interface Acknowledger {
  readonly groupId: string
  readonly memberId: string
  /** Whether locks may be renewed (KIP-1222). */
  readonly renews: boolean
}

/** Whether the request acknowledges anything. */
export function acknowledgesAny(topics: readonly AcknowledgingTopic[]): boolean {
  return topics.some(({ partitions }) =>
    partitions.some(({ acknowledgementBatches }) => acknowledgementBatches.length > 0),
  )
}

/** Acknowledges partition by partition; what is wrong with one doesn't concern the others. Resolves when all is stored. */
export function acknowledgeTopics(
  who: Acknowledger,
  topics: readonly AcknowledgingTopic[],
  shares: SharePartitions,
): Promise<readonly Acknowledged[]> {
  return Promise.all(
    topics.flatMap(({ topicId, partitions }) =>
      partitions
        .filter(({ acknowledgementBatches }) => acknowledgementBatches.length > 0)
        .map(({ partitionIndex, acknowledgementBatches }) =>
          acknowledge(
            who,
            { topicId, partition: partitionIndex },
            acknowledgementBatches.map(({ firstOffset, lastOffset, acknowledgeTypes: types }) => ({
              firstOffset,
              lastOffset,
              types,
            })),
            shares,
          ),
        ),
    ),
  )
}

async function acknowledge(
  { groupId, memberId, renews }: Acknowledger,
  id: SharePartitionId,
  acknowledgements: readonly Acknowledgement[],
  shares: SharePartitions,
): Promise<Acknowledged> {
  try {
    shares.requireTopic(id.topicId)
    requireWellFormed(acknowledgements, renews)
    const share = shares.get({ groupId, ...id })
    if (share === undefined) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
    await share.acknowledge(memberId, acknowledgements)
    return { id, error: undefined }
  } catch (error) {
    return { id, error: leaderError(error) }
  }
}

/** Source: apache/kafka `KafkaApis.validateAcknowledgementBatches`. */
function requireWellFormed(acknowledgements: readonly Acknowledgement[], renews: boolean): void {
  let previous = -1
  for (const { firstOffset, lastOffset, types } of acknowledgements) {
    if (firstOffset > lastOffset || firstOffset < previous) throw new KafkaError('INVALID_REQUEST')
    const isFitting = types.length === 1 || types.length === lastOffset - firstOffset + 1
    if (!isFitting || !types.every((type) => isKnown(type, renews))) throw new KafkaError('INVALID_REQUEST')
    // What the batch before has settled is not acquired any more.
    if (firstOffset === previous) throw new KafkaError('INVALID_RECORD_STATE')
    previous = lastOffset
  }
}

function isKnown(type: number, renews: boolean): boolean {
  return type >= acknowledgeTypes.GAP && type <= (renews ? acknowledgeTypes.RENEW : acknowledgeTypes.REJECT)
}
