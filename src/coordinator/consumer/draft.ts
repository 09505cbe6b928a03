import type { Assignment, EpochAssignment } from '../modern/assignment.ts'
import { type ModernCircumstances, ModernDraft } from '../modern/draft.ts'
import type { ConsumerGroupConfig } from './config.ts'
import type { ConsumerGroup, ConsumerRecord, MemberMetadata } from './group.ts'
import { encodeConsumerRecord } from './records.ts'

export interface Circumstances extends ModernCircumstances {
  readonly config: ConsumerGroupConfig
  /** group.max.size: a group of classic members alone becomes a classic one, if it fits. */
  readonly classicMaxSize: number
}

/** A decision about a consumer group. */
export class ConsumerDraft extends ModernDraft<MemberMetadata, EpochAssignment, Assignment> {
  constructor(
    readonly group: ConsumerGroup,
    readonly circumstances: Circumstances,
  ) {
    super()
  }

  append(record: ConsumerRecord): void {
    this.group.apply(record)
    this.records.push(encodeConsumerRecord(this.group.groupId, record))
  }

  bumpEpoch(metadataHash: bigint): void {
    const epoch = this.group.groupEpoch + 1
    this.append({ kind: 'group', value: { epoch, metadataHash } })
    this.notes.push(`group epoch ${epoch}`)
  }
}
