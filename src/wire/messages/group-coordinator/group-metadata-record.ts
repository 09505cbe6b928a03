/**
 * Record type 2 in `__consumer_offsets`: a classic group with its members, written whenever a generation is
 * complete.
 *
 * v1 adds the members' rebalance timeout, v2 when the state last changed (KIP-211), v3 static membership (KIP-345),
 * v4 is flexible. Subscription and assignment are the clients' own bytes.
 */
import { array, bytes, int32, int64, string, struct } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

export const groupMetadataRecord = coordinatorRecord({
  type: 2,
  name: 'GroupMetadata',
  versions: [0, 4],
  flexible: 4,
  key: { group: string },
  value: {
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
