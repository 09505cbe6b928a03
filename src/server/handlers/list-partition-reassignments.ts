import { listPartitionReassignments } from '../../wire/apis/list-partition-reassignments.ts'
import { NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

/** ListPartitionReassignments v0: the moves of partitions under way. A lone broker has none. */
export const listPartitionReassignmentsHandler: Handler<typeof listPartitionReassignments> = {
  api: listPartitionReassignments,
  handle: () => ({ errorCode: NONE, errorMessage: null, topics: [] }),
  refuse: (_request, error) => ({ errorCode: error.code, errorMessage: error.message, topics: [] }),
}
