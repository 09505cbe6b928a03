import { findCoordinator } from '../../wire/apis/find-coordinator.ts'
import { KafkaError, NONE } from '../../wire/errors.ts'
import type { ConnectionInfo, Handler } from '../handler.ts'

/** What coordinators are asked for. Share coordinators (KIP-932) are known from version 6 on. */
export type CoordinatorType = 'group' | 'transaction' | 'share'

export interface CoordinatorAddress {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

/** Knows which broker coordinates what. */
export interface CoordinatorLocator {
  /** Where this client finds it. Rejects with COORDINATOR_NOT_AVAILABLE while there is none. */
  locate(type: CoordinatorType, key: string, connection: ConnectionInfo): Promise<CoordinatorAddress>
}

interface Located extends CoordinatorAddress {
  readonly errorCode: number
  /** Empty where there is nothing to say. */
  readonly errorMessage: string
}

const FIRST_BATCHED_VERSION = 4
const FIRST_SHARE_VERSION = 6
const NOWHERE: CoordinatorAddress = { nodeId: -1, host: '', port: -1 }

/**
 * Tells which broker coordinates a group, a transaction or a share partition; many keys at once from version 4 on.
 * A key that can't be right is INVALID_REQUEST, as is a type that the version doesn't have.
 * Source: apache/kafka `KafkaApis.handleFindCoordinatorRequest`, `SharePartitionKey.validate`.
 */
export function findCoordinatorHandler(locator: CoordinatorLocator): Handler<typeof findCoordinator> {
  return {
    api: findCoordinator,
    async handle({ key, keyType, coordinatorKeys }, { apiVersion, connection }) {
      const locate = (each: string) => locateOne(locator, typeOf(keyType, apiVersion), each, connection)
      if (apiVersion >= FIRST_BATCHED_VERSION)
        return {
          coordinators: await Promise.all(
            coordinatorKeys.map(async (each) => ({ key: each, ...(await locate(each)) })),
          ),
        }
      const located = await locate(key)
      // Kafka's own words for success in these versions.
      return located.errorCode === NONE ? { ...located, errorMessage: 'NONE' } : located
    },
    refuse({ coordinatorKeys }, error, { apiVersion }) {
      const refused = failed(error)
      return apiVersion >= FIRST_BATCHED_VERSION
        ? { coordinators: coordinatorKeys.map((key) => ({ key, ...refused })) }
        : refused
    },
  }
}

function typeOf(keyType: number, apiVersion: number): CoordinatorType | undefined {
  if (keyType === 0) return 'group'
  if (keyType === 1) return 'transaction'
  return keyType === 2 && apiVersion >= FIRST_SHARE_VERSION ? 'share' : undefined
}

async function locateOne(
  locator: CoordinatorLocator,
  type: CoordinatorType | undefined,
  key: string,
  connection: ConnectionInfo,
): Promise<Located> {
  try {
    if (type === undefined || (type === 'share' && !isSharePartitionKey(key)))
      throw new KafkaError('INVALID_REQUEST', 'this version has no coordinator for such a key')
    return { errorCode: NONE, errorMessage: '', ...(await locator.locate(type, key, connection)) }
  } catch (error) {
    if (error instanceof KafkaError) return failed(error)
    throw error
  }
}

function failed(error: KafkaError): Located {
  return { errorCode: error.code, errorMessage: error.message, ...NOWHERE }
}

/** `group:topicId:partition`. */
function isSharePartitionKey(key: string): boolean {
  return /^[^:]*[^:\s][^:]*:[A-Za-z0-9_-]{22}:-?\d+$/.test(key)
}
