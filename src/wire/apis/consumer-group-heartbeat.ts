/**
 * ConsumerGroupHeartbeat v0–1. Everything a member of a consumer group does: join, report, learn, leave (KIP-848).
 *
 * Fields that haven't changed since the last heartbeat may be null. v1 subscribes by regular expression and has
 * members choose their own ids (KIP-1082).
 */
import { api } from '../schema/api.ts'
import { array, int16, int32, string, struct, uuid } from '../schema/field.ts'

export const consumerGroupHeartbeat = api({
  key: 68,
  name: 'ConsumerGroupHeartbeat',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupId: string,
    memberId: string,
    memberEpoch: int32,
    instanceId: string.nullable().default(null),
    rackId: string.nullable().default(null),
    rebalanceTimeoutMs: int32.default(-1),
    subscribedTopicNames: array(string).nullable().default(null),
    subscribedTopicRegex: string.nullable().from(1).default(null),
    serverAssignor: string.nullable().default(null),
    topicPartitions: array(struct({ topicId: uuid, partitions: array(int32) }))
      .nullable()
      .default(null),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable().default(null),
    memberId: string.nullable().default(null),
    memberEpoch: int32,
    heartbeatIntervalMs: int32,
    assignment: struct({
      topicPartitions: array(struct({ topicId: uuid, partitions: array(int32) })),
    })
      .nullable()
      .default(null),
  },
})
