import { KafkaError } from '../../wire/errors.ts'

/**
 * What a client of a partition's leader hears when the share coordinator refuses the leader. Bugs are thrown on.
 * Source: apache/kafka `SharePartition.fetchPersisterError`.
 */
export function leaderError(error: unknown): KafkaError {
  if (!(error instanceof KafkaError)) throw error
  switch (error.error) {
    case 'NOT_COORDINATOR':
    case 'COORDINATOR_LOAD_IN_PROGRESS':
      return new KafkaError('COORDINATOR_NOT_AVAILABLE', error.message)
    case 'GROUP_ID_NOT_FOUND':
      return new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', error.message)
    case 'FENCED_STATE_EPOCH':
    case 'FENCED_LEADER_EPOCH':
      return new KafkaError('NOT_LEADER_OR_FOLLOWER', error.message)
    default:
      return error
  }
}
