import type { AssignmentDelay } from './assignment.ts'
import type { StreamsGroupConfig } from './config.ts'
import type { ConfiguredTopology } from './configured-topology.ts'
import type { StreamsMember } from './group.ts'
import type { Topology } from './topology.ts'

/** What members are told about their group, beside their tasks. */
export interface Status {
  readonly statusCode: number
  readonly statusDetail: string
}

/** Kafka's codes (StreamsGroupHeartbeatResponse.json). */
export const statusCodes = {
  STALE_TOPOLOGY: 0,
  MISSING_SOURCE_TOPICS: 1,
  INCORRECTLY_PARTITIONED_TOPICS: 2,
  MISSING_INTERNAL_TOPICS: 3,
  SHUTDOWN_APPLICATION: 4,
  ASSIGNMENT_DELAYED: 5,
  MISSING_CLIENT_TAGS: 6,
} as const

export interface GroupSituation {
  readonly member: StreamsMember
  readonly topology: Topology
  readonly delay: AssignmentDelay | undefined
  readonly configured: ConfiguredTopology
  readonly shutdownMemberId: string | undefined
  readonly config: StreamsGroupConfig
  readonly knowsTags: boolean
}

/** In the order in which Kafka gives them. */
export function statusOf(situation: GroupSituation): Status[] {
  const { member, topology, delay, configured, shutdownMemberId } = situation
  const all: Status[] = []
  const tell = (name: keyof typeof statusCodes, statusDetail: string) =>
    all.push({ statusCode: statusCodes[name], statusDetail })
  if (member.topologyEpoch < topology.epoch)
    tell(
      'STALE_TOPOLOGY',
      `The member's topology epoch ${member.topologyEpoch} is behind the group's topology epoch ${topology.epoch}.`,
    )
  if (delay !== undefined) tell('ASSIGNMENT_DELAYED', `Assignment delayed due to the configured ${delay}.`)
  if (configured.problem !== undefined) tell(configured.problem.status, configured.problem.message)
  if (shutdownMemberId !== undefined)
    tell(
      'SHUTDOWN_APPLICATION',
      `Streams group member ${shutdownMemberId} encountered a fatal error and requested a shutdown for the entire application.`,
    )
  const missing = missingTags(situation)
  if (missing.length > 0)
    tell(
      'MISSING_CLIENT_TAGS',
      `Missing required client tags for rack-aware standby assignment: [${missing.join(', ')}]. Configure them via 'client.tag.<tagKey>' in your Streams config.`,
    )
  return all
}

function missingTags({ member, config, knowsTags }: GroupSituation): string[] {
  return knowsTags ? config.rackAwareTags.filter((tag) => !member.clientTags.has(tag)) : []
}
