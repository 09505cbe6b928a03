import { expect, test } from 'vitest'
import { SeededRandom } from '../../runtime/seeded-random.ts'
import { VirtualClock } from '../../runtime/virtual-clock.ts'
import { ZERO_UUID } from '../../wire/schema/field.ts'
import { testContext } from '../connection.fixture.ts'
import type { RequestContext } from '../handler.ts'
import { ClientTelemetry } from './client-telemetry.ts'
import { Subscriptions } from './subscriptions.ts'

function telemetry(): ClientTelemetry {
  const subscriptions = new Subscriptions([])
  return new ClientTelemetry({
    clock: new VirtualClock(),
    random: new SeededRandom(1),
    subscriptions: () => subscriptions,
    maxBytes: () => 1_000,
    receive: () => undefined,
  })
}

function contextOf(clientId: string): RequestContext {
  return { ...testContext, clientId }
}

test('clients are remembered in bounded memory, fewer of them when their ids are long', () => {
  const asked = telemetry()
  for (let at = 0; at < 20_000; at++) asked.subscribe(ZERO_UUID, contextOf(`client-${at}`))
  expect(asked.size).toBe(16_384)
  const longest = 'x'.repeat(32_767)
  for (let at = 0; at < 100; at++) asked.subscribe(ZERO_UUID, contextOf(longest))
  expect(asked.size).toBeLessThanOrEqual(62)
})
