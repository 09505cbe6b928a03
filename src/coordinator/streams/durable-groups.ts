import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { DurableKind } from '../group-kind.ts'
import { StreamsGroup } from './group.ts'
import { parseStreamsRecord, streamsRecordTypes } from './records.ts'

/** The streams groups of one shard, as the log has them. */
export class DurableStreamsGroups implements DurableKind {
  readonly recordTypes = streamsRecordTypes
  readonly #groups = new Map<string, StreamsGroup>()

  get groups(): ReadonlyMap<string, StreamsGroup> {
    return this.#groups
  }

  apply(type: number, record: CoordinatorRecord): void {
    const { groupId, record: parsed } = parseStreamsRecord(type, record)
    if (parsed.kind === 'group' && parsed.value === null) this.#groups.delete(groupId)
    else if (record.value === null) this.#groups.get(groupId)?.apply(parsed)
    else this.#obtain(groupId).apply(parsed)
  }

  #obtain(groupId: string): StreamsGroup {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return known
    const group = StreamsGroup.fresh(groupId)
    this.#groups.set(groupId, group)
    return group
  }
}
