import { expect, test } from 'vitest'
import { BrokerConfigs } from './broker-configs.ts'
import { MemoryConfigStore } from './config-store.ts'
import { createdTopicConfigs } from './describe.ts'

test('a created topic is answered with every effective config and its source', () => {
  const shown = created({ 'segment.bytes': '3000000' }, { 'log.retention.bytes': '5000000' })
  expect(shown).toHaveLength(37)
  expect(shown.filter((config) => config.configSource !== 5)).toEqual([
    { name: 'retention.bytes', value: '5000000', readOnly: false, configSource: 4, isSensitive: false },
    { name: 'segment.bytes', value: '3000000', readOnly: false, configSource: 1, isSensitive: false },
  ])
  expect(shown.find((config) => config.name === 'remote.storage.enable')).toMatchObject({ value: 'false' })
})

test('a created topic that follows the hours of its broker says so, other than DescribeConfigs', () => {
  expect(
    created({}, { 'log.retention.hours': '72' }).find((config) => config.name === 'retention.ms'),
  ).toEqual({
    name: 'retention.ms',
    value: '259200000',
    readOnly: false,
    configSource: 4,
    isSensitive: false,
  })
})

test('what is set for all brokers is the source of a created topic', () => {
  const store = new MemoryConfigStore()
  store.replace([
    { resourceType: 'broker', name: '', overrides: new Map([['log.cleanup.policy', 'compact']]) },
  ])
  expect(createdTopicConfigs(new BrokerConfigs({ nodeId: 7, store }), new Map())).toContainEqual({
    name: 'cleanup.policy',
    value: 'compact',
    readOnly: false,
    configSource: 3,
    isSensitive: false,
  })
})

function created(overrides: Record<string, string>, properties: Record<string, string>) {
  const configs = new BrokerConfigs({
    nodeId: 7,
    store: new MemoryConfigStore(),
    properties: new Map(Object.entries(properties)),
  })
  return createdTopicConfigs(configs, new Map(Object.entries(overrides)))
}
