/**
 * DescribeConfigs v0–4. Shows the configs of topics, brokers, groups and other resources.
 *
 * v0 says only whether a value is the default; v1 says where it comes from and, asked for, its synonyms (KIP-226).
 * v3 adds types and documentation (KIP-569), v4 is flexible.
 */
import { api } from '../schema/api.ts'
import { array, bool, int8, int16, int32, string, struct } from '../schema/field.ts'

export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [0, 4],
  flexible: 4,
  request: {
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        configurationKeys: array(string).nullable(),
      }),
    ),
    includeSynonyms: bool.from(1),
    includeDocumentation: bool.from(3),
  },
  response: {
    throttleTimeMs: int32.default(0),
    results: array(
      struct({
        errorCode: int16,
        errorMessage: string.nullable(),
        resourceType: int8,
        resourceName: string,
        configs: array(
          struct({
            name: string,
            value: string.nullable(),
            readOnly: bool,
            isDefault: bool.until(0),
            configSource: int8.from(1).default(-1),
            isSensitive: bool,
            synonyms: array(struct({ name: string, value: string.nullable(), source: int8 })).from(1),
            configType: int8.from(3),
            documentation: string.nullable().from(3),
          }),
        ),
      }),
    ),
  },
})
