/**
 * DeleteTopics v0–6. Deletes topics.
 *
 * v1 adds the throttle time, v3 knows TOPIC_DELETION_DISABLED, v4 is flexible, v5 answers with messages and knows
 * THROTTLING_QUOTA_EXCEEDED (KIP-599), v6 takes topics by name or by id (KIP-516).
 */
import { api } from '../schema/api.ts'
import { array, int16, int32, string, struct, uuid } from '../schema/field.ts'

export const deleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  versions: [0, 6],
  flexible: 4,
  request: {
    topics: array(struct({ name: string.nullable().default(null), topicId: uuid })).from(6),
    topicNames: array(string).until(5),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32.from(1),
    responses: array(
      struct({
        name: string.nullable(6),
        topicId: uuid.from(6),
        errorCode: int16,
        errorMessage: string.nullable().from(5).default(null),
      }),
    ),
  },
})
