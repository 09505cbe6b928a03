/**
 * Record type 19 in `__consumer_offsets`: a member of a streams group (KIP-1071).
 */
import { array, int32, string, struct, uint16 } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const streamsGroupMemberMetadataRecord = coordinatorRecord({
  type: 19,
  name: 'StreamsGroupMemberMetadata',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string, memberId: string },
  value: {
    instanceId: string.nullable(),
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    rebalanceTimeoutMs: int32.default(-1),
    topologyEpoch: int32,
    processId: string,
    userEndpoint: struct({ host: string, port: uint16 }).nullable().default(null),
    clientTags: array(struct({ key: string, value: string })),
  },
})
