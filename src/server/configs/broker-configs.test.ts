import { describe, expect, test } from 'vitest'
import { BrokerConfigs, type BrokerConfigsOptions } from './broker-configs.ts'
import { brokerTable } from './broker-table.ts'
import { MemoryConfigStore } from './config-store.ts'
import { consumerGroupConfig } from './consumer-group-config.ts'
import type { ConfigDefinition } from './definition.ts'
import { brokerConfigHasEffect, topicConfigHasEffect } from './effect.ts'
import { GroupConfigs } from './group-configs.ts'
import { ConfigError } from './properties.ts'
import { readShareGroupConfig } from './share-group-config.ts'
import { readStreamsGroupConfig } from './streams-group-config.ts'

describe('a topic', () => {
  test('has the defaults of Kafka where nothing is set', () => {
    expect(broker().topic('t')).toMatchObject({
      cleanupPolicy: ['delete'],
      deletes: true,
      compacts: false,
      segmentBytes: 1_073_741_824,
      segmentMs: 604_800_000,
      retentionMs: 604_800_000,
      retentionBytes: -1,
      maxMessageBytes: 1_048_588,
      messageTimestampType: 'CreateTime',
      messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
      messageTimestampAfterMaxMs: 3_600_000,
      flushMessages: Number.MAX_SAFE_INTEGER,
      flushMs: Number.MAX_SAFE_INTEGER,
      minInsyncReplicas: 1,
      compressionType: 'producer',
    })
  })

  test('follows its broker where it sets nothing itself', () => {
    const configs = broker({ properties: { 'log.segment.bytes': '2000000', 'message.max.bytes': '99' } })
    configs.store.replace([change('topic', 't', { 'max.message.bytes': '1000' })])
    expect(configs.topic('t')).toMatchObject({ segmentBytes: 2_000_000, maxMessageBytes: 1_000 })
  })

  test('is kept for milliseconds before minutes before hours', () => {
    const hours = { 'log.retention.hours': '1' }
    const minutes = { ...hours, 'log.retention.minutes': '2' }
    const milliseconds = { ...minutes, 'log.retention.ms': '3' }
    expect(broker({ properties: hours }).topic('t').retentionMs).toBe(3_600_000)
    expect(broker({ properties: minutes }).topic('t').retentionMs).toBe(120_000)
    expect(broker({ properties: milliseconds }).topic('t').retentionMs).toBe(3)
  })

  test('is kept for ever when its broker keeps for -1 hours', () => {
    expect(broker({ properties: { 'log.retention.hours': '-1' } }).topic('t').retentionMs).toBe(-1)
  })

  test('flushes as often as the scheduler looks where no flush interval is set', () => {
    expect(broker({ properties: { 'log.flush.scheduler.interval.ms': '77' } }).topic('t').flushMs).toBe(77)
  })

  test('has segments smaller than the smallest when its internal size says so', () => {
    const configs = broker()
    configs.store.replace([change('topic', 't', { 'internal.segment.bytes': '100' })])
    expect(configs.topic('t').segmentBytes).toBe(100)
  })

  test('hears of a change of its own or of its broker, and keeps one object between changes', () => {
    const configs = broker()
    const before = configs.topic('t')
    expect(configs.topic('t')).toBe(before)
    configs.store.replace([change('broker', '', { 'log.retention.ms': '5' })])
    expect(configs.topic('t').retentionMs).toBe(5)
    configs.store.replace([change('topic', 't', { 'retention.ms': '4' })])
    expect(configs.topic('t').retentionMs).toBe(4)
  })
})

describe('a broker', () => {
  test('takes what is set for itself before what is set for all, at start, and by default', () => {
    const configs = broker({ properties: { 'log.retention.ms': '1' } })
    expect(configs.text('log.retention.ms')).toBe('1')
    configs.store.replace([change('broker', '', { 'log.retention.ms': '2' })])
    expect(configs.text('log.retention.ms')).toBe('2')
    configs.store.replace([change('broker', '7', { 'log.retention.ms': '3' })])
    expect(configs.text('log.retention.ms')).toBe('3')
    configs.store.replace([change('broker', '8', { 'log.retention.ms': '4' })])
    expect(configs.text('log.retention.ms')).toBe('3')
  })

  test('waits for nothing in the instant profile, which is the default', () => {
    expect(broker().current()).toMatchObject({
      node: { id: 7, profile: 'instant' },
      groups: { initialRebalanceDelayMs: 0, minSessionTimeoutMs: 1, evictOnClose: true },
    })
  })

  test('has the timings of Kafka in the realistic profile', () => {
    expect(broker({ profile: 'realistic' }).current()).toMatchObject({
      node: { profile: 'realistic' },
      groups: { initialRebalanceDelayMs: 3_000, minSessionTimeoutMs: 6_000, evictOnClose: false },
    })
  })

  test('takes its profile from its properties too', () => {
    const configs = broker({ properties: { 'odradek.profile': 'realistic' } })
    expect(configs.current().groups.initialRebalanceDelayMs).toBe(3_000)
  })

  test('takes what the operator sets before what the profile says', () => {
    const configs = broker({ properties: { 'group.initial.rebalance.delay.ms': '50' } })
    expect(configs.current().groups.initialRebalanceDelayMs).toBe(50)
  })

  test('bounds the memory of requests also where Kafka sets no bound', () => {
    expect(broker().current().network.requestMemoryBytes).toBe(268_435_456)
    const set = broker({ properties: { 'queued.max.request.bytes': '1000000' } })
    expect(set.current().network.requestMemoryBytes).toBe(1_000_000)
  })

  test('has own connection limits for some hosts', () => {
    const configs = broker({ properties: { 'max.connections.per.ip.overrides': 'a:1, ::1:20' } })
    expect(configs.current().network.maxConnectionsPerIpOverrides).toEqual(
      new Map([
        ['a', 1],
        ['::1', 20],
      ]),
    )
  })

  test('does not start with a config that does not exist', () => {
    expect(() => broker({ properties: { 'num.partition': '3' } })).toThrow(ConfigError)
  })

  test.each([
    [
      'group.consumer.session.timeout.ms',
      '100000',
      'less than or equal to group.consumer.max.session.timeout.ms',
    ],
    [
      'group.share.record.lock.duration.ms',
      '1000',
      'greater than or equal to group.share.min.record.lock.duration.ms',
    ],
    ['group.streams.num.standby.replicas', '10', 'less than or equal to group.streams.max.standby.replicas'],
  ])('is not started with %s=%s, beyond its own bounds', (name, value, problem) => {
    expect(() => broker({ properties: { [name]: value } })).toThrow(
      new ConfigError(`${name} must be ${problem}`),
    )
  })

  test('is not started with bounds that exclude each other', () => {
    const properties = { 'group.consumer.min.session.timeout.ms': '70000' }
    expect(() => broker({ properties })).toThrow(
      new ConfigError(
        'group.consumer.max.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms',
      ),
    )
  })
})

describe('a config does something here', () => {
  test('when the broker reads it', () => {
    expect(brokerConfigHasEffect('num.partitions')).toBe(true)
    expect(brokerConfigHasEffect('num.io.threads')).toBe(false)
    expect(topicConfigHasEffect('retention.ms')).toBe(true)
    expect(topicConfigHasEffect('remote.storage.enable')).toBe(false)
  })

  test('when a topic config that has an effect follows it', () => {
    expect(brokerConfigHasEffect('log.retention.hours')).toBe(true)
    expect(brokerConfigHasEffect('log.preallocate')).toBe(false)
  })
})

function broker(
  options: Omit<Partial<BrokerConfigsOptions>, 'properties'> & { properties?: Record<string, string> } = {},
): BrokerConfigs {
  const { properties = {}, ...rest } = options
  return new BrokerConfigs({
    nodeId: 7,
    store: new MemoryConfigStore(['t']),
    ...rest,
    properties: new Map(Object.entries(properties)),
  })
}

function change(resourceType: 'topic' | 'broker', name: string, overrides: Record<string, string>) {
  return { resourceType, name, overrides: new Map(Object.entries(overrides)) }
}

describe('a config that may change while the broker runs, and has an effect,', () => {
  /** Values other than the default, where a million isn't one. */
  const others: Record<string, string> = {
    'compression.type': 'zstd',
    'log.cleaner.io.buffer.load.factor': '0.5',
    'log.cleaner.min.cleanable.ratio': '0.25',
    'log.cleaner.threads': '0',
    'log.cleanup.policy': 'compact',
    'log.message.timestamp.type': 'LogAppendTime',
    'max.connections.per.ip.overrides': '10.0.0.1:5',
  }
  const dynamic = Object.values(brokerTable)
    .filter(({ name, mode }) => mode !== 'read-only' && brokerConfigHasEffect(name))
    .map((definition): [string, string] => [definition.name, otherValue(definition)])

  function otherValue({ name, kind, default: byDefault }: ConfigDefinition): string {
    if (others[name] !== undefined) return others[name]
    return kind.type === 'BOOLEAN' ? String(byDefault !== 'true') : '1048576'
  }

  test.each(dynamic)('%s, arrives where it is read when it is set to %s', (name, value) => {
    const configs = broker()
    const consumer = new GroupConfigs(configs, consumerGroupConfig)
    const share = new GroupConfigs(configs, readShareGroupConfig)
    const streams = new GroupConfigs(configs, readStreamsGroupConfig)
    const read = () => [
      configs.current(),
      configs.topic('t'),
      ...[consumer, share, streams].map((each) => each.of('g')),
    ]
    const before = read()
    configs.store.replace([change('broker', '', { [name]: value })])
    expect(read()).not.toEqual(before)
  })
})
