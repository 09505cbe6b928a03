/**
 * DescribeAcls, CreateAcls and DeleteAcls v0–3 while no authorizer is there: Kafka's answer to that, SECURITY_DISABLED.
 * What Kafka refuses to read, elements of the unknown kind 0, ends the connection here too.
 */
import { createAcls } from '../../wire/apis/create-acls.ts'
import { deleteAcls } from '../../wire/apis/delete-acls.ts'
import { describeAcls } from '../../wire/apis/describe-acls.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { Handler } from '../handler.ts'

export const describeAclsHandler: Handler<typeof describeAcls> = {
  api: describeAcls,
  handle(filter) {
    requireKnown('DescribeAcls', kindsOf(filter))
    throw new KafkaError('SECURITY_DISABLED', 'No Authorizer is configured on the broker')
  },
  refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message, resources: [] }),
}

export const createAclsHandler: Handler<typeof createAcls> = {
  api: createAcls,
  handle({ creations }) {
    for (const { resourceType, resourcePatternType, operation, permissionType } of creations)
      requireKnown('CreateAcls', [resourceType, resourcePatternType, operation, permissionType])
    throw new KafkaError('SECURITY_DISABLED', 'No Authorizer is configured.')
  },
  refuse: ({ creations }, error) => ({
    results: creations.map(() => ({ errorCode: error.code, errorMessage: error.message })),
  }),
}

export const deleteAclsHandler: Handler<typeof deleteAcls> = {
  api: deleteAcls,
  handle({ filters }) {
    for (const filter of filters) requireKnown('DeleteAcls', kindsOf(filter))
    throw new KafkaError('SECURITY_DISABLED', 'No Authorizer is configured.')
  },
  refuse: ({ filters }, error) => ({
    filterResults: filters.map(() => ({
      errorCode: error.code,
      errorMessage: error.message,
      matchingAcls: [],
    })),
  }),
}

const UNKNOWN = 0

function kindsOf(filter: RequestOf<typeof describeAcls>): number[] {
  return [filter.resourceTypeFilter, filter.patternTypeFilter, filter.operation, filter.permissionType]
}

function requireKnown(api: string, kinds: readonly number[]): void {
  if (kinds.includes(UNKNOWN)) throw new WireError(`${api} request: elements of unknown kind`)
}
