import { instantGroupConfig } from '../../coordinator/group-config.ts'
import { GroupCoordinator } from '../../coordinator/group-coordinator.ts'
import { subscription } from '../../coordinator/group-scenario.fixture.ts'
import { MemoryCoordinatorLog } from '../../coordinator/memory-coordinator-log.fixture.ts'
import { silentLogger } from '../../runtime/log.ts'
import { SeededRandom } from '../../runtime/seeded-random.ts'
import { VirtualClock } from '../../runtime/virtual-clock.ts'
import { errorCodes, KafkaError } from '../../wire/errors.ts'
import type { Api, DecodedResponseOf, RequestOf, ResponseOf } from '../../wire/schema/api.ts'
import { testConnection } from '../connection.fixture.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { joinGroupHandler } from './join-group.ts'
import { syncGroupHandler } from './sync-group.ts'

export const TOPIC_ID = 'eoc6pEEuSnm2KfmKjR9igQ'
export const OTHER_ID = 'BBBBBBBBBBBBBBBBBBBBBQ'

export const topics = {
  topicId: (name: string) => (name === 'pay' ? TOPIC_ID : undefined),
  topicName: (id: string) => (id === TOPIC_ID ? 'pay' : undefined),
  partitionCount: (name: string) => (name === 'pay' ? 2 : undefined),
}

/** A coordinator of all groups, and requests to it as they would come over a connection. */
export class Broker {
  readonly clock = new VirtualClock()
  readonly groups: GroupCoordinator

  constructor() {
    const { clock } = this
    const config = { ...instantGroupConfig, minSessionTimeoutMs: 100 }
    this.groups = new GroupCoordinator({ clock, random: new SeededRandom(1), logger: silentLogger, config })
    for (let partition = 0; partition < 50; partition++)
      this.groups.lead(partition, new MemoryCoordinatorLog())
  }

  /** The response as a client reads it: encoded and decoded in the request's version. */
  async call<A extends Api>(handler: Handler<A>, version: number, request: RequestOf<A>) {
    const { api } = handler
    const context: RequestContext = {
      apiVersion: version,
      clientId: 'app',
      connection: testConnection,
      onSent: () => undefined,
    }
    const decoded = api.request.decode(Buffer.concat(api.request.encode(request, version)), version)
    const answer = this.#answer(handler, decoded, context)
    this.clock.advance(0)
    const response: DecodedResponseOf<A> = api.response.decode(
      Buffer.concat(api.response.encode(await answer, version)),
      version,
    )
    return response
  }

  async #answer<A extends Api>(
    handler: Handler<A>,
    request: RequestOf<A>,
    context: RequestContext,
  ): Promise<ResponseOf<A>> {
    try {
      const response = await handler.handle(request, context)
      if (response === undefined) throw new Error('every one of these requests is answered')
      return response
    } catch (error) {
      if (error instanceof KafkaError) return handler.refuse(request, error, context)
      throw error
    }
  }
}

export function joinRequest(
  fields: { groupId?: string; memberId?: string; groupInstanceId?: string | null } = {},
) {
  return {
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription('pay') }],
    reason: null,
    ...fields,
  }
}

export function versions({ minVersion, maxVersion }: Api): number[] {
  return Array.from({ length: maxVersion - minVersion + 1 }, (_, index) => minVersion + index)
}

/** A member of a group whose rebalance is done, whatever version it speaks. */
export async function member(broker: Broker, version = 9, groupInstanceId: string | null = null) {
  let joined = await broker.call(joinGroupHandler(broker.groups), version, joinRequest({ groupInstanceId }))
  if (joined.errorCode === errorCodes.MEMBER_ID_REQUIRED)
    joined = await broker.call(
      joinGroupHandler(broker.groups),
      version,
      joinRequest({ memberId: joined.memberId }),
    )
  const { memberId, generationId } = joined
  const synced = await broker.call(syncGroupHandler(broker.groups), 5, {
    groupId: 'g',
    generationId,
    memberId,
    groupInstanceId,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [{ memberId, assignment: Buffer.from('all') }],
  })
  return { joined, synced, memberId, generationId }
}
