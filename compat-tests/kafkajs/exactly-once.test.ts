import { afterAll, beforeAll, expect, test } from 'vitest'
import { runRound } from '../../test/proof/round.ts'
import { kafkajsClient } from '../../test/proof/workers.ts'
import type { BrokerUnderTest } from '../brokers/broker-under-test.ts'
import { startBroker } from '../brokers/start.ts'
import { suite } from '../target.ts'

/** A short form of `npm run proof`, which tells how to run more of it. */
suite('a chain of kafkajs transactions', () => {
  const seed = Date.now() % 1_000_000
  let broker: BrokerUnderTest

  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(async () => await broker?.dispose())

  test('has each record once and in order, whatever is killed', { timeout: 90_000 }, async () => {
    const { wrong } = await runRound(broker, kafkajsClient(), {
      seed,
      round: 0,
      records: 4_000,
      processes: 2,
      processKills: 2,
      brokerKills: 1,
      patienceMs: 45_000,
    })
    expect(wrong, `seed ${seed}`).toEqual([])
  })
})
