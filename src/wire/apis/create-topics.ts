/**
 * CreateTopics v0–7. Creates topics with their configs.
 *
 * v1 can only validate and answers with messages, v2 adds the throttle time. From v4 on -1 asks for the broker's
 * default number of partitions and replicas (KIP-464). v5 is flexible and answers with the effective configs
 * (KIP-525), v6 knows THROTTLING_QUOTA_EXCEEDED (KIP-599), v7 answers with the topic id (KIP-516).
 */
import { api } from '../schema/api.ts'
import { array, bool, int8, int16, int32, string, struct, uuid } from '../schema/field.ts'

export const createTopics = api({
  key: 19,
  name: 'CreateTopics',
  versions: [0, 7],
  flexible: 5,
  request: {
    topics: array(
      struct({
        name: string,
        numPartitions: int32,
        replicationFactor: int16,
        assignments: array(struct({ partitionIndex: int32, brokerIds: array(int32) })),
        configs: array(struct({ name: string, value: string.nullable() })),
      }),
    ),
    timeoutMs: int32.default(60000),
    validateOnly: bool.from(1),
  },
  response: {
    throttleTimeMs: int32.from(2),
    topics: array(
      struct({
        name: string,
        topicId: uuid.from(7),
        errorCode: int16,
        errorMessage: string.nullable().from(1),
        topicConfigErrorCode: int16.from(5).tag(0),
        numPartitions: int32.from(5).default(-1),
        replicationFactor: int16.from(5).default(-1),
        configs: array(
          struct({
            name: string,
            value: string.nullable(),
            readOnly: bool,
            configSource: int8.default(-1),
            isSensitive: bool,
          }),
        )
          .nullable()
          .from(5),
      }),
    ),
  },
})
