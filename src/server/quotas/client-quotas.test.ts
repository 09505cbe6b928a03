import { expect, test } from 'vitest'
import { type ClientQuota, clientQuotaKey } from '../../replication/metadata/client-records.ts'
import { BufferPool } from '../../runtime/buffer-pool.ts'
import { silentLogger } from '../../runtime/log.ts'
import { streamPair } from '../../runtime/memory-network.ts'
import { VirtualClock } from '../../runtime/virtual-clock.ts'
import { listGroups } from '../../wire/apis/list-groups.ts'
import { encodeRequestFrame } from '../../wire/frame.ts'
import { decodeResponseHeader } from '../../wire/header.ts'
import { Connection, type ConnectionHost } from '../connection.ts'
import { Dispatcher } from '../dispatch.ts'
import { Exchange } from '../exchange.ts'
import type { Handler } from '../handler.ts'
import { MemoryPool } from '../memory-pool.ts'
import { ClientQuotas } from './client-quotas.ts'
import { Throttling } from './throttling.ts'

const window = { sampleCount: 11, windowMs: 1000 }

function quotas(clock: VirtualClock, limits: Record<string, number>): ClientQuotas {
  const made = new ClientQuotas(clock, { client: window, controller: window })
  const entity = new Map([['client-id', null] as const])
  const quota: ClientQuota = { entity, values: new Map(Object.entries(limits)) }
  made.configure(new Map([[clientQuotaKey(entity), quota]]))
  return made
}

/** Both ends of a connection whose requests go to `dispatch`. */
function connected(dispatch: ConnectionHost['dispatch']) {
  const [client, stream] = streamPair({ host: 'a', port: 1 }, { host: 'b', port: 2 })
  const connection = new Connection(1, 'PLAINTEXT', stream, {
    limits: { maxFrameBytes: 1000, maxInFlightRequests: 10, maxUnsentBytes: 1000 },
    requestMemory: new MemoryPool(1000),
    buffers: new BufferPool(0),
    logger: silentLogger,
    dispatch,
    closed: () => undefined,
  })
  return { client, connection }
}

/** A request that keeps the broker busy for so long; gives the time that its client is told to be silent. */
async function throttleTimeOf(limits: Record<string, number>, busyMs: number, waitingMs = 0) {
  const clock = new VirtualClock()
  const handler: Handler<typeof listGroups> = {
    api: listGroups,
    async handle() {
      clock.advance(busyMs)
      await Promise.resolve()
      clock.advance(waitingMs)
      return { errorCode: 0, groups: [] }
    },
    refuse: () => ({ errorCode: -1, groups: [] }),
  }
  const bugs: unknown[] = []
  const dispatcher = new Dispatcher(
    new Map([[listGroups.key, handler]]),
    silentLogger,
    (error) => bugs.push(error),
    new Throttling(quotas(clock, limits), clock),
  )
  const received: Buffer[] = []
  const { client } = connected((frame, exchange, connection) =>
    dispatcher.dispatch(frame, exchange, connection),
  )
  client.onData = (chunk) => received.push(chunk)
  client.write(encodeRequestFrame(listGroups, 4, 1, 'app', { statesFilter: [] }))
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(bugs).toEqual([])
  const frame = Buffer.concat(received).subarray(4)
  const { bodyAt } = decodeResponseHeader(frame, listGroups, 4)
  return listGroups.response.decode(frame, 4, bodyAt).throttleTimeMs
}

test('a client whose requests take too much of the broker’s time is told to be silent', async () => {
  // 600 ms in ten seconds are 6 % of the time; a second more is the most that is asked at once.
  expect(await throttleTimeOf({ request_percentage: 5.9 }, 600)).toBeGreaterThan(0)
  expect(await throttleTimeOf({ request_percentage: 6.1 }, 600)).toBe(0)
  expect(await throttleTimeOf({ request_percentage: 1 }, 600)).toBe(1000)
})

test('the time that a request waits for something is not counted', async () => {
  expect(await throttleTimeOf({ request_percentage: 5 }, 100, 60_000)).toBe(0)
})

test('what many clients were counted for takes bounded memory', () => {
  const clock = new VirtualClock()
  const counted = quotas(clock, { producer_byte_rate: 1000 })
  for (let at = 0; at < 30_000; at++) {
    clock.advance(1)
    counted.produced({ clientId: `client-${at}` }, 100)
  }
  expect(counted.metersInUse).toBeLessThanOrEqual(10_000)
  expect(counted.produced({ clientId: 'client-29999' }, 20_000)).toBeGreaterThan(10_000)
})

test('so do those whose ids are as long as they can be', () => {
  const counted = quotas(new VirtualClock(), { producer_byte_rate: 1000 })
  const longest = 'x'.repeat(32_700)
  for (let at = 0; at < 1_000; at++) counted.produced({ clientId: `${at}${longest}` }, 100)
  expect(counted.metersInUse).toBeLessThanOrEqual(62)
  expect(counted.produced({ clientId: `999${longest}` }, 20_000)).toBeGreaterThan(10_000)
})

test('once no quota is set nothing is counted', () => {
  const clock = new VirtualClock()
  const counted = quotas(clock, { producer_byte_rate: 1 })
  expect(counted.produced({ clientId: 'app' }, 100)).toBeGreaterThan(0)
  counted.configure(new Map())
  expect(counted.isActive).toBe(false)
  expect(counted.produced({ clientId: 'app' }, 100)).toBe(0)
})

test('however far a client is over its quota, the time that it is told fits into an answer', () => {
  const { produced, mutations } = {
    produced: quotas(new VirtualClock(), { producer_byte_rate: 1 }).produced(
      { clientId: 'app' },
      100_000_000,
    ),
    mutations: quotas(new VirtualClock(), { controller_mutation_rate: 0.001 }).mutations(
      { clientId: 'a' },
      false,
    ),
  }
  mutations.take(10_000)
  expect([produced, mutations.throttleMs]).toEqual([0x7fff_ffff, 0x7fff_ffff])
})

test('a client that goes while it has to be silent leaves no timer behind', () => {
  const clock = new VirtualClock()
  const timers = new Set<object>()
  const watched = {
    ...{ nowMs: () => clock.nowMs(), monotonicMs: () => clock.monotonicMs() },
    defer: (callback: () => void) => clock.defer(callback),
    setTimer() {
      const timer = { cancel: () => timers.delete(timer) }
      timers.add(timer)
      return timer
    },
  }
  const { connection } = connected(() => undefined)
  const throttling = new Throttling(quotas(clock, { producer_byte_rate: 1 }), watched)
  throttling.answered(listGroups, new Exchange(connection, 0), connection, { throttleTimeMs: 60_000 })
  expect(timers.size).toBe(1)
  connection.close('gone')
  expect(timers.size).toBe(0)
})
