/** AlterClientQuotas v0–1: sets and removes limits of users, client ids and addresses (KIP-546). v1 is flexible. */
import type { ClusterMetadata } from '../../replication/cluster-metadata.ts'
import { formatQuotaValues } from '../../replication/metadata/client-records.ts'
import type { InTurn } from '../../runtime/in-turn.ts'
import { alterClientQuotas } from '../../wire/apis/alter-client-quotas.ts'
import { type KafkaError, NONE } from '../../wire/errors.ts'
import type { RequestOf } from '../../wire/schema/api.ts'
import type { Handler } from '../handler.ts'
import { type AskedEntity, decideQuotas, type QuotaChange } from '../quotas/alter-quotas.ts'

type Request = RequestOf<typeof alterClientQuotas>

export function alterClientQuotasHandler(
  metadata: ClusterMetadata,
  inTurn: InTurn,
): Handler<typeof alterClientQuotas> {
  return {
    api: alterClientQuotas,
    handle: (request) =>
      inTurn(async () => {
        const { changes, outcomes } = decideQuotas(metadata.image.clientQuotas, alterationsOf(request))
        if (!request.validateOnly && changes.length > 0) await make(metadata, changes)
        return { entries: [...outcomes].map(([entity, error]) => row(entity, error)) }
      }),
    refuse: (request, error) => ({
      entries: alterationsOf(request).map(({ entity }) => row(entity, error)),
    }),
  }
}

async function make(metadata: ClusterMetadata, changes: readonly QuotaChange[]): Promise<void> {
  await metadata.commit({
    puts: changes
      .filter(({ values }) => values.size > 0)
      .map(({ key, values }) => ({ key, value: formatQuotaValues(values) })),
    deletes: changes.filter(({ values }) => values.size === 0).map(({ key }) => key),
  })
}

function alterationsOf({ entries }: Request) {
  return entries.map(({ entity, ops }) => ({
    entity: new Map(entity.map(({ entityType, entityName }) => [entityType, entityName])),
    ops,
  }))
}

function row(entity: AskedEntity, error: KafkaError | undefined) {
  return {
    errorCode: error?.code ?? NONE,
    errorMessage: error?.message ?? null,
    entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
  }
}
