/**
 * What consumers hand each other through a classic group, each behind its version: the subscription, which goes with
 * JoinGroup, and the assignment, which comes with SyncGroup.
 *
 * Subscription: v1 adds the partitions that the member owns (KIP-429), v2 the generation in which it owned them
 * (KIP-792), v3 its rack (KIP-881). The assignment has looked the same since v0. A version newer than these is read
 * as the newest known one: later versions only add fields at the end.
 *
 * Source: apache/kafka `ConsumerProtocol.java`.
 */
import { array, bytes, int32, string, struct } from '../schema/field.ts'
import { type DecodedOf, type Message, message } from '../schema/message.ts'
import { readVersion, VERSION_BYTES } from '../schema/versioned.ts'
import { WireError } from '../wire-error.ts'

const topicPartitions = struct({ topic: string, partitions: array(int32) })

export const consumerProtocolSubscription = message({
  name: 'ConsumerProtocolSubscription',
  versions: [0, 3],
  fields: {
    topics: array(string),
    userData: bytes.nullable().default(null),
    ownedPartitions: array(topicPartitions).from(1),
    generationId: int32.from(2).default(-1),
    rackId: string.nullable().from(3).default(null),
  },
})

export const consumerProtocolAssignment = message({
  name: 'ConsumerProtocolAssignment',
  versions: [0, 3],
  fields: {
    assignedPartitions: array(topicPartitions),
    userData: bytes.nullable().default(null),
  },
})

/** Throws WireError when the bytes are no subscription. */
export function decodeSubscription(bytes: Buffer): DecodedOf<typeof consumerProtocolSubscription> {
  return decodeOpenEnded(consumerProtocolSubscription, bytes)
}

/** Throws WireError when the bytes are no assignment. */
export function decodeAssignment(bytes: Buffer): DecodedOf<typeof consumerProtocolAssignment> {
  return decodeOpenEnded(consumerProtocolAssignment, bytes)
}

function decodeOpenEnded<D>(of: Message<D, unknown>, bytes: Buffer): D {
  const version = readVersion(bytes)
  if (version < of.minVersion) throw new WireError(`${of.name} has no version ${version}`)
  return of.decode(bytes, Math.min(version, of.maxVersion), VERSION_BYTES)
}
