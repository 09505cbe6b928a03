/**
 * UpdateFeatures v0–2. Raises or lowers the levels of cluster features (KIP-584).
 *
 * v1 tells upgrade, safe and unsafe downgrade apart, and can only validate; v2 answers without a result per
 * feature.
 */
import { api } from '../schema/api.ts'
import { array, bool, int8, int16, int32, string, struct } from '../schema/field.ts'

export const updateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  versions: [0, 2],
  flexible: 0,
  request: {
    timeoutMs: int32.default(60000),
    featureUpdates: array(
      struct({
        feature: string,
        maxVersionLevel: int16,
        allowDowngrade: bool.until(0),
        upgradeType: int8.from(1).default(1),
      }),
    ),
    validateOnly: bool.from(1),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable(),
    results: array(struct({ feature: string, errorCode: int16, errorMessage: string.nullable() })).until(1),
  },
})
