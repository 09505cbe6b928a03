import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { deleteGroups } from '../../wire/apis/delete-groups.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

/** Deletes groups that nobody is in, with all their offsets (KIP-229). A name that comes twice counts once. */
export function deleteGroupsHandler(groups: GroupCoordinator): Handler<typeof deleteGroups> {
  return {
    api: deleteGroups,
    async handle({ groupsNames }) {
      const results = [...new Set(groupsNames)].map(async (groupId) => ({
        groupId,
        errorCode: await errorOfDeleting(groups, groupId),
      }))
      return { results: await Promise.all(results) }
    },
    refuse({ groupsNames }, error) {
      return { results: groupsNames.map((groupId) => ({ groupId, errorCode: error.code })) }
    },
  }
}

async function errorOfDeleting(groups: GroupCoordinator, groupId: string): Promise<number> {
  try {
    await groups.delete(groupId)
    return NONE
  } catch (error) {
    if (error instanceof KafkaError) return error.code
    throw error
  }
}
