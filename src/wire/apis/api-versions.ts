/**
 * ApiVersions v0–5. The first request on a connection: which APIs and versions does this broker speak?
 *
 * v1 adds the throttle time. v3 is flexible, tells who the client is (KIP-511) and lists features (KIP-584); the
 * response's header stays in its oldest form at every version, since the client can't know yet what the broker
 * understands. v4 lets a feature start at version 0; v5 says which cluster and node the client means to reach
 * (KIP-1242). A version that the broker doesn't know is answered in v0 with UNSUPPORTED_VERSION.
 */
import { api } from '../schema/api.ts'
import { array, bool, int16, int32, int64, string, struct } from '../schema/field.ts'

export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 5],
  flexible: 3,
  request: {
    clientSoftwareName: string.from(3),
    clientSoftwareVersion: string.from(3),
    clusterId: string.nullable().from(5).default(null),
    nodeId: int32.from(5).default(-1),
  },
  response: {
    errorCode: int16,
    apiKeys: array(struct({ apiKey: int16, minVersion: int16, maxVersion: int16 })),
    throttleTimeMs: int32.from(1),
    supportedFeatures: array(struct({ name: string, minVersion: int16, maxVersion: int16 }))
      .from(3)
      .tag(0),
    finalizedFeaturesEpoch: int64.from(3).tag(1).default(-1),
    finalizedFeatures: array(struct({ name: string, maxVersionLevel: int16, minVersionLevel: int16 }))
      .from(3)
      .tag(2),
    zkMigrationReady: bool.from(3).tag(3),
  },
})
