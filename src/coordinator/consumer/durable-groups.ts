import type { CoordinatorRecord } from '../coordinator-log.ts'
import type { DurableKind } from '../group-kind.ts'
import { ConsumerGroup } from './group.ts'
import { consumerRecordTypes, parseConsumerRecord } from './records.ts'

/** The consumer groups of one shard, as the log has them. */
export class DurableConsumerGroups implements DurableKind {
  readonly recordTypes = consumerRecordTypes
  readonly #groups = new Map<string, ConsumerGroup>()

  get groups(): ReadonlyMap<string, ConsumerGroup> {
    return this.#groups
  }

  apply(type: number, record: CoordinatorRecord): void {
    const { groupId, record: parsed } = parseConsumerRecord(type, record)
    if (parsed.kind === 'group' && parsed.value === null) this.#groups.delete(groupId)
    else if (record.value === null) this.#groups.get(groupId)?.apply(parsed)
    else this.#obtain(groupId).apply(parsed)
  }

  #obtain(groupId: string): ConsumerGroup {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return known
    const group = ConsumerGroup.fresh(groupId)
    this.#groups.set(groupId, group)
    return group
  }
}
