import { withEpochsForgotten } from '../modern/assignment.ts'
import { STATIC_LEAVE_EPOCH } from '../modern/membership.ts'
import type { StreamsDraft } from './draft.ts'
import type { StreamsMember } from './group.ts'
import { NOTHING_ASSIGNED } from './tasks.ts'

/** Takes a member out, and has its tasks shared out anew. */
export function fence(draft: StreamsDraft, memberId: string): void {
  draft.removeMember(memberId)
  draft.bumpEpoch()
  draft.endIfEmpty()
}

/** A static member is away; its tasks wait for it until its session expires. */
export function leaveForAWhile(draft: StreamsDraft, member: StreamsMember): void {
  draft.appendCurrent({
    ...member,
    memberEpoch: STATIC_LEAVE_EPOCH,
    assigned: { ...member.assigned, active: withEpochsForgotten(member.assigned.active) },
    pendingRevocation: NOTHING_ASSIGNED,
  })
}
