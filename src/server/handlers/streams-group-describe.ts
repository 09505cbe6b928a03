import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { streamsGroupDescribe } from '../../wire/apis/streams-group-describe.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import { allGroupOperations } from '../authorized-operations.ts'
import type { Handler } from '../handler.ts'

type Request = RequestOf<typeof streamsGroupDescribe>
type Described = ResponseOf<typeof streamsGroupDescribe>['groups'][number]

/** Kafka's codes of what became of the wish for a description of the topology (KIP-1331). */
const NOT_REQUESTED = 0
const NOT_STORED = 1

/** Shows streams groups with their topologies, and what each member has and is to have (KIP-1071). */
export function streamsGroupDescribeHandler(
  groups: GroupCoordinator,
  requireStreamsGroups: () => void,
): Handler<typeof streamsGroupDescribe> {
  return {
    api: streamsGroupDescribe,
    async handle(request) {
      requireStreamsGroups()
      return { groups: await Promise.all(request.groupIds.map((id) => describe(id, groups, request))) }
    },
    refuse: ({ groupIds }, error) => ({ groups: groupIds.map((groupId) => refused(groupId, error)) }),
  }
}

async function describe(groupId: string, groups: GroupCoordinator, request: Request): Promise<Described> {
  try {
    const group = await groups.describeStreams(groupId)
    return {
      errorCode: NONE,
      ...group,
      // Descriptions are for a plug-in to keep, and there is none.
      topologyDescriptionStatus: request.includeTopologyDescription ? NOT_STORED : NOT_REQUESTED,
      assignorName: 'sticky',
      ...(request.includeAuthorizedOperations ? { authorizedOperations: allGroupOperations } : {}),
    }
  } catch (error) {
    if (error instanceof KafkaError) return refused(groupId, error)
    throw error
  }
}

function refused(groupId: string, error: KafkaError): Described {
  return {
    errorCode: error.code,
    errorMessage: error.message,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    members: [],
    topologyDescriptionStatus: NOT_REQUESTED,
  }
}
