/** What both ways to alter configs answer was read off a running Kafka 4.4. */
import { describe, expect, test } from 'vitest'
import { errorName, KafkaError } from '../../wire/errors.ts'
import type { ConfigStore } from '../configs/config-store.ts'
import { testContext } from '../connection.fixture.ts'
import { alterConfigsHandler } from './alter-configs.ts'
import {
  APPEND,
  BROKER,
  DELETE,
  GROUP,
  LOGGER,
  METRICS,
  resource,
  SET,
  SlowStore,
  SUBTRACT,
  TOPIC,
  wired,
} from './config-handlers.fixture.ts'
import { describeConfigsHandler } from './describe-configs.ts'
import { incrementalAlterConfigsHandler } from './incremental-alter-configs.ts'

const handlers = {
  describe: describeConfigsHandler,
  alter: incrementalAlterConfigsHandler,
  replace: alterConfigsHandler,
}

const start = (properties?: Record<string, string>, store?: ConfigStore) => wired(handlers, properties, store)

describe('IncrementalAlterConfigs', () => {
  test('changes what is named and leaves the rest', async () => {
    const { alter, overrides } = start()
    await alter(TOPIC, 't', [SET, 'retention.ms', ' 5 '], [SET, 'cleanup.policy', 'compact , delete'])
    await alter(TOPIC, 't', [SET, 'preallocate', 'TRUE'], [DELETE, 'retention.ms', null])
    expect(overrides(TOPIC, 't')).toEqual({ 'cleanup.policy': 'compact,delete', preallocate: 'true' })
  })

  test('appends to a list what is not in it, beginning with the default', async () => {
    const { alter, overrides } = start({ 'log.cleanup.policy': 'delete' })
    await alter(TOPIC, 't', [APPEND, 'cleanup.policy', 'compact'])
    await alter(TOPIC, 't', [APPEND, 'cleanup.policy', 'compact'])
    expect(overrides(TOPIC, 't')).toEqual({ 'cleanup.policy': 'delete,compact' })
  })

  test('subtracts from a list, down to nothing', async () => {
    const { alter, overrides } = start()
    await alter(TOPIC, 't', [SET, 'leader.replication.throttled.replicas', '0:1,1:1,2:1'])
    await alter(TOPIC, 't', [SUBTRACT, 'leader.replication.throttled.replicas', '0:1, 1:1'])
    await alter(TOPIC, 't', [SUBTRACT, 'cleanup.policy', 'delete'])
    await alter(TOPIC, 't', [SUBTRACT, 'cleanup.policy', 'compact'])
    expect(overrides(TOPIC, 't')).toEqual({
      'leader.replication.throttled.replicas': '2:1',
      'cleanup.policy': '',
    })
  })

  test('changes nothing when it is only to validate', async () => {
    const { alterer, overrides } = start()
    const resources = [resource(TOPIC, 't', [SET, 'retention.ms', '5'])]
    const answer = await alterer.handle({ resources, validateOnly: true }, testContext)
    expect(answer?.responses).toMatchObject([{ errorCode: 0, errorMessage: null }])
    expect(overrides(TOPIC, 't')).toEqual({})
  })

  test('deletes what is not set, and even what does not exist, without complaint', async () => {
    const { alter } = start()
    expect(await alter(TOPIC, 't', [DELETE, 'retention.ms', null], [DELETE, 'no.such', null])).toBe('NONE')
    expect(await alter(BROKER, '7', [DELETE, 'num.partitions', null])).toBe('NONE')
  })

  test('answers each resource for itself', async () => {
    const { alterer, overrides } = start()
    const resources = [
      resource(TOPIC, 'nope', [SET, 'retention.ms', '5']),
      resource(TOPIC, 't', [SET, 'retention.ms', '5']),
    ]
    const answer = await alterer.handle({ resources, validateOnly: false }, testContext)
    expect(answer?.responses.map((response) => errorName(response.errorCode))).toEqual([
      'UNKNOWN_TOPIC_OR_PARTITION',
      'NONE',
    ])
    expect(overrides(TOPIC, 't')).toEqual({ 'retention.ms': '5' })
  })

  test('refuses a resource that is named twice', async () => {
    const { alterer, overrides } = start()
    const twice = [5, 6].map((ms) => resource(TOPIC, 't', [SET, 'retention.ms', String(ms)]))
    const answer = await alterer.handle({ resources: twice, validateOnly: false }, testContext)
    expect(answer?.responses.map((response) => errorName(response.errorCode))).toEqual([
      'INVALID_REQUEST',
      'INVALID_REQUEST',
    ])
    expect(overrides(TOPIC, 't')).toEqual({})
  })

  test('sets what plug-ins may know, and what a listener has for itself', async () => {
    const { alter, overrides } = start()
    const own = 'listener.name.internal.ssl.keystore.location'
    expect(await alter(BROKER, '07', [SET, 'no.such', 'x'], [SET, own, '/x'])).toBe('NONE')
    expect(overrides(BROKER, '7')).toEqual({ 'no.such': 'x', [own]: '/x' })
  })

  test('sets the level of the root logger', async () => {
    const { alter, show } = start()
    expect(await alter(LOGGER, '7', [SET, 'root', 'DEBUG'])).toBe('NONE')
    expect((await show(LOGGER, '7')).shown).toEqual(['root=DEBUG LOGGER'])
  })

  test('changes asked for at the same time all happen', async () => {
    const { alter, overrides } = start({}, new SlowStore())
    await Promise.all([
      alter(TOPIC, 't', [SET, 'retention.ms', '5']),
      alter(TOPIC, 't', [APPEND, 'cleanup.policy', 'compact']),
      alter(TOPIC, 't', [SUBTRACT, 'cleanup.policy', 'delete']),
    ])
    expect(overrides(TOPIC, 't')).toEqual({ 'retention.ms': '5', 'cleanup.policy': 'compact' })
  })

  test('tells when the change cannot be kept, and goes on', async () => {
    const store = new SlowStore()
    const { alter, overrides } = start({}, store)
    store.failure = new KafkaError('REQUEST_TIMED_OUT')
    expect(await alter(TOPIC, 't', [SET, 'retention.ms', '5'])).toBe('REQUEST_TIMED_OUT')
    store.failure = undefined
    expect(await alter(TOPIC, 't', [SET, 'retention.ms', '6'])).toBe('NONE')
    expect(overrides(TOPIC, 't')).toEqual({ 'retention.ms': '6' })
  })
})

describe('AlterConfigs', () => {
  test('clears what it does not name', async () => {
    const { alter, replace, overrides } = start()
    await alter(TOPIC, 't', [SET, 'retention.ms', '5'], [SET, 'segment.bytes', '2000000'])
    expect(await replace(TOPIC, 't', { 'retention.ms': '6' })).toBe('NONE')
    expect(overrides(TOPIC, 't')).toEqual({ 'retention.ms': '6' })
    expect(await replace(TOPIC, 't', {})).toBe('NONE')
    expect(overrides(TOPIC, 't')).toEqual({})
  })

  test('serves brokers, groups and client metrics too, but no loggers', async () => {
    const { replace } = start()
    expect(await replace(BROKER, '', { 'log.retention.ms': '6' })).toBe('NONE')
    expect(await replace(GROUP, 'g', { 'consumer.session.timeout.ms': '50000' })).toBe('NONE')
    expect(await replace(METRICS, 'm', { 'interval.ms': '50000' })).toBe('NONE')
    expect(await replace(LOGGER, '7', { root: 'INFO' })).toBe('INVALID_REQUEST')
  })

  test('refuses what is wrong', async () => {
    const { replace } = start()
    expect(await replace(TOPIC, 't', { 'retention.ms': 'x' })).toBe('INVALID_CONFIG')
    expect(await replace(TOPIC, 't', { 'retention.ms': null })).toBe('INVALID_REQUEST')
    expect(await replace(TOPIC, 'nope', { 'retention.ms': '5' })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await replace(BROKER, '7', { 'num.partitions': '3' })).toBe('INVALID_REQUEST')
  })

  test('a refusal of the whole request names every resource', () => {
    const { replacer } = start()
    const resources = ['a', 'b'].map((resourceName) => ({ resourceType: TOPIC, resourceName, configs: [] }))
    const error = new KafkaError('CLUSTER_AUTHORIZATION_FAILED')
    expect(replacer.refuse({ resources, validateOnly: false }, error, testContext).responses).toMatchObject([
      { resourceName: 'a', errorCode: 31 },
      { resourceName: 'b', errorCode: 31 },
    ])
  })
})
