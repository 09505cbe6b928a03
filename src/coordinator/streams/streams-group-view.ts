import type { CoordinatorRecord } from '../coordinator-log.ts'
import { ModernGroupView } from '../modern/group-view.ts'
import type { MemberMetadata, StreamsGroup, StreamsMember } from './group.ts'
import { encodeStreamsRecord } from './records.ts'
import type { AssignedTasks, TaskSet } from './tasks.ts'
import { inputTopics, readerOf } from './topology.ts'

/** A streams group, as requests meet it that don't care which kind it is. Its members commit for tasks that they run. */
export class StreamsGroupView extends ModernGroupView<MemberMetadata, AssignedTasks, TaskSet> {
  constructor(protected readonly group: StreamsGroup) {
    super()
  }

  tombstones(): readonly CoordinatorRecord[] {
    return this.group.tombstones().map((record) => encodeStreamsRecord(this.groupId, record))
  }

  /** The topology stays when nobody is left to run it. */
  protected subscribedTopics(): ReadonlySet<string> {
    const { topology } = this.group
    return new Set(this.isEmpty ? [] : topology?.subtopologies.flatMap(inputTopics))
  }

  protected heldOf({ assigned, pendingRevocation }: StreamsMember, { name }: { readonly name: string }) {
    const { topology } = this.group
    const subtopologyId = (topology && readerOf(topology, name)) ?? ''
    return {
      assigned: assigned.active.get(subtopologyId),
      pendingRevocation: pendingRevocation.active.get(subtopologyId),
    }
  }
}
