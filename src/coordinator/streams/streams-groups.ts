import type { DeadlineKind } from '../group-deadlines.ts'
import { ModernGroups } from '../modern/groups.ts'
import { JOIN_EPOCH, knownMember, STATIC_LEAVE_EPOCH } from '../modern/membership.ts'
import type { Soon } from '../shard.ts'
import { assignIfDue } from './assignment.ts'
import type { StreamsGroupConfig } from './config.ts'
import { describeStreamsGroup, type StreamsGroupDescription } from './description.ts'
import { StreamsDraft } from './draft.ts'
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
export class StreamsGroups extends ModernGroups<StreamsGroup, StreamsDraft> {
  readonly type = 'streams'
  readonly #live = new Map<string, LiveState>()

  override close(): void {
    super.close()
    this.#live.clear()
  }

  heartbeat(request: StreamsHeartbeat): Soon<StreamsHeartbeatReply> {
    this.host.requireActive()
    const { groupId } = request
    const draft =
      request.memberEpoch === JOIN_EPOCH ? this.draftToJoin(groupId) : this.draft(groupId, 'Streams group')
    const outcome = this.#beat(draft, request)
    if (outcome.missingTopics.length === 0) return this.host.told(outcome.reply)
    return this.#withTopics(request, outcome)
  }

  leave({ groupId, memberId, memberEpoch, instanceId, shutdownApplication }: StreamsLeave): Soon<void> {
    this.host.requireActive()
    const draft = this.draft(groupId)
    const member = knownMember(draft.group, memberId, instanceId)
    if (memberEpoch === STATIC_LEAVE_EPOCH && instanceId !== null) leaveForAWhile(draft, member)
    else fence(draft, memberId)
    const state = this.#liveOf(groupId)
    const shutdownMemberId = state.shutdownMemberId ?? (shutdownApplication ? memberId : undefined)
    this.#carryOutWith(draft, { ...state, shutdownMemberId })
    return this.host.told(undefined)
  }

  /** Throws GROUP_ID_NOT_FOUND if there is no streams group of that name. */
  describe(groupId: string): Soon<StreamsGroupDescription> {
    this.host.requireActive()
    const group = this.require(groupId)
    const { topics } = this.host.environment
    return this.host.told(describeStreamsGroup(group, topics(), this.#liveOf(groupId)))
  }

  find(groupId: string): StreamsGroupView | undefined {
    const group = this.groups.get(groupId)
    return group === undefined ? undefined : new StreamsGroupView(group)
  }

  override forget(groupId: string): void {
    super.forget(groupId)
    this.#live.delete(groupId)
  }

  protected configOf(groupId: string): StreamsGroupConfig {
    return this.host.environment.streams.config(groupId)
  }

  protected newGroup(groupId: string): StreamsGroup {
    return new StreamsGroup(groupId)
  }

  protected draftOf(group: StreamsGroup): StreamsDraft {
    const { clock, topics } = this.host.environment
    const config = this.configOf(group.groupId)
    return new StreamsDraft(group.fork(), { nowMs: clock.nowMs(), config, topics: topics() })
  }

  protected takeOut(draft: StreamsDraft, memberId: string): void {
    fence(draft, memberId)
    this.#carryOutWith(draft, this.#liveOf(draft.group.groupId))
  }

  protected override onDue(groupId: string, kind: DeadlineKind, memberId: string): void {
    if (kind === 'phase') this.#assignFirst(groupId)
    else super.onDue(groupId, kind, memberId)
  }

  #beat(draft: StreamsDraft, request: StreamsHeartbeat): HeartbeatOutcome {
    const outcome = heartbeat(draft, request, this.#liveOf(request.groupId))
    this.#carryOutWith(draft, outcome.live)
    return outcome
  }

  /** Makes what is missing and has the member take the step that was in want of it. */
  async #withTopics(
    request: StreamsHeartbeat,
    { reply, missingTopics }: HeartbeatOutcome,
  ): Promise<StreamsHeartbeatReply> {
    const refusals = await this.host.environment.streams.makeTopics(missingTopics)
    this.host.requireActive()
    if (refusals.size > 0) return await this.host.told(withRefusals(reply, refusals))
    const draft = this.draft(request.groupId, 'Streams group')
    const { memberEpoch } = reply
    const again = this.#beat(draft, { ...request, topology: null, memberEpoch })
    const { partitionsByUserEndpoint } = reply
    return await this.host.told({
      ...again.reply,
      tasks: again.reply.tasks ?? reply.tasks,
      partitionsByUserEndpoint: again.reply.partitionsByUserEndpoint ?? partitionsByUserEndpoint,
    })
  }

  /** What is remembered counts with what is written. */
  #carryOutWith(draft: StreamsDraft, state: LiveState): void {
    this.carryOut(draft)
    const { groupId, members } = draft.group
    const taskOffsets = offsetsOf(members, state.taskOffsets)
    const shutdownMemberId = members.size === 0 ? undefined : state.shutdownMemberId
    this.#live.set(groupId, { ...state, taskOffsets, shutdownMemberId })
  }

  #liveOf(groupId: string): LiveState {
    return this.#live.get(groupId) ?? nothingLive
  }

  /** The group has waited for more members: those that have come share the tasks. */
  #assignFirst(groupId: string): void {
    const state = { ...this.#liveOf(groupId), isDelayed: false }
    const group = this.groups.get(groupId)
    if (group === undefined || group.members.size === 0) {
      this.#live.set(groupId, state)
      return
    }
    const draft = this.draft(groupId)
    assignIfDue(draft, state)
    draft.notes.push('the group has waited for its first members')
    this.#carryOutWith(draft, state)
  }
}

/** What those say who are there, the same value as long as nobody has gone. */
function offsetsOf(members: StreamsGroup['members'], taskOffsets: LiveState['taskOffsets']) {
  for (const gone of taskOffsets.keys())
    if (!members.has(gone)) return new Map([...taskOffsets].filter(([memberId]) => members.has(memberId)))
  return taskOffsets
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
