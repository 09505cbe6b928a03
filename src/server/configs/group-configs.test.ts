import { expect, test } from 'vitest'
import { BrokerConfigs } from './broker-configs.ts'
import { MemoryConfigStore } from './config-store.ts'
import { consumerGroupConfig } from './consumer-group-config.ts'
import { GroupConfigs } from './group-configs.ts'
import { readShareGroupConfig } from './share-group-config.ts'
import { readStreamsGroupConfig } from './streams-group-config.ts'

function configsWith(properties: Record<string, string>, ofGroup: Record<string, string>) {
  const store = new MemoryConfigStore()
  const overrides = new Map(Object.entries(ofGroup))
  store.replace([{ resourceType: 'group', name: 'orders', overrides }])
  const configs = new BrokerConfigs({ nodeId: 1, properties: new Map(Object.entries(properties)), store })
  return {
    configs,
    store,
    consumer: new GroupConfigs(configs, consumerGroupConfig),
    share: new GroupConfigs(configs, readShareGroupConfig),
    streams: new GroupConfigs(configs, readStreamsGroupConfig),
  }
}

test('a group that sets nothing follows the broker, and so do all others', () => {
  const { configs, consumer } = configsWith({ 'group.consumer.session.timeout.ms': '50000' }, {})
  expect(consumer.of('payments')).toEqual({
    ...configs.current().consumerGroups,
    sessionTimeoutMs: 50_000,
    heartbeatIntervalMs: 250,
    assignmentIntervalMs: 0,
  })
  expect(consumer.of('shipments')).toBe(consumer.of('payments'))
})

test('what a group sets for itself goes before, for that group alone', () => {
  const { consumer } = configsWith({}, { 'consumer.heartbeat.interval.ms': '700' })
  expect(consumer.of('orders').heartbeatIntervalMs).toBe(700)
  expect(consumer.of('orders')).toBe(consumer.of('orders'))
  expect(consumer.of('payments').heartbeatIntervalMs).toBe(250)
})

test('what the broker changes while it runs counts at once', () => {
  const { store, consumer } = configsWith({}, { 'consumer.heartbeat.interval.ms': '700' })
  expect(consumer.of('orders').assignmentIntervalMs).toBe(0)
  const overrides = new Map([['group.consumer.assignment.interval.ms', '900']])
  store.replace([{ resourceType: 'broker', name: '', overrides }])
  expect(consumer.of('orders')).toMatchObject({ assignmentIntervalMs: 900, heartbeatIntervalMs: 700 })
})

test('what a group sets lies within the bounds of the broker, whenever it was set', () => {
  const bounds = {
    'group.consumer.max.session.timeout.ms': '46000',
    'group.share.min.record.lock.duration.ms': '20000',
    'group.share.max.delivery.count.limit': '6',
    'group.streams.max.standby.replicas': '1',
    'group.streams.min.task.offset.interval.ms': '30000',
  }
  const { consumer, share, streams } = configsWith(bounds, {
    'consumer.session.timeout.ms': '58000',
    'share.record.lock.duration.ms': '15000',
    'share.delivery.count.limit': '9',
    'share.auto.offset.reset': 'earliest',
    'streams.num.standby.replicas': '2',
    'streams.task.offset.interval.ms': '20000',
  })
  expect(consumer.of('orders').sessionTimeoutMs).toBe(46_000)
  expect(share.of('orders')).toMatchObject({
    lockDurationMs: 20_000,
    maxDeliveries: 6,
    offsetReset: { kind: 'earliest' },
  })
  expect(streams.of('orders')).toMatchObject({ standbyReplicas: 1, taskOffsetIntervalMs: 30_000 })
})

test('assignors may be named by the classes of Kafka', () => {
  const name = 'org.apache.kafka.coordinator.group.assignor.RangeAssignor'
  const { configs } = configsWith({ 'group.consumer.assignors': `${name},uniform` }, {})
  expect(configs.current().consumerGroups.assignors).toEqual(['range', 'uniform'])
})
