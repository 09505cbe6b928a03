/**
 * AddRaftVoter v0–1 and RemoveRaftVoter v0: change who keeps the metadata together (KIP-853). Here one broker keeps it
 * alone. Kafka's checks are made; what passes them is refused as Kafka refuses it while `kraft.version` is 0, and after
 * that as a Kafka does whose only voter is this broker.
 */
import type { MetadataImage } from '../../replication/metadata/image.ts'
import { addRaftVoter } from '../../wire/apis/add-raft-voter.ts'
import { removeRaftVoter } from '../../wire/apis/remove-raft-voter.ts'
import { KafkaError } from '../../wire/errors.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import type { Handler } from '../handler.ts'

/** The default of `controller.listener.names`. */
const CONTROLLER_LISTENER = 'CONTROLLER'

interface Voter {
  readonly clusterId: string | null
  readonly voterId: number
  readonly voterDirectoryId: string
}

export function addRaftVoterHandler(
  image: () => MetadataImage,
  nodeId: number,
): Handler<typeof addRaftVoter> {
  return {
    api: addRaftVoter,
    handle(request) {
      requireVoter(request, image(), 'Add')
      if (!request.listeners.some(({ name }) => name === CONTROLLER_LISTENER))
        throw new KafkaError(
          'INVALID_REQUEST',
          `Add voter request didn't include the endpoint for the default listener ${CONTROLLER_LISTENER}`,
        )
      requireChangeable(image(), 'adding')
      if (request.voterId === nodeId)
        throw new KafkaError(
          'DUPLICATE_VOTER',
          `The voter id ${nodeId} is already part of the set of voters.`,
        )
      throw new KafkaError('REQUEST_TIMED_OUT', 'Aborted add voter operation: the new voter does not answer.')
    },
    refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message }),
  }
}

export function removeRaftVoterHandler(image: () => MetadataImage): Handler<typeof removeRaftVoter> {
  return {
    api: removeRaftVoter,
    handle(request) {
      requireVoter(request, image(), 'Remove')
      requireChangeable(image(), 'removing')
      throw new KafkaError(
        'VOTER_NOT_FOUND',
        `Cannot remove voter ${request.voterId} from the set of voters: the last one stays.`,
      )
    },
    refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message }),
  }
}

function requireVoter(voter: Voter, image: MetadataImage, what: 'Add' | 'Remove'): void {
  if (voter.clusterId !== null && voter.clusterId !== image.clusterId)
    throw new KafkaError(
      'INCONSISTENT_CLUSTER_ID',
      `The given id "${voter.clusterId}" doesn't match the cluster id "${image.clusterId}"`,
    )
  if (voter.voterId < 0 || voter.voterDirectoryId === ZERO_UUID)
    throw new KafkaError('INVALID_REQUEST', `${what} voter request didn't include a valid voter`)
}

function requireChangeable(image: MetadataImage, what: string): void {
  if (image.featureLevel('kraft.version') > 0) return
  throw new KafkaError(
    'UNSUPPORTED_VERSION',
    `Cluster doesn't support ${what} voter because the kraft.version feature is 0`,
  )
}
