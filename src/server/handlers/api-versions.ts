import type { MetadataImage } from '../../replication/metadata/image.ts'
import { apiVersions } from '../../wire/apis/api-versions.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { Api, RequestOf } from '../../wire/schema/api.ts'
import { finalizedFeatures, type Release, supportedFeatures } from '../act-as/release.ts'
import type { Handler, RequestContext } from '../handler.ts'

type Request = RequestOf<typeof apiVersions>

const FIRST_WITH_LEVEL_ZERO = 4

/** What the cluster has agreed on, as of a revision of its metadata. */
export type FinalizedFeatures = Pick<MetadataImage, 'revision' | 'features'>

/** Source: KIP-511; apache/kafka `ApiVersionsRequest.java`. */
const softwarePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/** Says what is served: exactly the APIs in the table of handlers, each with all its versions. */
export function apiVersionsHandler(
  served: () => Iterable<Api>,
  identity: () => { readonly clusterId: string | null; readonly nodeId: number },
  finalized: () => FinalizedFeatures,
  release: Release | undefined,
): Handler<typeof apiVersions> {
  return {
    api: apiVersions,
    handle(request, context) {
      if (context.apiVersion >= 3) rememberSoftware(request, context)
      if (context.apiVersion >= 5) requireIdentity(request, identity())
      return {
        errorCode: NONE,
        apiKeys: rows(served()),
        ...featureRows(finalized(), release, context.apiVersion),
      }
    },
    refuse: (_request, error) => ({ errorCode: error.code, apiKeys: [] }),
  }
}

function rows(served: Iterable<Api>): { apiKey: number; minVersion: number; maxVersion: number }[] {
  return [...served]
    .map(({ key, minVersion, maxStableVersion }) => ({
      apiKey: key,
      minVersion,
      maxVersion: maxStableVersion,
    }))
    .sort((one, other) => one.apiKey - other.apiKey)
}

/** A feature that starts at level 0 is hidden from versions whose clients take that for an error (KAFKA-17011). */
function featureRows(
  { revision, features: levels }: FinalizedFeatures,
  release: Release | undefined,
  apiVersion: number,
) {
  const shown = supportedFeatures(release).filter(
    ({ minLevel }) => minLevel > 0 || apiVersion >= FIRST_WITH_LEVEL_ZERO,
  )
  return {
    supportedFeatures: shown.map(({ name, minLevel, maxLevel }) => ({
      name,
      minVersion: minLevel,
      maxVersion: maxLevel,
    })),
    finalizedFeaturesEpoch: revision,
    finalizedFeatures: [...finalizedFeatures(release, levels)].map(([name, level]) => ({
      name,
      maxVersionLevel: level,
      minVersionLevel: level,
    })),
  }
}

function rememberSoftware(
  { clientSoftwareName, clientSoftwareVersion }: Request,
  context: RequestContext,
): void {
  if (!softwarePattern.test(clientSoftwareName) || !softwarePattern.test(clientSoftwareVersion))
    throw new KafkaError('INVALID_REQUEST')
  context.connection.software = { name: clientSoftwareName, version: clientSoftwareVersion }
}

/** A client that meant another cluster or node finds out before it does harm (KIP-1242). */
function requireIdentity(
  { clusterId, nodeId }: Request,
  own: { readonly clusterId: string | null; readonly nodeId: number },
): void {
  if (clusterId === null && nodeId === -1) return
  if (clusterId === null || nodeId === -1) throw new KafkaError('INVALID_REQUEST')
  if (clusterId !== own.clusterId || nodeId !== own.nodeId) throw new KafkaError('REBOOTSTRAP_REQUIRED')
}
