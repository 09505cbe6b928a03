import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { streamsGroupDescribe } from '../../wire/apis/streams-group-describe.ts'
import { type KafkaError, NONE } from '../../wire/errors.ts'
import type { ResponseOf } from '../../wire/schema/api.ts'
import { answerEach } from '../answer-each.ts'
import { allGroupOperations, NOT_ASKED } from '../authorized-operations.ts'
import type { Handler } from '../handler.ts'
import { undescribedGroup } from '../undescribed-group.ts'

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
    async handle({ groupIds, includeAuthorizedOperations, includeTopologyDescription }) {
      requireStreamsGroups()
      const told = {
        // Descriptions are for a plug-in to keep, and there is none.
        topologyDescriptionStatus: includeTopologyDescription ? NOT_STORED : NOT_REQUESTED,
        assignorName: 'sticky',
        authorizedOperations: includeAuthorizedOperations ? allGroupOperations : NOT_ASKED,
      }
      const describe = async (groupId: string): Promise<Described> => ({
        errorCode: NONE,
        ...(await groups.describeStreams(groupId)),
        ...told,
      })
      return { groups: await answerEach(groupIds, describe, refused) }
    },
    refuse: ({ groupIds }, error) => ({ groups: groupIds.map((groupId) => refused(groupId, error)) }),
  }
}

function refused(groupId: string, error: KafkaError): Described {
  return { ...undescribedGroup(groupId, error), topologyDescriptionStatus: NOT_REQUESTED }
}
