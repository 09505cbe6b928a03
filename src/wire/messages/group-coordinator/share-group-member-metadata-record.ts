/**
 * Record type 10 in `__consumer_offsets`: a member of a share group (KIP-932).
 */
import { array, string } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const shareGroupMemberMetadataRecord = coordinatorRecord({
  type: 10,
  name: 'ShareGroupMemberMetadata',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string, memberId: string },
  value: {
    rackId: string.nullable(),
    clientId: string,
    clientHost: string,
    subscribedTopicNames: array(string),
  },
})
