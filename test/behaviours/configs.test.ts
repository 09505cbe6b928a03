import { expect, test } from 'vitest'
import { alterConfigs } from '../../src/wire/apis/alter-configs.ts'
import { describeConfigs } from '../../src/wire/apis/describe-configs.ts'
import { incrementalAlterConfigs } from '../../src/wire/apis/incremental-alter-configs.ts'
import { errorName } from '../../src/wire/errors.ts'
import { useBroker } from './broker.ts'
import { batch, NO_TOPIC, newTopic, produced, type Topic } from './requests.ts'

const broker = useBroker()
const TOPIC = 2
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3] as const

async function described({ name }: Topic, keys: string[] | null, version = 4) {
  const resources = [{ resourceType: TOPIC, resourceName: name, configurationKeys: keys }]
  const answer = await broker.ask(describeConfigs, version, {
    resources,
    includeSynonyms: false,
    includeDocumentation: false,
  })
  const result = answer.results[0]
  return { error: errorName(result?.errorCode ?? -1), configs: result?.configs ?? [] }
}

/** `value source` of one config of a topic. */
async function shown(topic: Topic, key: string): Promise<string> {
  const { configs } = await described(topic, [key])
  return `${configs[0]?.value} ${configs[0]?.configSource}`
}

async function alter({ name }: Topic, ...operations: [number, string, string | null][]): Promise<string> {
  const configs = operations.map(([configOperation, key, value]) => ({ configOperation, name: key, value }))
  const answer = await broker.ask(incrementalAlterConfigs, 1, {
    resources: [{ resourceType: TOPIC, resourceName: name, configs }],
    validateOnly: false,
  })
  return errorName(answer.responses[0]?.errorCode ?? -1)
}

async function replace({ name }: Topic, configs: Record<string, string | null>): Promise<string> {
  const entries = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
  const answer = await broker.ask(alterConfigs, 2, {
    resources: [{ resourceType: TOPIC, resourceName: name, configs: entries }],
    validateOnly: false,
  })
  return errorName(answer.responses[0]?.errorCode ?? -1)
}

test('a default is told as such, and what was set as the topic’s own, in every version', async () => {
  const topic = await newTopic(broker, { configs: { 'retention.ms': '1000' } })
  for (const version of await broker.versions(describeConfigs, 1)) {
    const { error, configs } = await described(topic, ['retention.ms', 'cleanup.policy'], version)
    const sources = new Map(
      configs.map(({ name, value, configSource }) => [name, `${value} ${configSource}`]),
    )
    expect({ error, sources }, `v${version}`).toEqual({
      error: 'NONE',
      sources: new Map([
        ['retention.ms', '1000 1'],
        ['cleanup.policy', 'delete 5'],
      ]),
    })
    for (const all of [null, []])
      expect((await described(topic, all, version)).configs.length).toBeGreaterThan(25)
    expect((await described(NO_TOPIC, null, version)).error).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  }
})

test('a change has its effect on the next request', async () => {
  const topic = await newTopic(broker)
  const large = () => batch(broker, ['x'.repeat(1000)])
  expect((await produced(broker, topic, large())).error).toBe('NONE')
  expect(await alter(topic, [SET, 'max.message.bytes', '500'])).toBe('NONE')
  await broker.eventually(async () =>
    expect((await produced(broker, topic, large())).error).toBe('MESSAGE_TOO_LARGE'),
  )
  expect(await alter(topic, [DELETE, 'max.message.bytes', null])).toBe('NONE')
  await broker.eventually(async () => expect((await produced(broker, topic, large())).error).toBe('NONE'))
})

test('incremental changes leave the rest, add to lists and take from them', async () => {
  const topic = await newTopic(broker, { configs: { 'retention.ms': '1000' } })
  expect(await alter(topic, [APPEND, 'cleanup.policy', 'compact'])).toBe('NONE')
  await broker.eventually(async () => expect(await shown(topic, 'cleanup.policy')).toBe('delete,compact 1'))
  expect(await alter(topic, [SUBTRACT, 'cleanup.policy', 'delete'])).toBe('NONE')
  await broker.eventually(async () => expect(await shown(topic, 'cleanup.policy')).toBe('compact 1'))
  expect(await shown(topic, 'retention.ms')).toBe('1000 1')
  expect(await alter(topic, [APPEND, 'retention.ms', '1'])).toBe('INVALID_CONFIG')
  expect(await alter(topic, [SET, 'no.such.config', '1'])).toBe('INVALID_CONFIG')
  expect(await alter(topic, [SET, 'retention.ms', 'soon'])).toBe('INVALID_CONFIG')
  expect(await alter(NO_TOPIC, [SET, 'retention.ms', '1'])).toBe('UNKNOWN_TOPIC_OR_PARTITION')
})

test('a whole change clears what it does not name', async () => {
  const topic = await newTopic(broker, { configs: { 'retention.ms': '1000', 'segment.bytes': '1048576' } })
  expect(await replace(topic, { 'retention.ms': '2000' })).toBe('NONE')
  await broker.eventually(async () => expect(await shown(topic, 'retention.ms')).toBe('2000 1'))
  expect(await shown(topic, 'segment.bytes')).toBe('1073741824 5')
})
