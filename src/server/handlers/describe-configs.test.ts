/** What DescribeConfigs answers was read off a running Kafka 4.4. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ConfigStore } from '../configs/config-store.ts'
import { testContext } from '../connection.fixture.ts'
import { alterConfigsHandler } from './alter-configs.ts'
import { BROKER, GROUP, LOGGER, METRICS, SET, TOPIC, wired } from './config-handlers.fixture.ts'
import { describeConfigsHandler } from './describe-configs.ts'
import { incrementalAlterConfigsHandler } from './incremental-alter-configs.ts'

const handlers = {
  describe: describeConfigsHandler,
  alter: incrementalAlterConfigsHandler,
  replace: alterConfigsHandler,
}

const start = (properties?: Record<string, string>, store?: ConfigStore) => wired(handlers, properties, store)

describe('DescribeConfigs', () => {
  test('lists every config of a topic, the untouched ones as defaults', async () => {
    const { show } = start()
    const { configs } = await show(TOPIC, 't')
    expect(configs).toHaveLength(37)
    expect(new Set(configs.map((config) => config.configSource))).toEqual(new Set([5]))
    expect(configs.every((config) => config.isDefault && !config.readOnly && !config.isSensitive)).toBe(true)
    expect(configs.find((config) => config.name === 'retention.ms')).toMatchObject({
      value: '604800000',
      configType: 5,
    })
  })

  test('tells the value, the source and all synonyms of what is set', async () => {
    const { show, set } = start({ 'log.segment.bytes': '2000000' })
    await set(TOPIC, 't', 'segment.bytes', '3000000')
    expect(await show(TOPIC, 't', 'segment.bytes')).toMatchObject({
      shown: ['segment.bytes=3000000 TOPIC'],
      synonyms: [
        [
          'segment.bytes=3000000 TOPIC',
          'log.segment.bytes=2000000 STATIC',
          'log.segment.bytes=1073741824 DEFAULT',
        ],
      ],
    })
  })

  test('shows what a broker was started with as static, and as the source of its topics', async () => {
    const { show } = start({ 'log.retention.bytes': '5000000' })
    expect((await show(TOPIC, 't', 'retention.bytes')).shown).toEqual(['retention.bytes=5000000 STATIC'])
    expect((await show(BROKER, '7', 'log.retention.bytes')).shown).toEqual([
      'log.retention.bytes=5000000 STATIC',
    ])
  })

  test('lists synonyms of a retention from the finest unit on, those of one broker first', async () => {
    const { show, set } = start({ 'log.retention.hours': '72' })
    await set(BROKER, '', 'log.retention.ms', '5000')
    await set(BROKER, '7', 'log.retention.ms', '6000')
    expect(await show(TOPIC, 't', 'retention.ms')).toMatchObject({
      shown: ['retention.ms=6000 BROKER'],
      synonyms: [
        [
          'log.retention.ms=6000 BROKER',
          'log.retention.ms=5000 ALL_BROKERS',
          'log.retention.hours=72 STATIC',
          'log.retention.hours=168 DEFAULT',
        ],
      ],
    })
  })

  test('gives the right retention where only hours are set, and like Kafka calls it a default', async () => {
    const { show } = start({ 'log.retention.hours': '72' })
    expect(await show(TOPIC, 't', 'retention.ms')).toMatchObject({
      shown: ['retention.ms=259200000 DEFAULT'],
      synonyms: [[]],
    })
  })

  test('lists every config of a broker, read-only where it can only be set at start', async () => {
    const { show } = start({ 'num.partitions': '3' })
    const { configs, shown } = await show(BROKER, '7')
    expect(configs.length).toBeGreaterThan(350)
    expect(shown).toEqual(
      expect.arrayContaining([
        'num.partitions=3 STATIC read-only',
        'node.id=7 STATIC read-only',
        'broker.id=7 STATIC read-only',
        'log.retention.ms=null DEFAULT',
        'advertised.listeners=null DEFAULT read-only',
        'sasl.enabled.mechanisms=GSSAPI DEFAULT',
      ]),
    )
    expect(shown.filter((line) => line.startsWith('unstable.'))).toEqual([])
  })

  test('lists only what is set for all brokers when the broker has no name', async () => {
    const { show, set } = start({ 'num.partitions': '3' })
    expect((await show(BROKER, '')).shown).toEqual([])
    await set(BROKER, '', 'log.retention.ms', '5000')
    expect((await show(BROKER, '')).shown).toEqual(['log.retention.ms=5000 ALL_BROKERS'])
  })

  test('hides secrets, and what it does not know lest it is one', async () => {
    const { show, set } = start({ 'ssl.key.password': 'secret' })
    await set(BROKER, '7', 'some.plugin.thing', 'secret too')
    const { configs } = await show(BROKER, '7', 'ssl.key.password', 'some.plugin.thing')
    expect(configs).toMatchObject([
      { name: 'some.plugin.thing', value: null, isSensitive: true, configType: 0, configSource: 2 },
      { name: 'ssl.key.password', value: null, isSensitive: true, configType: 9, configSource: 4 },
    ])
    expect(JSON.stringify(configs)).not.toContain('secret')
  })

  test('lists the configs of a group over those of its broker', async () => {
    const { show, set } = start({ 'group.consumer.session.timeout.ms': '46000' })
    await set(GROUP, 'g', 'share.auto.offset.reset', 'by_duration:PT1H')
    const { configs, shown } = await show(GROUP, 'g')
    expect(configs).toHaveLength(21)
    expect(shown).toEqual(
      expect.arrayContaining([
        'consumer.session.timeout.ms=46000 STATIC',
        'share.auto.offset.reset=by_duration:PT1H GROUP',
        'share.isolation.level=read_uncommitted DEFAULT',
        'streams.assignor.name=sticky DEFAULT',
      ]),
    )
  })

  test('lists a client metrics subscription, also one that nobody made yet', async () => {
    const { show, set } = start()
    expect((await show(METRICS, 'm')).shown).toEqual([
      'interval.ms=300000 DEFAULT',
      'match= DEFAULT',
      'metrics= DEFAULT',
    ])
    await set(METRICS, 'm', 'interval.ms', '50000')
    expect((await show(METRICS, 'm', 'interval.ms')).shown).toEqual(['interval.ms=50000 METRICS'])
  })

  test('lists only the names asked for, and none for names that do not exist', async () => {
    const { show } = start()
    expect((await show(TOPIC, 't', 'nope', 'retention.ms')).shown).toEqual(['retention.ms=604800000 DEFAULT'])
    expect((await show(BROKER, '7', 'nope')).shown).toEqual([])
  })

  test('shows an internal config only where it is set', async () => {
    const { show, set } = start()
    expect((await show(TOPIC, 't', 'internal.segment.bytes')).shown).toEqual([])
    await set(TOPIC, 't', 'internal.segment.bytes', '1000')
    expect((await show(TOPIC, 't', 'internal.segment.bytes')).shown).toEqual([
      'internal.segment.bytes=1000 TOPIC',
    ])
  })

  test('gives synonyms and documentation only when asked', async () => {
    const { describe: handler } = start()
    const resources = [
      { resourceType: TOPIC, resourceName: 't', configurationKeys: ['preallocate', 'segment.ms'] },
    ]
    const ask = async (asked: boolean) => {
      const request = { resources, includeSynonyms: asked, includeDocumentation: asked }
      return (await handler.handle(request, testContext))?.results[0]?.configs ?? []
    }
    expect(await ask(false)).toMatchObject([{ synonyms: [], documentation: null }, { documentation: null }])
    expect(await ask(true)).toMatchObject([
      {
        synonyms: [{ name: 'log.preallocate', value: 'false', source: 5 }],
        documentation: expect.stringMatching(/Accepted; has no effect in Odradek\.$/),
      },
      { documentation: expect.not.stringContaining('no effect') },
    ])
  })

  test.each([
    [TOPIC, 'nope', 'UNKNOWN_TOPIC_OR_PARTITION'],
    [TOPIC, '', 'INVALID_TOPIC_EXCEPTION'],
    [TOPIC, 'bad name', 'INVALID_TOPIC_EXCEPTION'],
    [BROKER, '8', 'INVALID_REQUEST'],
    [BROKER, 'x', 'INVALID_REQUEST'],
    [LOGGER, '', 'INVALID_REQUEST'],
    [LOGGER, '8', 'INVALID_REQUEST'],
    [GROUP, '', 'INVALID_REQUEST'],
    [METRICS, '', 'INVALID_REQUEST'],
    [99, 'x', 'INVALID_REQUEST'],
    [0, 'x', 'INVALID_REQUEST'],
  ])('refuses resource type %i named "%s" with %s', async (type, name, error) => {
    expect(await start().show(type, name)).toMatchObject({ error, shown: [] })
  })

  test('answers word for word what Kafka answers', async () => {
    const { show, alter } = start({
      'log.retention.hours': '72',
      'log.retention.bytes': '5000000',
      'group.consumer.session.timeout.ms': '46000',
    })
    await alter(
      TOPIC,
      't',
      [SET, 'segment.bytes', '2000000'],
      [SET, 'cleanup.policy', 'compact , delete'],
      [SET, 'min.cleanable.dirty.ratio', '1e-4'],
      [SET, 'flush.ms', '7'],
    )
    await alter(
      BROKER,
      '7',
      [SET, 'log.segment.bytes', '3000000'],
      [SET, 'log.roll.ms', '99999'],
      [SET, 'log.retention.ms', '6000'],
    )
    await alter(
      BROKER,
      '',
      [SET, 'log.retention.ms', '5000'],
      [SET, 'log.cleanup.policy', 'compact'],
      [SET, 'log.flush.interval.ms', '77'],
      [SET, 'group.consumer.assignment.interval.ms', '500'],
      [SET, 'leader.replication.throttled.rate', '5'],
      [SET, 'min.insync.replicas', '1'],
    )
    await alter(
      GROUP,
      'g',
      [SET, 'consumer.session.timeout.ms', '50000'],
      [SET, 'streams.num.warmup.replicas', '3'],
    )
    await alter(METRICS, 'm', [SET, 'interval.ms', '50000'])
    const lines: string[] = []
    for (const [type, name] of [
      [TOPIC, 't'],
      [BROKER, ''],
      [GROUP, 'g'],
      [METRICS, 'm'],
    ] as const) {
      const { configs } = await show(type, name)
      for (const config of configs) {
        const synonyms = (config.synonyms ?? []).map((each) => `${each.name}=${each.value}@${each.source}`)
        lines.push(
          `${type}:${name} ${config.name}=${config.value} src=${config.configSource} ro=${config.readOnly}` +
            ` s=${config.isSensitive} t=${config.configType} [${synonyms.join(' ')}]`,
        )
      }
    }
    const golden = new URL('../../../test/golden/configs/described-by-kafka-4.4.txt', import.meta.url)
    expect(lines).toEqual(readFileSync(golden, 'utf8').trimEnd().split('\n'))
  })

  test('every answer can be sent in every version', async () => {
    const { describe: handler } = start({ 'ssl.key.password': 'secret' })
    const resources = [TOPIC, BROKER, LOGGER, METRICS, GROUP].map((resourceType) => ({
      resourceType,
      resourceName: resourceType === TOPIC ? 't' : '7',
      configurationKeys: null,
    }))
    const request = { resources, includeSynonyms: true, includeDocumentation: true }
    const answer = await handler.handle(request, testContext)
    for (let version = handler.api.minVersion; version <= handler.api.maxVersion; version++) {
      const bytes = Buffer.concat(handler.api.response.encode(answer ?? { results: [] }, version))
      const { results } = handler.api.response.decode(bytes, version)
      expect(results.map((result) => [result.errorCode, result.configs.length > 0])).toEqual(
        resources.map(() => [0, true]),
      )
    }
  })
})
