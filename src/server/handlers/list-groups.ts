import type { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { listGroups } from '../../wire/apis/list-groups.ts'
import { NONE } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

/** Lists the groups that this broker coordinates, by state (KIP-518) and type (KIP-848) if asked. */
export function listGroupsHandler(groups: GroupCoordinator): Handler<typeof listGroups> {
  return {
    api: listGroups,
    async handle({ statesFilter, typesFilter }) {
      const states = lowerCase(statesFilter)
      const types = lowerCase(typesFilter)
      const listed = await groups.list()
      return {
        errorCode: NONE,
        groups: listed
          .filter(({ state }) => states.size === 0 || states.has(state.toLowerCase()))
          .filter(({ type }) => types.size === 0 || types.has(type))
          .map(({ groupId, type, protocolType, state }) => ({
            groupId,
            protocolType,
            groupState: state,
            groupType: type,
          })),
      }
    },
    refuse(_request, error) {
      return { errorCode: error.code, groups: [] }
    },
  }
}

/** Filters are compared without regard to case; one that names nothing known just finds nothing. */
function lowerCase(names: readonly string[]): Set<string> {
  return new Set(names.map((name) => name.toLowerCase()))
}
