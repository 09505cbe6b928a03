/**
 * Record type 21 in `__consumer_offsets`: the tasks that a member of a streams group is to get (KIP-1071).
 */
import { array, int32, string, struct } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

const taskIds = struct({ subtopologyId: string, partitions: array(int32) })

export const streamsGroupTargetAssignmentMemberRecord = coordinatorRecord({
  type: 21,
  name: 'StreamsGroupTargetAssignmentMember',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string, memberId: string },
  value: {
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
  },
})
