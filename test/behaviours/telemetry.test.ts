import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { describeConfigs } from '../../src/wire/apis/describe-configs.ts'
import { getTelemetrySubscriptions } from '../../src/wire/apis/get-telemetry-subscriptions.ts'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.ts'
import { pushTelemetry } from '../../src/wire/apis/push-telemetry.ts'
import { errorName } from '../../src/wire/errors.ts'
import type { RawClient } from '../raw-client.ts'
import { ownTest, uniqueName, useBroker } from './broker.ts'
import { ZERO_UUID } from './requests.ts'

const broker = useBroker()
const CLIENT_METRICS = 16
const [NONE, GZIP] = [0, 1] as const
const INTERVAL_MS = 300
const set: string[] = []

async function configure(name: string, configs: Record<string, string | null>): Promise<string> {
  const operations = Object.entries(configs).map(([key, value]) => ({
    name: key,
    value,
    configOperation: value === null ? 1 : 0,
  }))
  const answer = await broker.ask(incrementalAlterConfigs, 1, {
    resources: [{ resourceType: CLIENT_METRICS, resourceName: name, configs: operations }],
    validateOnly: false,
  })
  // What a cluster has agreed on reaches its brokers a moment later.
  await broker.settle()
  return errorName(answer.responses[0]?.errorCode ?? -1)
}

/** A subscription, for as long as the test runs. */
async function subscription(configs: Record<string, string>): Promise<string> {
  const name = uniqueName('metrics')
  set.push(name)
  expect(await configure(name, { 'interval.ms': String(INTERVAL_MS), ...configs })).toBe('NONE')
  return name
}

afterEach(async () => {
  for (const name of set.splice(0)) await configure(name, { 'interval.ms': null, metrics: null, match: null })
})

async function asked(client: RawClient, clientInstanceId = ZERO_UUID, clientId = 'raw') {
  const answer = await client.request(getTelemetrySubscriptions, 0, { clientInstanceId }, { clientId })
  return { ...answer, error: errorName(answer.errorCode), requestedMetrics: answer.requestedMetrics.sort() }
}

type Asked = Awaited<ReturnType<typeof asked>>

async function pushed(
  client: RawClient,
  { clientInstanceId, subscriptionId }: Asked,
  more: { subscriptionId?: number; terminating?: boolean; compressionType?: number; metrics?: Buffer } = {},
): Promise<string> {
  const answer = await client.request(pushTelemetry, 0, {
    clientInstanceId,
    subscriptionId,
    terminating: false,
    compressionType: NONE,
    metrics: Buffer.from('otlp'),
    ...more,
  })
  return errorName(answer.errorCode)
}

describe('a client is asked for', () => {
  test('nothing, every five minutes, while nobody wants anything', async () => {
    const answer = await asked(await broker.connect())
    expect(answer).toMatchObject({
      error: 'NONE',
      requestedMetrics: [],
      pushIntervalMs: 300_000,
      acceptedCompressionTypes: [4, 3, 1, 2],
      telemetryMaxBytes: 1_048_576,
      deltaTemporality: true,
    })
    expect(answer.clientInstanceId).not.toBe(ZERO_UUID)
  })

  test('what all subscriptions that match it want together, as often as the most eager one', async () => {
    await subscription({ metrics: 'a.,b.', 'interval.ms': '2000' })
    await subscription({ metrics: 'b.,c.', 'interval.ms': '1000', match: 'client_id=r.w' })
    await subscription({ metrics: 'd.', 'interval.ms': '100', match: 'client_id=r' })
    expect(await asked(await broker.connect())).toMatchObject({
      requestedMetrics: ['a.', 'b.', 'c.'],
      pushIntervalMs: 1000,
    })
    expect((await asked(await broker.connect(), ZERO_UUID, 'r')).requestedMetrics).toEqual(['a.', 'b.', 'd.'])
  })

  test('all there is when one subscription wants that', async () => {
    await subscription({ metrics: 'a.' })
    await subscription({ metrics: '*' })
    expect((await asked(await broker.connect())).requestedMetrics).toEqual(['*'])
  })

  test('things by all that a subscription names, each matched in full', async () => {
    await subscription({ metrics: 'a.', match: 'client_id=raw,client_source_address=127\\.0\\.0\\.\\d+' })
    await subscription({ metrics: 'b.', match: 'client_id=raw,client_software_name=other' })
    expect((await asked(await broker.connect())).requestedMetrics).toEqual(['a.'])
  })

  test('something else under another id once a subscription has changed', async () => {
    const name = await subscription({ metrics: 'a.', 'interval.ms': '60000' })
    const client = await broker.connect()
    const first = await asked(client)
    expect((await asked(client, first.clientInstanceId)).error).toBe('THROTTLING_QUOTA_EXCEEDED')
    await configure(name, { metrics: 'b.' })
    await broker.eventually(async () => {
      const second = await asked(client, first.clientInstanceId)
      expect(second).toMatchObject({ error: 'NONE', requestedMetrics: ['b.'] })
      expect(second.subscriptionId).not.toBe(first.subscriptionId)
    })
    expect(await pushed(client, first)).toBe('UNKNOWN_SUBSCRIPTION_ID')
  })
})

describe('metrics are taken', () => {
  test('at once after the subscription was asked for, and then once in each interval', async () => {
    await subscription({ metrics: '*' })
    const client = await broker.connect()
    const subscribed = await asked(client)
    expect(await pushed(client, subscribed)).toBe('NONE')
    expect(await pushed(client, subscribed)).toBe('THROTTLING_QUOTA_EXCEEDED')
    await broker.pass(INTERVAL_MS + 20)
    expect(await pushed(client, subscribed, { metrics: Buffer.alloc(0) })).toBe('NONE')
  })

  test('compressed, when they unfold', async () => {
    await subscription({ metrics: '*' })
    const client = await broker.connect()
    const subscribed = await asked(client)
    const push = { compressionType: GZIP, metrics: gzipSync(Buffer.from('otlp')) }
    expect(await pushed(client, subscribed, push)).toBe('NONE')
    await broker.pass(INTERVAL_MS + 20)
    expect(await pushed(client, subscribed, { ...push, metrics: Buffer.from('otlp') })).toBe('INVALID_RECORD')
  })

  test('once more out of turn from a client that ends, and never after', async () => {
    await subscription({ metrics: '*' })
    const client = await broker.connect()
    const subscribed = await asked(client)
    expect(await pushed(client, subscribed)).toBe('NONE')
    expect(await pushed(client, subscribed, { terminating: true })).toBe('NONE')
    expect(await pushed(client, subscribed, { terminating: true })).toBe('INVALID_REQUEST')
  })
})

describe('metrics are refused', () => {
  test('under an unknown subscription, after which the client may ask again at once', async () => {
    await subscription({ metrics: '*' })
    const client = await broker.connect()
    const subscribed = await asked(client)
    const wrong = { subscriptionId: subscribed.subscriptionId + 1 }
    expect(await pushed(client, subscribed, wrong)).toBe('UNKNOWN_SUBSCRIPTION_ID')
    expect((await asked(client, subscribed.clientInstanceId)).error).toBe('NONE')
    expect((await asked(client, subscribed.clientInstanceId)).error).toBe('THROTTLING_QUOTA_EXCEEDED')
  })

  test('in an unknown codec, after which the client may ask again at once', async () => {
    await subscription({ metrics: '*' })
    const client = await broker.connect()
    const subscribed = await asked(client)
    expect(await pushed(client, subscribed, { compressionType: 9 })).toBe('UNSUPPORTED_COMPRESSION_TYPE')
    expect((await asked(client, subscribed.clientInstanceId)).error).toBe('NONE')
  })

  test('beyond the size that the client was told', async () => {
    await subscription({ metrics: '*' })
    const client = await broker.connect()
    const subscribed = await asked(client)
    const metrics = Buffer.alloc(subscribed.telemetryMaxBytes + 1)
    expect(await pushed(client, subscribed, { metrics })).toBe('TELEMETRY_TOO_LARGE')
  })

  ownTest('that unfold beyond that size', async () => {
    await subscription({ metrics: '*' })
    const client = await broker.connect()
    const subscribed = await asked(client)
    const metrics = gzipSync(Buffer.alloc(subscribed.telemetryMaxBytes + 1))
    expect(await pushed(client, subscribed, { compressionType: GZIP, metrics })).toBe('TELEMETRY_TOO_LARGE')
  })

  test('from a client without an id', async () => {
    await subscription({ metrics: '*' })
    const client = await broker.connect()
    const subscribed = await asked(client)
    expect(await pushed(client, { ...subscribed, clientInstanceId: ZERO_UUID })).toBe('INVALID_REQUEST')
  })
})

test('a client whose connection is gone is forgotten: it may ask again at once over another', async () => {
  await subscription({ metrics: '*', 'interval.ms': '60000' })
  const client = await broker.connect()
  const { clientInstanceId } = await asked(client)
  expect((await asked(client, clientInstanceId)).error).toBe('THROTTLING_QUOTA_EXCEEDED')
  client.close()
  await broker.settle()
  expect((await asked(await broker.connect(), clientInstanceId)).error).toBe('NONE')
})

test('a subscription is described with what is set and what is by default', async () => {
  const name = await subscription({ metrics: 'a.' })
  const resources = [{ resourceType: CLIENT_METRICS, resourceName: name, configurationKeys: null }]
  const answer = await broker.ask(describeConfigs, 4, { resources, includeSynonyms: true })
  expect(answer.results[0]?.configs.map((each) => `${each.name}=${each.value} ${each.configSource}`)).toEqual(
    [`interval.ms=${INTERVAL_MS} 7`, 'match= 5', 'metrics=a. 7'],
  )
})

test.each([
  { config: 'interval.ms', value: '99', error: 'INVALID_REQUEST' },
  { config: 'interval.ms', value: '3600001', error: 'INVALID_REQUEST' },
  { config: 'match', value: 'planet=a', error: 'INVALID_CONFIG' },
  { config: 'match', value: 'client_id=[', error: 'INVALID_CONFIG' },
  { config: 'no.such.config', value: '1', error: 'INVALID_REQUEST' },
])('a subscription with $config=$value is refused with $error', async ({ config, value, error }) => {
  expect(await configure(uniqueName('metrics'), { [config]: value })).toBe(error)
})
