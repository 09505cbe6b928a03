/**
 * StreamsGroupTopologyDescriptionUpdate v0. A streams client hands in the description of its topology (KIP-1331).
 */
import { api } from '../schema/api.ts'
import { array, int8, int16, int32, string, struct } from '../schema/field.ts'

const topologyDescriptionNode = struct({
  name: string,
  nodeType: int8,
  sourceTopics: array(string),
  sinkTopic: string.nullable().default(null),
  stores: array(string),
  successors: array(string),
})

export const streamsGroupTopologyDescriptionUpdate = api({
  key: 93,
  name: 'StreamsGroupTopologyDescriptionUpdate',
  versions: [0, 0],
  flexible: 0,
  request: {
    groupId: string,
    memberId: string,
    topologyEpoch: int32,
    topologyDescription: struct({
      subtopologies: array(struct({ subtopologyId: string, nodes: array(topologyDescriptionNode) })),
      globalStores: array(struct({ source: topologyDescriptionNode, processor: topologyDescriptionNode })),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    errorMessage: string.nullable().default(null),
  },
})
