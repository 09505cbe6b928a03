import { type EpochAssignment, isSameEpochAssignment } from '../modern/assignment.ts'
import { JOIN_EPOCH, type MemberReport, reportedBy, requireRoom } from '../modern/membership.ts'
import type { ConsumerDraft } from './draft.ts'
import type { ConsumerMember } from './group.ts'
import { claimedMember } from './membership.ts'
import type { OwnedPartitions } from './reconcile.ts'
import { assignIfDue, reconcileMember, subscribe, type TopicsSeen } from './subscribe.ts'

/** What a ConsumerGroupHeartbeat says that is no leave. `null` fields haven't changed since the last one. */
export interface ConsumerHeartbeat extends MemberReport {
  readonly groupId: string
  /** Not empty: whoever calls has made one up where the client left that to the broker. */
  readonly memberId: string
  /** 0 to join. */
  readonly memberEpoch: number
  readonly subscribedTopicNames: readonly string[] | null
  readonly subscribedTopicRegex: string | null
  readonly serverAssignor: string | null
  readonly owned: OwnedPartitions | null
}

export interface ConsumerHeartbeatReply {
  readonly memberId: string
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  /** What the member may use; null when it knows already. */
  readonly assignment: EpochAssignment | null
}

/**
 * A member joins, reports or changes its mind, and learns how things stand with it (KIP-848). Throws a `KafkaError`,
 * and the draft must be dropped then. Source of the rules: apache/kafka
 * `GroupMetadataManager.consumerGroupHeartbeat`.
 */
export function heartbeat(
  draft: ConsumerDraft,
  request: ConsumerHeartbeat,
  seen: TopicsSeen,
): { readonly reply: ConsumerHeartbeatReply; readonly seen: TopicsSeen } {
  const { memberId, owned } = request
  requireRoom(draft, request)
  const member = claimedMember(draft, request, request.memberEpoch === JOIN_EPOCH)
  const updated = updatedBy(member, request)
  const subscribed = subscribe(draft, member, updated, seen)
  assignIfDue(draft)
  const next = reconcileMember(draft, updated, subscribed.hasSubscriptionChanged, owned)
  const { config } = draft.circumstances
  draft.expect('session', memberId, config.sessionTimeoutMs)
  draft.cancel('join', memberId)
  draft.cancel('sync', memberId)
  const tells =
    request.memberEpoch === JOIN_EPOCH ||
    isFull(request) ||
    !isSameEpochAssignment(member.assigned, next.assigned)
  return {
    reply: {
      memberId,
      memberEpoch: next.memberEpoch,
      heartbeatIntervalMs: config.heartbeatIntervalMs,
      assignment: tells ? next.assigned : null,
    },
    seen: subscribed.seen,
  }
}

/** A request that says everything comes from a client that doesn't know how things stand. */
function isFull(request: ConsumerHeartbeat): boolean {
  const hasSubscription = request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null
  return request.rebalanceTimeoutMs !== -1 && hasSubscription && request.owned !== null
}

function updatedBy(member: ConsumerMember, request: ConsumerHeartbeat): ConsumerMember {
  const names = request.subscribedTopicNames
  return {
    ...member,
    ...reportedBy(member, request),
    serverAssignor: request.serverAssignor ?? member.serverAssignor,
    subscribedTopicNames: names === null ? member.subscribedTopicNames : [...new Set(names)].sort(),
    subscribedTopicRegex: request.subscribedTopicRegex ?? member.subscribedTopicRegex,
    classic: null,
  }
}
