import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { consumerGroupDescribe } from '../../wire/apis/consumer-group-describe.ts'
import { type KafkaError, NONE } from '../../wire/errors.ts'
import type { ResponseOf } from '../../wire/schema/api.ts'
import { answerEach } from '../answer-each.ts'
import { allGroupOperations, NOT_ASKED } from '../authorized-operations.ts'
import type { Handler } from '../handler.ts'
import { undescribedGroup } from '../undescribed-group.ts'

type Described = ResponseOf<typeof consumerGroupDescribe>['groups'][number]

/** Shows consumer groups with what their members have and are to have (KIP-848). Groups of other kinds are unknown. */
export function consumerGroupDescribeHandler(
  groups: GroupCoordinator,
): Handler<typeof consumerGroupDescribe> {
  return {
    api: consumerGroupDescribe,
    async handle({ groupIds, includeAuthorizedOperations }) {
      const authorizedOperations = includeAuthorizedOperations ? allGroupOperations : NOT_ASKED
      const describe = async (groupId: string): Promise<Described> => ({
        errorCode: NONE,
        ...(await groups.describeConsumer(groupId)),
        authorizedOperations,
      })
      return { groups: await answerEach(groupIds, describe, refused) }
    },
    refuse: ({ groupIds }, error) => ({ groups: groupIds.map((groupId) => refused(groupId, error)) }),
  }
}

function refused(groupId: string, error: KafkaError): Described {
  return { ...undescribedGroup(groupId, error), assignorName: '' }
}
