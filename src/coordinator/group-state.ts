import { CONSUMER_OFFSETS } from '../replication/topic-name.ts'
import type { Logger } from '../runtime/log.ts'
import type { ClassicGroup } from './classic/group.ts'
import type { CoordinatorRecord, RecordOrigin } from './coordinator-log.ts'
import type { DurableKind } from './group-kind.ts'
import { parseGroupRecord } from './group-records.ts'
import { LogState } from './log-state.ts'
import { OffsetStore } from './offsets/offset-store.ts'

/** The durable state of one shard: what a coordinator knows that has just replayed the log. */
export class GroupState extends LogState {
  readonly offsets = new OffsetStore()
  readonly #groups = new Map<string, ClassicGroup>()
  readonly #kinds: readonly DurableKind[]

  /** `kinds` are those beside classic groups, which have been here first. */
  constructor(logger: Logger, kinds: readonly DurableKind[] = []) {
    super(CONSUMER_OFFSETS, logger)
    this.#kinds = kinds
  }

  /** The classic groups. */
  get groups(): ReadonlyMap<string, ClassicGroup> {
    return this.#groups
  }

  override onMarker(producerId: number, committed: boolean): void {
    this.offsets.applyMarker(producerId, committed)
  }

  protected apply(record: CoordinatorRecord, origin: RecordOrigin): void {
    const parsed = parseGroupRecord(record, origin.offset)
    if (parsed.kind === 'offset') {
      const { groupId, topic, partition, committed } = parsed
      this.offsets.apply(origin.producerId, groupId, topic, partition, committed)
    } else if (parsed.kind === 'other') this.#applyOther(parsed.type, record, origin)
    else if (parsed.group === undefined) this.#groups.delete(parsed.groupId)
    else this.#groups.set(parsed.groupId, parsed.group)
  }

  #applyOther(type: number, record: CoordinatorRecord, { offset }: RecordOrigin): void {
    const kind = this.#kinds.find(({ recordTypes }) => recordTypes.has(type))
    if (kind !== undefined) kind.apply(type, record)
    else this.logger.debug({ type, offset }, 'a record of an unserved kind of group')
  }
}
