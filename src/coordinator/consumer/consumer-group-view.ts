import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { Assignment, EpochAssignment } from '../modern/assignment.ts'
import { ModernGroupView } from '../modern/group-view.ts'
import { type ConsumerGroup, type ConsumerMember, isClassic, type MemberMetadata } from './group.ts'
import { encodeConsumerRecord } from './records.ts'
import { subscribedTopics } from './subscriptions.ts'

/** A consumer group, as requests meet it that don't care which kind it is. */
export class ConsumerGroupView extends ModernGroupView<MemberMetadata, EpochAssignment, Assignment> {
  constructor(protected readonly group: ConsumerGroup) {
    super()
  }

  tombstones(): readonly CoordinatorRecord[] {
    return this.group.tombstones().map((record) => encodeConsumerRecord(this.groupId, record))
  }

  protected subscribedTopics(): ReadonlySet<string> {
    return subscribedTopics(this.group)
  }

  protected heldOf(
    { assigned, pendingRevocation }: ConsumerMember,
    { topicId }: { readonly topicId: string },
  ) {
    return { assigned: assigned.get(topicId), pendingRevocation: pendingRevocation.get(topicId) }
  }

  protected override isClassic(member: ConsumerMember): boolean {
    return isClassic(member)
  }
}
