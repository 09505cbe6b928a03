import { KafkaError } from '../../wire/errors.ts'
import type { ClassicGroups } from '../classic/classic-groups.ts'
import type { GroupHost, GroupKind } from '../group-kind.ts'
import { groupTombstone } from '../group-records.ts'
import { expectMembers, KindDeadlines, overdue } from '../modern/kind-deadlines.ts'
import { JOIN_EPOCH, knownMember, STATIC_LEAVE_EPOCH } from '../modern/membership.ts'
import type { Soon } from '../shard.ts'
import { assignIfDue } from './assignment.ts'
import { describeStreamsGroup, type StreamsGroupDescription } from './description.ts'
import { type Circumstances, StreamsDraft } from './draft.ts'
import { StreamsGroup } from './group.ts'
import {
  type HeartbeatOutcome,
  heartbeat,
  type StreamsHeartbeat,
  type StreamsHeartbeatReply,
} from './heartbeat.ts'
import { type LiveState, nothingLive } from './live-state.ts'
import { fence, leaveForAWhile } from './membership.ts'
import { statusCodes } from './status.ts'
import { StreamsGroupView } from './streams-group-view.ts'

/** A member that leaves, or a static member that leaves for a while. */
export interface StreamsLeave {
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly shutdownApplication: boolean
}

/**
 * The streams groups (KIP-1071) of one shard. Internal topics are made before the heartbeat is answered that finds them
 * missing, so that the first answer tells what to do.
 */
export class StreamsGroups implements GroupKind {
  readonly type = 'streams'
  readonly #host: GroupHost
  /** As the log has them. */
  readonly #groups: ReadonlyMap<string, StreamsGroup>
  readonly #classic: ClassicGroups
  readonly #deadlines: KindDeadlines
  readonly #live = new Map<string, LiveState>()

  constructor(host: GroupHost, groups: ReadonlyMap<string, StreamsGroup>, classic: ClassicGroups) {
    this.#host = host
    this.#groups = groups
    this.#classic = classic
    this.#deadlines = new KindDeadlines(host.environment.clock, (groupId, kind, memberId) => {
      if (kind === 'initial') this.#assignFirst(groupId)
      else this.evict(groupId, memberId, overdue[kind])
    })
  }

  onLoaded(): void {
    for (const { groupId, members } of this.#groups.values()) {
      const { sessionTimeoutMs } = this.#host.environment.streams.config(groupId)
      expectMembers(this.#deadlines.of(groupId), members.values(), sessionTimeoutMs)
    }
  }

  close(): void {
    this.#deadlines.stop()
    this.#live.clear()
  }

  heartbeat(request: StreamsHeartbeat): Soon<StreamsHeartbeatReply> {
    this.#host.requireActive()
    const { groupId } = request
    const draft =
      request.memberEpoch === JOIN_EPOCH ? this.#draftToJoin(groupId) : this.#draft(groupId, 'Streams group')
    const outcome = this.#beat(draft, request)
    if (outcome.missingTopics.length === 0) return this.#host.told(outcome.reply)
    return this.#withTopics(request, outcome)
  }

  leave({ groupId, memberId, memberEpoch, instanceId, shutdownApplication }: StreamsLeave): Soon<void> {
    this.#host.requireActive()
    const draft = this.#draft(groupId)
    const member = knownMember(draft.group, memberId, instanceId)
    if (memberEpoch === STATIC_LEAVE_EPOCH && instanceId !== null) leaveForAWhile(draft, member)
    else fence(draft, memberId)
    const state = this.#liveOf(groupId)
    const shutdownMemberId = state.shutdownMemberId ?? (shutdownApplication ? memberId : undefined)
    this.#carryOut(draft, { ...state, shutdownMemberId })
    return this.#host.told(undefined)
  }

  /** Throws GROUP_ID_NOT_FOUND if there is no streams group of that name. */
  describe(groupId: string): Soon<StreamsGroupDescription> {
    this.#host.requireActive()
    const group = this.#require(groupId)
    const { topics } = this.#host.environment
    return this.#host.told(describeStreamsGroup(group, topics(), this.#liveOf(groupId)))
  }

  hasDynamicMember(groupId: string, memberId: string): boolean {
    return this.#groups.get(groupId)?.members.get(memberId)?.instanceId === null
  }

  evict(groupId: string, memberId: string, reason: string): void {
    if (this.#groups.get(groupId)?.members.has(memberId) !== true) return
    const draft = this.#draft(groupId)
    fence(draft, memberId)
    draft.notes.push(`member ${memberId} is taken out: ${reason}`)
    this.#carryOut(draft, this.#liveOf(groupId))
  }

  find(groupId: string): StreamsGroupView | undefined {
    const group = this.#groups.get(groupId)
    return group === undefined ? undefined : new StreamsGroupView(group)
  }

  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }

  forget(groupId: string): void {
    this.#deadlines.forget(groupId)
    this.#live.delete(groupId)
  }

  #beat(draft: StreamsDraft, request: StreamsHeartbeat): HeartbeatOutcome {
    const outcome = heartbeat(draft, request, this.#liveOf(request.groupId))
    this.#carryOut(draft, outcome.live)
    return outcome
  }

  /** Makes what is missing and has the member take the step that was in want of it. */
  async #withTopics(
    request: StreamsHeartbeat,
    { reply, missingTopics }: HeartbeatOutcome,
  ): Promise<StreamsHeartbeatReply> {
    const refusals = await this.#host.environment.streams.makeTopics(missingTopics)
    this.#host.requireActive()
    if (refusals.size > 0) return await this.#host.told(withRefusals(reply, refusals))
    const draft = this.#draft(request.groupId, 'Streams group')
    const { memberEpoch } = reply
    const again = this.#beat(draft, { ...request, topology: null, memberEpoch })
    const { partitionsByUserEndpoint } = reply
    return await this.#host.told({
      ...again.reply,
      tasks: again.reply.tasks ?? reply.tasks,
      partitionsByUserEndpoint: again.reply.partitionsByUserEndpoint ?? partitionsByUserEndpoint,
    })
  }

  /** A group for somebody who joins: the one that there is, or a new one, also in place of an empty classic one. */
  #draftToJoin(groupId: string): StreamsDraft {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return new StreamsDraft(known.fork(), this.#circumstances(groupId))
    const draft = new StreamsDraft(new StreamsGroup(groupId), this.#circumstances(groupId))
    const other = this.#host.find(groupId)
    if (other === undefined) return draft
    if (other.type !== 'classic' || !other.isEmpty) throw notStreams(groupId)
    draft.records.push(groupTombstone(groupId))
    return draft
  }

  #draft(groupId: string, what = 'Group'): StreamsDraft {
    return new StreamsDraft(this.#require(groupId, what).fork(), this.#circumstances(groupId))
  }

  #require(groupId: string, what = 'Group'): StreamsGroup {
    const group = this.#groups.get(groupId)
    if (group !== undefined) return group
    if (this.#host.find(groupId) !== undefined) throw notStreams(groupId)
    throw new KafkaError('GROUP_ID_NOT_FOUND', `${what} ${groupId} not found.`)
  }

  /** Writes what was decided, all of it or, with a `KafkaError`, nothing; then it counts. */
  #carryOut(draft: StreamsDraft, state: LiveState): void {
    const { groupId, members } = draft.group
    if (draft.records.length > 0) this.#host.append(draft.records)
    for (const note of draft.notes) this.#host.environment.logger.debug({ groupId }, note)
    // What was a classic group till now, or only offsets, is one no longer.
    this.#classic.release(groupId)
    const taskOffsets = new Map([...state.taskOffsets].filter(([memberId]) => members.has(memberId)))
    const shutdownMemberId = members.size === 0 ? undefined : state.shutdownMemberId
    this.#live.set(groupId, { ...state, taskOffsets, shutdownMemberId })
    this.#deadlines.of(groupId).apply(draft.deadlines)
  }

  #liveOf(groupId: string): LiveState {
    return this.#live.get(groupId) ?? nothingLive
  }

  /** The group has waited for more members: those that have come share the tasks. */
  #assignFirst(groupId: string): void {
    const state = { ...this.#liveOf(groupId), isDelayed: false }
    const group = this.#groups.get(groupId)
    if (group === undefined || group.members.size === 0) {
      this.#live.set(groupId, state)
      return
    }
    const draft = this.#draft(groupId)
    assignIfDue(draft, state)
    draft.notes.push(overdue.initial)
    this.#carryOut(draft, state)
  }

  #circumstances(groupId: string): Circumstances {
    const { clock, streams, topics } = this.#host.environment
    return { nowMs: clock.nowMs(), config: streams.config(groupId), topics: topics() }
  }
}

/** Source: apache/kafka `KafkaApis.handleStreamsGroupHeartbeat`. */
function withRefusals(
  reply: StreamsHeartbeatReply,
  refusals: ReadonlyMap<string, string>,
): StreamsHeartbeatReply {
  const shown = [...refusals].slice(0, 3).map(([topic, why]) => `${topic} (${why})`)
  const rest = refusals.size > 3 ? ` and ${refusals.size - 3} more` : ''
  const failed = `; Creation failed: ${shown.join(', ')}${rest}.`
  return {
    ...reply,
    status: reply.status.map((status) =>
      status.statusCode === statusCodes.MISSING_INTERNAL_TOPICS
        ? { ...status, statusDetail: status.statusDetail + failed }
        : status,
    ),
  }
}

function notStreams(groupId: string): KafkaError {
  return new KafkaError('GROUP_ID_NOT_FOUND', `Group ${groupId} is not a streams group.`)
}
