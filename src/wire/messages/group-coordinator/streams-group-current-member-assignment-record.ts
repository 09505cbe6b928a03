/**
 * Record type 22 in `__consumer_offsets`: the tasks that a member of a streams group has, and has yet to give back
 * (KIP-1071).
 */
import { array, int8, int32, string, struct } from '../../schema/field.ts'
import { coordinatorRecord } from '../coordinator-record.ts'

const taskIds = struct({
  subtopologyId: string,
  partitions: array(int32),
  assignmentEpochs: array(int32).nullable().tag(0),
})

export const streamsGroupCurrentMemberAssignmentRecord = coordinatorRecord({
  type: 22,
  name: 'StreamsGroupCurrentMemberAssignment',
  versions: [0, 0],
  flexible: 0,
  key: { groupId: string, memberId: string },
  value: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
    activeTasksPendingRevocation: array(taskIds),
    standbyTasksPendingRevocation: array(taskIds),
    warmupTasksPendingRevocation: array(taskIds),
  },
})
