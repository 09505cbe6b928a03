/**
 * DescribeClientQuotas v0–1: the quotas whose entities match a filter (KIP-546). A strict filter wants entities of
 * exactly the types that it names. v1 is flexible.
 *
 * Source: apache/kafka `ClientQuotasImage.describe`.
 */

import type { ClientQuota } from '../../replication/metadata/client-records.ts'
import type { MetadataImage } from '../../replication/metadata/image.ts'
import { describeClientQuotas } from '../../wire/apis/describe-client-quotas.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'

type Component = RequestOf<typeof describeClientQuotas>['components'][number]

const EXACT = 0
const DEFAULT = 1
const SPECIFIED = 2

export function describeClientQuotasHandler(
  image: () => MetadataImage,
): Handler<typeof describeClientQuotas> {
  return {
    api: describeClientQuotas,
    handle({ components, strict }) {
      const types = new Set<string>()
      for (const component of components) {
        if (types.has(component.entityType))
          throw invalid(`Entity type ${component.entityType} cannot appear more than once in the filter.`)
        requireComponent(component)
        types.add(component.entityType)
      }
      if (types.has('ip') && types.size > 1)
        throw invalid(
          'Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.',
        )
      const found = [...image().clientQuotas.values()].filter(
        ({ entity }) =>
          components.every((component) => matches(component, entity)) &&
          (!strict || entity.size === components.length),
      )
      return { errorCode: NONE, errorMessage: '', entries: found.map(entry) }
    },
    refuse: (_request, error) => ({
      errorCode: error.code,
      errorMessage: error.message,
      entries: null,
    }),
  }
}

function requireComponent({ entityType, matchType, match }: Component): void {
  if (entityType === '') throw invalid('Invalid empty entity type.')
  if (entityType !== 'user' && entityType !== 'client-id' && entityType !== 'ip')
    throw new KafkaError('UNSUPPORTED_VERSION', `Unsupported entity type ${entityType}`)
  switch (matchType) {
    case EXACT:
      if (match === null) throw invalid('Request specified MATCH_TYPE_EXACT, but set match string to null.')
      return
    case DEFAULT:
    case SPECIFIED:
      if (match !== null)
        throw invalid(
          `Request specified MATCH_TYPE_${matchType === DEFAULT ? 'DEFAULT' : 'SPECIFIED'}, but also specified a match string.`,
        )
      return
    default:
      throw invalid(`Unknown match type ${matchType}`)
  }
}

function matches({ entityType, matchType, match }: Component, entity: ReadonlyMap<string, string | null>) {
  const name = entity.get(entityType)
  return name !== undefined && (matchType === SPECIFIED || name === match)
}

function entry({ entity, values }: ClientQuota) {
  return {
    entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
    values: [...values].sort().map(([key, value]) => ({ key, value })),
  }
}

function invalid(why: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', why)
}
