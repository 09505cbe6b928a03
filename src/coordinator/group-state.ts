import type { Logger } from '../runtime/log.ts'
import { WireError } from '../wire/wire-error.ts'
import type { ClassicGroup } from './classic/group.ts'
import type { CoordinatorRecord, RecordOrigin, ReplayTarget } from './coordinator-log.ts'
import type { DurableKind } from './group-kind.ts'
import { type GroupRecord, parseGroupRecord } from './group-records.ts'
import { OffsetStore } from './offsets/offset-store.ts'

/** The durable state of one shard: what a coordinator knows that has just replayed the log. */
export class GroupState implements ReplayTarget {
  readonly offsets = new OffsetStore()
  readonly #groups = new Map<string, ClassicGroup>()
  readonly #logger: Logger

  readonly #kinds: readonly DurableKind[]

  /** `kinds` are those beside classic groups, which have been here first. */
  constructor(logger: Logger, kinds: readonly DurableKind[] = []) {
    this.#logger = logger
    this.#kinds = kinds
  }

  /** The classic groups. */
  get groups(): ReadonlyMap<string, ClassicGroup> {
    return this.#groups
  }

  /** A record that can't be read is left out, loudly: the groups of the others are served all the same. */
  onRecord(record: CoordinatorRecord, origin: RecordOrigin): void {
    try {
      this.#apply(parseGroupRecord(record, origin.offset), record, origin)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      const { offset } = origin
      this.#logger.error({ offset, error }, 'a record of __consumer_offsets can not be read and is left out')
    }
  }

  onMarker(producerId: number, committed: boolean): void {
    this.offsets.applyMarker(producerId, committed)
  }

  #apply(parsed: GroupRecord, record: CoordinatorRecord, origin: RecordOrigin): void {
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
    else this.#logger.debug({ type, offset }, 'a record of an unserved kind of group')
  }
}
