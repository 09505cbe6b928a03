/**
 * Record type 23 in `__consumer_offsets`: the topology of a streams group (KIP-1071).
 */
import { array, int16, int32, string, struct } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

const topicInfo = struct({
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(struct({ key: string, value: string })),
})

export const streamsGroupTopologyRecord = coordinatorRecord({
  type: 23,
  name: 'StreamsGroupTopology',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string },
  value: {
    epoch: int32,
    subtopologies: array(
      struct({
        subtopologyId: string,
        sourceTopics: array(string),
        sourceTopicRegex: array(string),
        stateChangelogTopics: array(topicInfo),
        repartitionSinkTopics: array(string),
        repartitionSourceTopics: array(topicInfo),
        copartitionGroups: array(
          struct({
            sourceTopics: array(int16),
            sourceTopicRegex: array(int16),
            repartitionSourceTopics: array(int16),
          }),
        ),
      }),
    ),
  },
})
