import type { StreamsGroupConfig } from './config.ts'
import type { StreamsDraft } from './draft.ts'
import type { LiveState } from './live-state.ts'
import { assignTasks } from './sticky-assignor.ts'

/** What a heartbeat says when an assignment is put off. */
export type AssignmentDelay = 'initial rebalance delay' | 'assignment interval'

/** What an assignment is made by, as it is recorded with it. */
export function assignmentConfigs({
  standbyReplicas,
  rackAwareTags,
}: StreamsGroupConfig): ReadonlyMap<string, string> {
  const configs = new Map([['num.standby.replicas', String(standbyReplicas)]])
  if (rackAwareTags.length > 0) configs.set('rack.aware.assignment.tags', rackAwareTags.join(','))
  return configs
}

/**
 * Makes a new target assignment if the present one is of an older epoch, and not too soon after it; tells why not.
 * While tasks can't run at all everybody's target is to have none.
 *
 * Source: apache/kafka `GroupMetadataManager.maybeUpdateStreamsTargetAssignment`, `TargetAssignmentBuilder.java` of 4.4.
 */
export function assignIfDue(draft: StreamsDraft, live: LiveState): AssignmentDelay | undefined {
  const { group } = draft
  if (live.isDelayed) return 'initial rebalance delay'
  const { groupEpoch } = group
  if (group.assignmentEpoch >= groupEpoch || live.seen === undefined) return undefined
  if (draft.isTooSoonToAssign) return 'assignment interval'
  const { problem, subtopologies } = live.seen.configured
  const members = [...group.members.values()].map(({ memberId, processId, assigned }) => ({
    memberId,
    processId,
    current: {
      ...assigned,
      active: new Map([...assigned.active].map(([id, partitions]) => [id, new Set(partitions.keys())])),
    },
    taskOffsets: live.taskOffsets.get(memberId)?.offsets ?? new Map(),
  }))
  const isReady = problem === undefined && subtopologies !== undefined
  draft.assign(isReady ? assignTasks(members, subtopologies, standbyReplicas(group.metadata)) : new Map())
  draft.notes.push(`assignment of epoch ${groupEpoch} for ${members.length} members`)
  return undefined
}

/** As the group's epoch has it, which a change of the config begins anew. */
function standbyReplicas({
  assignmentConfigs: configs,
}: {
  readonly assignmentConfigs: ReadonlyMap<string, string>
}): number {
  return Number(configs.get('num.standby.replicas') ?? 0)
}
