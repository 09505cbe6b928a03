/**
 * StreamsGroupDescribe v0–1. Shows streams groups with topology, members and tasks (KIP-1071).
 *
 * v1 adds the description of the topology (KIP-1331) and the assignor's name (KIP-1357).
 */
import { api } from '../schema/api.ts'
import { array, bool, int8, int16, int32, int64, string, struct, uint16 } from '../schema/field.ts'

const topologyDescriptionNode = struct({
  name: string,
  nodeType: int8,
  sourceTopics: array(string),
  sinkTopic: string.nullable().default(null),
  stores: array(string),
  successors: array(string),
})

const taskIds = struct({ subtopologyId: string, partitions: array(int32) })

const assignment = struct({
  activeTasks: array(taskIds),
  standbyTasks: array(taskIds),
  warmupTasks: array(taskIds),
})

const taskOffset = struct({ subtopologyId: string, partition: int32, offset: int64 })

const keyValue = struct({ key: string, value: string })

const topicInfo = struct({
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(keyValue),
})

export const streamsGroupDescribe = api({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupIds: array(string),
    includeAuthorizedOperations: bool,
    includeTopologyDescription: bool.from(1),
  },
  response: {
    throttleTimeMs: int32.default(0),
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        groupId: string,
        groupState: string,
        groupEpoch: int32,
        assignmentEpoch: int32,
        topology: struct({
          epoch: int32,
          subtopologies: array(
            struct({
              subtopologyId: string,
              sourceTopics: array(string),
              repartitionSinkTopics: array(string),
              stateChangelogTopics: array(topicInfo),
              repartitionSourceTopics: array(topicInfo),
            }),
          )
            .nullable()
            .default(null),
        })
          .nullable()
          .default(null),
        members: array(
          struct({
            memberId: string,
            memberEpoch: int32,
            instanceId: string.nullable().default(null),
            rackId: string.nullable().default(null),
            clientId: string,
            clientHost: string,
            topologyEpoch: int32,
            processId: string,
            userEndpoint: struct({ host: string, port: uint16 }).nullable().default(null),
            clientTags: array(keyValue),
            taskOffsets: array(taskOffset),
            taskEndOffsets: array(taskOffset),
            assignment: assignment,
            targetAssignment: assignment,
            isClassic: bool,
          }),
        ),
        authorizedOperations: int32.default(-2147483648),
        topologyDescription: struct({
          subtopologies: array(struct({ subtopologyId: string, nodes: array(topologyDescriptionNode) })),
          globalStores: array(
            struct({ source: topologyDescriptionNode, processor: topologyDescriptionNode }),
          ),
        })
          .nullable()
          .from(1)
          .default(null),
        topologyDescriptionStatus: int8.from(1),
        assignorName: string.nullable().from(1).default(null),
      }),
    ),
  },
})
