/**
 * Record type 5 in `__consumer_offsets`: a member of a consumer group (KIP-848), with its classic protocols when it
 * joined by the classic protocol.
 */
import { array, bytes, int32, string, struct } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const consumerGroupMemberMetadataRecord = coordinatorRecord({
  type: 5,
  name: 'ConsumerGroupMemberMetadata',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string, memberId: string },
  value: {
    instanceId: string.nullable(),
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
    subscribedTopicRegex: string.nullable(),
    rebalanceTimeoutMs: int32.default(-1),
    serverAssignor: string.nullable(),
    classicMemberMetadata: struct({
      sessionTimeoutMs: int32,
      supportedProtocols: array(struct({ name: string, metadata: bytes })),
    })
      .nullable()
      .tag(0),
  },
})
