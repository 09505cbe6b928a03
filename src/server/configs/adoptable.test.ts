import { expect, test } from 'vitest'
import type { ConfigChange } from '../../replication/controller.ts'
import { type Logger, silentLogger } from '../../runtime/log.ts'
import { adoptableConfigs } from './adoptable.ts'
import { BrokerConfigs } from './broker-configs.ts'
import { MemoryConfigStore } from './config-store.ts'

const configs = new BrokerConfigs({ nodeId: 1, store: new MemoryConfigStore() })

function adopt(resourceType: ConfigChange['resourceType'], name: string, found: Record<string, string>) {
  const told: string[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (fields) => told.push(String(Reflect.get(fields, 'config'))),
  }
  const overrides = new Map(Object.entries(found))
  const adopted = adoptableConfigs({ resourceType, name, overrides }, configs, logger)
  return { kept: Object.fromEntries(adopted.overrides), told }
}

test('what is known and in range is kept', () => {
  const found = { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '5', 'max.compaction.lag.ms': '10' }
  expect(adopt('topic', 'orders', found)).toEqual({ kept: found, told: [] })
  const ofGroup = { 'consumer.session.timeout.ms': '50000' }
  expect(adopt('group', 'readers', ofGroup)).toEqual({ kept: ofGroup, told: [] })
  const ofAll = { 'log.retention.ms': '5' }
  expect(adopt('broker', '', ofAll)).toEqual({ kept: ofAll, told: [] })
})

test('configs that only an older Kafka had, or that need tiered storage, are left out, named, and cost none of the others', () => {
  const found = { 'message.format.version': '2.8', 'remote.storage.enable': 'true', 'retention.ms': '-1' }
  expect(adopt('topic', 'orders', found)).toEqual({
    kept: { 'retention.ms': '-1' },
    told: ['message.format.version', 'remote.storage.enable'],
  })
})
