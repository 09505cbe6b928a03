/**
 * AddRaftVoter v0–1. Adds a voter to the metadata quorum (KIP-853).
 *
 * v1 chooses whether to answer before the change is committed.
 */
import { api } from '../schema/api.ts'
import { array, bool, int16, int32, string, struct, uint16, uuid } from '../schema/field.ts'

export const addRaftVoter = api({
  key: 80,
  name: 'AddRaftVoter',
  versions: [0, 1],
  flexible: 0,
  request: {
    clusterId: string.nullable(),
    timeoutMs: int32,
    voterId: int32,
    voterDirectoryId: uuid,
    listeners: array(struct({ name: string, host: string, port: uint16 })),
    ackWhenCommitted: bool.from(1).default(true),
  },
  response: { throttleTimeMs: int32.default(0), errorCode: int16, errorMessage: string.nullable() },
})
