import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { DurableKind } from '../group-kind.ts'
import { emptyShareGroup, type ShareGroup } from './share-group.ts'
import { applyShareRecord, shareRecordTypes } from './share-group-records.ts'

/** The share groups of one shard, as the log tells them. */
export class ShareGroupStore implements DurableKind {
  readonly recordTypes = shareRecordTypes
  readonly #groups = new Map<string, ShareGroup>()

  get groups(): ReadonlyMap<string, ShareGroup> {
    return this.#groups
  }

  apply(type: number, record: CoordinatorRecord): void {
    const { groupId, group } = applyShareRecord(
      type,
      record,
      (id) => this.#groups.get(id) ?? emptyShareGroup(id),
    )
    if (group === undefined) this.#groups.delete(groupId)
    // Compaction may leave the tombstone of a part whose group is gone.
    else if (record.value !== null || this.#groups.has(groupId)) this.#groups.set(groupId, group)
  }
}
