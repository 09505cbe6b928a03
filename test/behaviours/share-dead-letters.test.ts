/** What becomes of records that a share group gives up, when it has a dead-letter topic (KIP-1191). */
import { beforeAll, expect, test } from 'vitest'
import { describeConfigs } from '../../src/wire/apis/describe-configs.ts'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { errorName } from '../../src/wire/errors.ts'
import { ownTest, uniqueName, useBroker } from './broker.ts'
import {
  AUTO_CREATE,
  COPY,
  DeadLetters,
  ENABLE,
  EXCEEDED,
  PREFIX,
  REJECTED,
  resources,
  TOPIC_NAME,
} from './dead-letters.ts'
import { batch, deletedBefore, fetched, newTopic, produced, ZERO_UUID } from './requests.ts'
import { ACCEPT, GAP, newShareGroup, REJECT, RELEASE, ShareMember } from './share-member.ts'
import { begun, end } from './transaction-requests.ts'

const broker = useBroker({
  configs: {
    'share.coordinator.state.topic.num.partitions': '1',
    'group.share.min.record.lock.duration.ms': '1000',
  },
})

const dead = new DeadLetters(broker)

beforeAll(() => dead.prepare())

test('a rejected record goes to the dead-letter topic, with where it was and why it is there', async () => {
  const name = await dead.topic()
  const { topic, groupId, member } = await dead.scene(name, { copy: false })
  await member.fetchSome(broker)
  expect(await member.acknowledge([[0, 3, ACCEPT, REJECT, ACCEPT, ACCEPT]])).toBe('NONE')
  const found = await dead.soon(async () => {
    const all = await dead.records(name)
    expect(all).toHaveLength(1)
    return all
  })
  expect(
    found.map(({ key, value, headers }) => ({
      key,
      value,
      headers: headers.map((header) => [header.key, header.value?.toString()]),
    })),
  ).toEqual([
    {
      key: null,
      value: null,
      headers: [
        ['__dlq.errors.topic', topic.name],
        ['__dlq.errors.partition', '0'],
        ['__dlq.errors.offset', '1'],
        ['__dlq.errors.group', groupId],
        ['__dlq.errors.delivery.count', '1'],
        ['__dlq.errors.message', REJECTED],
      ],
    },
  ])
  expect(Math.abs(Number(found[0]?.timestamp) - broker.nowMs())).toBeLessThan(60_000)
  await dead.doneBelow({ groupId, topic }, 4)
})

test('where the group wants copies, key and value come along, and headers do not', async () => {
  const name = await dead.topic()
  const timestamp = BigInt(broker.nowMs())
  const headers = [{ key: 'own', value: Buffer.from('header') }]
  const records = batch(broker, [], {
    records: [
      { timestamp, key: Buffer.from('k'), value: Buffer.from('v'), headers },
      { timestamp, key: null, value: Buffer.from('no key') },
      { timestamp, key: Buffer.from('gone'), value: null },
      { timestamp, key: Buffer.alloc(0), value: Buffer.alloc(0) },
    ],
    codec: 'gzip',
  })
  const { member } = await dead.scene(name, { records })
  await member.fetchSome(broker)
  expect(await member.acknowledge([[0, 3, REJECT]])).toBe('NONE')
  await dead.soon(async () =>
    expect(await dead.letters(name)).toEqual([
      `k=v 0 1 ${REJECTED}`,
      `null=no key 1 1 ${REJECTED}`,
      `gone=null 2 1 ${REJECTED}`,
      `= 3 1 ${REJECTED}`,
    ]),
  )
  expect((await dead.records(name))[0]?.headers.map(({ key }) => key)).not.toContain('own')
})

test('what is accepted, given back or a gap is no dead letter', async () => {
  const name = await dead.topic()
  const { member } = await dead.scene(name)
  await member.fetchSome(broker)
  expect(await member.acknowledge([[0, 3, ACCEPT, RELEASE, GAP, REJECT]])).toBe('NONE')
  await dead.soon(async () => expect(await dead.letters(name)).toEqual([`null=d 3 1 ${REJECTED}`]))
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['1-1:2'] })
})

test('a record that was delivered as often as allowed is a dead letter when it is released', async () => {
  const name = await dead.topic()
  const { topic, groupId, member } = await dead.scene(name, {
    values: ['bad'],
    configs: { 'share.delivery.count.limit': '2' },
  })
  for (let count = 1; count <= 2; count++) {
    expect(await member.fetchSome(broker)).toMatchObject({ acquired: [`0-0:${count}`] })
    expect(await member.acknowledge([[0, 0, RELEASE]])).toBe('NONE')
  }
  await dead.soon(async () => expect(await dead.letters(name)).toEqual([`null=bad 0 2 ${EXCEEDED}`]))
  await dead.doneBelow({ groupId, topic }, 1)
})

test('a record is a dead letter when its last lock ends, or its last reader leaves', async () => {
  const name = await dead.topic()
  const { member, topic, groupId } = await dead.scene(name, {
    values: ['bad'],
    configs: { 'share.delivery.count.limit': '2', 'share.record.lock.duration.ms': '1000' },
  })
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['0-0:1'] })
  await broker.pass(1200)
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['0-0:2'] })
  await broker.pass(1200)
  await dead.soon(async () => expect(await dead.letters(name)).toEqual([`null=bad 0 2 ${EXCEEDED}`]))
  await produced(broker, topic, batch(broker, ['worse']))
  for (const count of [1, 2]) {
    const other = await ShareMember.connect(broker, groupId, topic)
    expect(await other.fetchSome(broker)).toMatchObject({ acquired: [`1-1:${count}`] })
    expect(await other.acknowledge([], { epoch: -1 })).toBe('')
  }
  await dead.soon(async () => expect((await dead.letters(name))[1]).toBe(`null=worse 1 2 ${EXCEEDED}`))
})

test('a record that is rejected at its last delivery was rejected', async () => {
  const name = await dead.topic()
  const { member } = await dead.scene(name, {
    values: ['bad'],
    configs: { 'share.delivery.count.limit': '2' },
  })
  await member.fetchSome(broker)
  await member.acknowledge([[0, 0, RELEASE]])
  await member.fetchSome(broker)
  await member.acknowledge([[0, 0, REJECT]])
  await dead.soon(async () => expect(await dead.letters(name)).toEqual([`null=bad 0 2 ${REJECTED}`]))
})

test('a missing topic is made, and takes dead letters from then on', async () => {
  const name = uniqueName('dlq.made')
  const { member } = await dead.scene(name)
  await member.fetchSome(broker)
  expect(await member.acknowledge([[0, 0, REJECT]])).toBe('NONE')
  await dead.soon(async () => expect(await dead.letters(name)).toEqual([`null=a 0 1 ${REJECTED}`]))
  const answer = await broker.ask(describeConfigs, 4, {
    resources: [{ resourceType: resources.TOPIC, resourceName: name, configurationKeys: null }],
  })
  const own = answer.results[0]?.configs.filter(({ configSource }) => configSource === 1) ?? []
  expect(own.map((config) => `${config.name}=${config.value}`).sort()).toEqual([
    `${ENABLE}=true`,
    'message.timestamp.type=CreateTime',
  ])
})

test('the partition follows from that of the record', async () => {
  const name = await dead.topic({}, 2)
  const topic = await newTopic(broker, { partitions: 4 })
  const groupId = await newShareGroup(broker, { [TOPIC_NAME]: name, [COPY]: 'true' })
  for (const partition of [0, 1, 2, 3])
    await produced(broker, topic, batch(broker, [`p${partition}`]), { partition })
  const member = await ShareMember.join(broker, groupId, topic)
  for (const partition of [0, 1, 2, 3]) {
    const { acquired } = await member.fetchSome(broker, { partitions: [partition] })
    expect(acquired).toHaveLength(1)
    expect(await member.acknowledge([[0, 0, REJECT]], { partition })).toBe('NONE')
  }
  const values = async (partition: number) =>
    (await dead.letters(name, partition)).map((letter) => letter.split(' ')[0]).sort()
  await dead.soon(async () => expect(await values(0)).toEqual(['null=p0', 'null=p2']))
  await dead.soon(async () => expect(await values(1)).toEqual(['null=p1', 'null=p3']))
})

test('where there is no topic to go to, records are archived all the same', async () => {
  const disabled = await newTopic(broker)
  const plain = await dead.topic()
  expect(await dead.set(resources.TOPIC, plain, ENABLE, 'false')).toBe('NONE')
  const compacted = await dead.topic({ 'cleanup.policy': 'compact' })
  const small = await dead.topic({ 'max.message.bytes': '100' })
  await broker.settle()
  const existing = [disabled.name, plain, compacted, small]
  for (const name of ['other.name', 'dlq. no name', ...existing]) {
    const { topic, groupId, member } = await dead.scene(name)
    await member.fetchSome(broker)
    expect(await member.acknowledge([[0, 3, REJECT]]), name).toBe('NONE')
    await dead.doneBelow({ groupId, topic }, 4)
  }
  for (const name of existing) expect(await dead.letters(name)).toEqual([])
})

test('a missing topic is made only where that is allowed', async () => {
  const name = uniqueName('dlq.missing')
  await dead.setForAll(AUTO_CREATE, 'false')
  const { topic, groupId, member } = await dead.scene(name)
  await member.fetchSome(broker)
  expect(await member.acknowledge([[0, 3, REJECT]])).toBe('NONE')
  await dead.doneBelow({ groupId, topic }, 4)
  const asked = await broker.ask(metadata, 4, {
    topics: [{ topicId: ZERO_UUID, name }],
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  })
  expect(errorName(asked.topics[0]?.errorCode ?? 0)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  await dead.setForAll(AUTO_CREATE, 'true')
})

test('the prefix of names can be changed', async () => {
  await dead.setForAll(PREFIX, '')
  const name = uniqueName('any-name')
  const { member } = await dead.scene(name)
  await member.fetchSome(broker)
  expect(await member.acknowledge([[0, 0, REJECT]])).toBe('NONE')
  await dead.soon(async () => expect(await dead.letters(name)).toEqual([`null=a 0 1 ${REJECTED}`]))
  await dead.setForAll(PREFIX, 'dlq.')
})

test('the name of an internal topic is refused', async () => {
  const groupId = uniqueName('share')
  expect(await dead.set(resources.GROUP, groupId, TOPIC_NAME, '__consumer_offsets')).toBe(
    "INVALID_CONFIG errors.deadletterqueue.topic.name: DLQ topic name must not start with '__'",
  )
  for (const name of ['', 'no such topic', '_x', uniqueName('dlq')])
    expect(await dead.set(resources.GROUP, groupId, TOPIC_NAME, name), name).toBe('NONE')
})

test('dead letters that do not fit into one batch come in several', async () => {
  const name = await dead.topic({ 'max.message.bytes': '2000' })
  const values = Array.from({ length: 6 }, (_, at) => `${at}`.repeat(600))
  const { member } = await dead.scene(name, { values })
  await member.fetchSome(broker)
  expect(await member.acknowledge([[0, 5, REJECT]])).toBe('NONE')
  await dead.soon(async () => {
    const found = await dead.letters(name)
    expect(found.map((letter) => letter.slice(5, 6) + letter.slice(5).split(' ')[1])).toEqual([
      '00',
      '11',
      '22',
      '33',
      '44',
      '55',
    ])
  })
})

test('a record that is too large goes without its copy', async () => {
  const name = await dead.topic({ 'max.message.bytes': '2000' })
  for (const codec of ['none', 'gzip'] as const) {
    const timestamp = BigInt(broker.nowMs())
    const records = batch(broker, [], {
      codec,
      records: [{ timestamp, value: Buffer.alloc(3000, 120) }],
    })
    const { member } = await dead.scene(name, { records })
    await member.fetchSome(broker)
    expect(await member.acknowledge([[0, 0, REJECT]])).toBe('NONE')
    const expected = codec === 'none' ? 1 : 2
    await dead.soon(async () =>
      expect(await dead.letters(name)).toEqual(Array(expected).fill(`null=null 0 1 ${REJECTED}`)),
    )
  }
})

test('records that the log has lost meanwhile go without their copies', async () => {
  const name = await dead.topic()
  const { topic, groupId, member } = await dead.scene(name)
  expect(await member.fetchSome(broker)).toMatchObject({ acquired: ['0-3:1'] })
  await deletedBefore(broker, topic, 2)
  expect(await member.acknowledge([[0, 3, REJECT]])).toBe('NONE')
  await dead.soon(async () =>
    expect(await dead.letters(name)).toEqual(
      [0, 1, 2, 3].map((offset) => `null=null ${offset} 1 ${REJECTED}`),
    ),
  )
  await dead.doneBelow({ groupId, topic }, 4)
})

test('the end of a transaction is a dead letter, too, when all around it is given up', async () => {
  const name = await dead.topic()
  const { topic, member } = await dead.scene(name, { values: ['first'] })
  const producer = await begun(broker, topic, 'of a transaction')
  await end(broker, producer, true)
  await dead.soon(async () =>
    expect((await fetched(broker, topic, { isolationLevel: 1 })).offsets).toEqual([0, 1, 2]),
  )
  await produced(broker, topic, batch(broker, ['last']))
  expect((await member.fetchSome(broker)).acquired).toEqual(['0-3:1'])
  expect(await member.acknowledge([[0, 3, REJECT]])).toBe('NONE')
  await dead.soon(async () =>
    expect(await dead.letters(name)).toEqual([
      `null=first 0 1 ${REJECTED}`,
      `null=of a transaction 1 1 ${REJECTED}`,
      `\0\0\0\x01=\0\0\0\0\0\0 2 1 ${REJECTED}`,
      `null=last 3 1 ${REJECTED}`,
    ]),
  )
})

ownTest(
  'a record that leaves no room for the headers goes without its copy, and holds nothing up',
  async () => {
    const name = await dead.topic({ 'max.message.bytes': '2000' })
    const { topic, groupId, member } = await dead.scene(name, { values: ['x'.repeat(1900), 'y'] })
    await member.fetchSome(broker)
    expect(await member.acknowledge([[0, 1, REJECT]])).toBe('NONE')
    await dead.soon(async () =>
      expect(await dead.letters(name)).toEqual([`null=null 0 1 ${REJECTED}`, `null=y 1 1 ${REJECTED}`]),
    )
    await dead.doneBelow({ groupId, topic }, 2)
  },
)
