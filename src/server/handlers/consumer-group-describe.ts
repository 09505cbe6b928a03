import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { consumerGroupDescribe } from '../../wire/apis/consumer-group-describe.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { ResponseOf } from '../../wire/schema/api.ts'
import { allGroupOperations, NOT_ASKED } from '../authorized-operations.ts'
import type { Handler } from '../handler.ts'

type Described = ResponseOf<typeof consumerGroupDescribe>['groups'][number]

/** Shows consumer groups with what their members have and are to have (KIP-848). Groups of other kinds are unknown. */
export function consumerGroupDescribeHandler(
  groups: GroupCoordinator,
): Handler<typeof consumerGroupDescribe> {
  return {
    api: consumerGroupDescribe,
    async handle({ groupIds, includeAuthorizedOperations }) {
      const authorizedOperations = includeAuthorizedOperations ? allGroupOperations : NOT_ASKED
      const describe = async (groupId: string): Promise<Described> => {
        try {
          const group = await groups.describeConsumer(groupId)
          return { errorCode: NONE, ...group, authorizedOperations }
        } catch (error) {
          if (error instanceof KafkaError) return failed(groupId, error)
          throw error
        }
      }
      return { groups: await Promise.all(groupIds.map(describe)) }
    },
    refuse({ groupIds }, error) {
      return { groups: groupIds.map((groupId) => failed(groupId, error)) }
    },
  }
}

function failed(groupId: string, error: KafkaError): Described {
  return {
    errorCode: error.code,
    errorMessage: error.message,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  }
}
