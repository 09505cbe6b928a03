import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { offsetDelete } from '../../wire/apis/offset-delete.ts'
import { errorCodes, NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'
import type { TopicLookup } from '../topic-lookup.ts'

/**
 * Removes committed offsets of single partitions (KIP-496). Partitions that don't exist are told so one by one; what
 * is wrong with the group refuses the whole request, without topics in the answer.
 */
export function offsetDeleteHandler(
  groups: GroupCoordinator,
  lookup: TopicLookup,
): Handler<typeof offsetDelete> {
  return {
    api: offsetDelete,
    async handle({ groupId, topics }) {
      const known = topics.map(({ name, partitions }) => {
        const count = lookup.partitionCount(name) ?? 0
        const indexes = partitions.map(({ partitionIndex }) => partitionIndex)
        return { name, partitions: indexes.filter((index) => index >= 0 && index < count) }
      })
      const results = await groups.deleteOffsets(groupId, known)
      return {
        errorCode: NONE,
        topics: topics.map(({ name, partitions }, at) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => {
            const result = results[at]?.partitions.find((each) => each.partitionIndex === partitionIndex)
            const errorCode = result?.errorCode ?? errorCodes.UNKNOWN_TOPIC_OR_PARTITION
            return { partitionIndex, errorCode }
          }),
        })),
      }
    },
    refuse(_request, error) {
      return { errorCode: error.code, topics: [] }
    },
  }
}
