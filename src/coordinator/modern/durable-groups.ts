import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { DurableKind } from '../group-kind.ts'

/** What a record says, as far as one has to know to keep groups. */
interface ParsedRecord {
  readonly kind: string
  readonly value?: unknown
}

/** How the groups of one kind are read from the log. */
export interface GroupFormat<Group, Parsed extends ParsedRecord> {
  readonly recordTypes: ReadonlySet<number>
  /** Throws a `WireError` if the record is not what its key says. */
  parse(type: number, record: CoordinatorRecord): { readonly groupId: string; readonly record: Parsed }
  newGroup(groupId: string): Group
}

/** The groups of one kind in one shard, as the log has them. A group is there until its record of kind `group` goes. */
export class DurableGroups<Group extends { apply(record: Parsed): void }, Parsed extends ParsedRecord>
  implements DurableKind
{
  readonly #format: GroupFormat<Group, Parsed>
  readonly #groups = new Map<string, Group>()

  constructor(format: GroupFormat<Group, Parsed>) {
    this.#format = format
  }

  get recordTypes(): ReadonlySet<number> {
    return this.#format.recordTypes
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.#groups
  }

  apply(type: number, record: CoordinatorRecord): void {
    const { groupId, record: parsed } = this.#format.parse(type, record)
    if (parsed.kind === 'group' && parsed.value === null) this.#groups.delete(groupId)
    // Compaction may leave the tombstone of a part whose group is gone.
    else if (record.value === null) this.#groups.get(groupId)?.apply(parsed)
    else this.#obtain(groupId).apply(parsed)
  }

  #obtain(groupId: string): Group {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return known
    const group = this.#format.newGroup(groupId)
    this.#groups.set(groupId, group)
    return group
  }
}
