import { type ModernCircumstances, ModernDraft } from '../modern/draft.ts'
import type { StreamsGroupConfig } from './config.ts'
import type { GroupMetadata, MemberMetadata, StreamsGroup, StreamsRecord } from './group.ts'
import { encodeStreamsRecord } from './records.ts'
import type { AssignedTasks, TaskSet } from './tasks.ts'

export interface Circumstances extends ModernCircumstances {
  readonly config: StreamsGroupConfig
}

/** A decision about a streams group. */
export class StreamsDraft extends ModernDraft<MemberMetadata, AssignedTasks, TaskSet> {
  constructor(
    readonly group: StreamsGroup,
    readonly circumstances: Circumstances,
  ) {
    super()
  }

  append(record: StreamsRecord): void {
    this.group.apply(record)
    this.records.push(encodeStreamsRecord(this.group.groupId, record))
  }

  /** Begins a new group epoch, with what has changed. */
  bumpEpoch(changes: Partial<GroupMetadata> = {}): void {
    const { metadata } = this.group
    const epoch = metadata.epoch + 1
    this.append({ kind: 'group', value: { ...metadata, ...changes, epoch } })
    this.notes.push(`group epoch ${epoch}`)
  }
}
