import { array, bytes, int32, int64, string, struct, uuid } from '../wire/schema/field.ts'
import { message } from '../wire/schema/message.ts'

export const groupMetadataKey = message({
  name: 'GroupMetadataKey',
  versions: [0, 0],
  fields: { group: string },
})

export const groupMetadataValue = message({
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexible: 4,
  fields: {
    protocolType: string,
    generation: int32,
    protocol: string.nullable(),
    leader: string.nullable(),
    currentStateTimestamp: int64.from(2).default(-1),
    members: array(
      struct({
        memberId: string,
        groupInstanceId: string.nullable().from(3).default(null),
        clientId: string,
        clientHost: string,
        rebalanceTimeout: int32.from(1).default(-1),
        sessionTimeout: int32,
        subscription: bytes,
        assignment: bytes,
      }),
    ),
  },
})

export const offsetCommitKey = message({
  name: 'OffsetCommitKey',
  versions: [0, 0],
  fields: { group: string, topic: string, partition: int32 },
})

export const offsetCommitValue = message({
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexible: 4,
  fields: {
    offset: int64,
    leaderEpoch: int32.from(3).default(-1),
    metadata: string,
    commitTimestamp: int64,
    expireTimestamp: int64.from(1).until(1).default(-1),
    topicId: uuid.from(4).tag(0, 4),
  },
})

export const consumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 0],
  fields: { topics: array(string) },
})
