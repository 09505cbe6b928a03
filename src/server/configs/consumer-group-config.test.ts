import { expect, test } from 'vitest'
import { BrokerConfigs } from './broker-configs.ts'
import { MemoryConfigStore } from './config-store.ts'

function configsWith(properties: Record<string, string>, ofGroup: Record<string, string>) {
  const store = new MemoryConfigStore()
  const overrides = new Map(Object.entries(ofGroup))
  store.replace([{ resourceType: 'group', name: 'orders', overrides }])
  return new BrokerConfigs({ nodeId: 1, properties: new Map(Object.entries(properties)), store })
}

test('a group that sets nothing follows the broker', () => {
  const configs = configsWith({ 'group.consumer.session.timeout.ms': '50000' }, {})
  expect(configs.consumerGroup('orders')).toBe(configs.current().consumerGroups)
  expect(configs.consumerGroup('orders')).toMatchObject({
    sessionTimeoutMs: 50_000,
    heartbeatIntervalMs: 250,
  })
})

test('what a group sets for itself goes before, for that group alone', () => {
  const configs = configsWith({}, { 'consumer.heartbeat.interval.ms': '700' })
  expect(configs.consumerGroup('orders').heartbeatIntervalMs).toBe(700)
  expect(configs.consumerGroup('orders')).toBe(configs.consumerGroup('orders'))
  expect(configs.consumerGroup('payments').heartbeatIntervalMs).toBe(250)
})

test('it lies within the bounds of the broker, whenever it was set', () => {
  const bounds = { 'group.consumer.max.session.timeout.ms': '46000' }
  const configs = configsWith(bounds, { 'consumer.session.timeout.ms': '58000' })
  expect(configs.consumerGroup('orders').sessionTimeoutMs).toBe(46_000)
})

test('assignors may be named by the classes of Kafka', () => {
  const name = 'org.apache.kafka.coordinator.group.assignor.RangeAssignor'
  const configs = configsWith({ 'group.consumer.assignors': `${name},uniform` }, {})
  expect(configs.current().consumerGroups.assignors).toEqual(['range', 'uniform'])
})
