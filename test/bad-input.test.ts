/** What clients send that they shouldn't: bytes that are no request, requests that can't be, records that are broken. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { VirtualClock } from '../src/runtime/virtual-clock.ts'
import { apiVersions } from '../src/wire/apis/api-versions.ts'
import { createTopics } from '../src/wire/apis/create-topics.ts'
import { incrementalAlterConfigs } from '../src/wire/apis/incremental-alter-configs.ts'
import { metadata } from '../src/wire/apis/metadata.ts'
import { produce } from '../src/wire/apis/produce.ts'
import { apis } from '../src/wire/catalog.ts'
import { errorName } from '../src/wire/errors.ts'
import { frameOf, resized, Scene } from './bad-input.fixture.ts'

let scene: Scene

beforeAll(async () => {
  scene = await Scene.open()
})

afterAll(() => scene.close())

const topicsAsked = frameOf(metadata, 9, { topics: [{ name: 'spool' }], allowAutoTopicCreation: false })
const headerBytes = 4 + 8 + 2 + 'client'.length

describe('bytes that are no request end their connection, with one line in the log, and nobody else notices', () => {
  afterEach(() => scene.expectUnmoved())

  test('a request whose end is missing', async () => {
    for (let sizeBytes = headerBytes + 2; sizeBytes < topicsAsked.length; sizeBytes++)
      await scene.expectClosed(
        resized(topicsAsked, sizeBytes),
        /malformed Metadata v9 request: .+, offset \d+/,
      )
  })

  test('the line tells the field', async () => {
    const cut = resized(topicsAsked, headerBytes + 5)
    await scene.expectClosed(
      cut,
      /Metadata v9 request: topics\[0\]\.name: length 5, 2 bytes remain, offset \d+/,
    )
  })

  test('a request with no whole header', async () => {
    for (let sizeBytes = 4; sizeBytes < 12; sizeBytes++)
      await scene.expectClosed(resized(topicsAsked, sizeBytes), /has no header/)
    await scene.expectClosed(resized(topicsAsked, 15), /clientId/)
  })

  test('a frame longer than socket.request.max.bytes', async () => {
    const announced = Buffer.alloc(4)
    announced.writeInt32BE(104_857_601)
    await scene.expectClosed(announced, /a frame of 104857601 bytes, at most 104857600 are accepted/)
  })

  test('a frame of negative length', async () => {
    for (const sizeBytes of [-1, -2147483648]) {
      const announced = Buffer.alloc(100)
      announced.writeInt32BE(sizeBytes)
      await scene.expectClosed(announced, /a frame of -\d+ bytes/)
    }
  })

  test('an array that claims to be longer than the request', async () => {
    const frame = frameOf(metadata, 1, { topics: [{ name: 'spool' }] })
    for (const length of [2147483647, 1_000_000, 2]) {
      frame.writeInt32BE(length, headerBytes)
      await scene.expectClosed(frame, /malformed Metadata v1 request: topics.*: /)
    }
  })

  test('null where nothing may be null', async () => {
    const frame = frameOf(metadata, 1, { topics: [{ name: 'spool' }] })
    for (const length of [-1, -2, -32768]) {
      frame.writeInt16BE(length, headerBytes + 4)
      await scene.expectClosed(frame, /malformed Metadata v1 request: topics\[0\]\.name: /)
    }
  })

  test('an API that nobody knows', async () => {
    for (const key of [-1, 4, 999, 32767]) {
      const frame = Buffer.from(topicsAsked)
      frame.writeInt16BE(key, 4)
      await scene.expectClosed(frame, new RegExp(`no API has the key ${key}`))
    }
  })

  test('a version that nobody knows', async () => {
    for (const version of [-1, 14, 32767]) {
      const frame = Buffer.from(topicsAsked)
      frame.writeInt16BE(version, 6)
      await scene.expectClosed(frame, new RegExp(`Metadata has no version ${version}`))
    }
  })

  test('an answer instead of a request, HTTP, TLS', async () => {
    const tls = Buffer.from('16030100f8010000f40303', 'hex')
    for (const bytes of [Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), tls])
      await scene.expectClosed(bytes, /a frame of \d+ bytes, at most/)
  })
})

describe('requests of odd form are answered all the same', () => {
  afterEach(() => scene.expectUnmoved())

  test('ApiVersions in a version to come is answered in version 0, with the versions that there are', async () => {
    const client = await scene.connect()
    const frame = frameOf(apiVersions, 3, { clientSoftwareName: 'x', clientSoftwareVersion: '1' })
    frame.writeInt16BE(99, 6)
    client.write(frame)
    const answer = await client.nextFrame()
    const { errorCode, apiKeys } = apiVersions.response.decode(answer, 0, 4)
    expect(errorName(errorCode)).toBe('UNSUPPORTED_VERSION')
    expect(apiKeys).toMatchObject([{ apiKey: 18, minVersion: 0 }])
    client.close()
  })

  test('a request that comes byte by byte is a request', async () => {
    const client = await scene.connect()
    for (const byte of topicsAsked) client.write(Buffer.from([byte]))
    const answer = await client.nextFrame()
    expect(answer.readInt32BE(0)).toBe(1)
    client.close()
  })

  test('correlation ids may be negative, and the same again and again', async () => {
    const client = await scene.connect()
    for (const correlationId of [-1, -1, -2147483648, 0])
      await client.request(metadata, 9, { topics: [], allowAutoTopicCreation: false }, { correlationId })
    client.close()
  })

  test('a client that goes while it is sending leaves nothing behind', async () => {
    for (let sizeBytes = 1; sizeBytes < topicsAsked.length; sizeBytes++) {
      const client = await scene.connect()
      client.write(topicsAsked.subarray(0, sizeBytes))
      await nextTurn()
      client.close()
    }
  })

  test('a request of every API and version, with every field absent or empty, is answered or ends its connection', async () => {
    for (const api of apis) {
      for (let version = api.minVersion; version <= api.maxVersion; version++) {
        const client = await scene.connect()
        const body = Buffer.alloc(200)
        const header = frameOf(metadata, api.flexibleFrom <= version ? 9 : 1, { topics: [] }).subarray(
          0,
          headerBytes + 1,
        )
        const frame = resized(Buffer.concat([header, body]), headerBytes + 200)
        frame.writeInt16BE(api.key, 4)
        frame.writeInt16BE(version, 6)
        client.write(frame)
        await Promise.race([client.nextFrame().catch(() => undefined), client.closed, nextTurn()])
        client.close()
      }
    }
  })
})

describe('names and settings that are not allowed', () => {
  afterEach(() => scene.expectUnmoved())

  const invalidNames = [
    '',
    '.',
    '..',
    'a/b',
    '../../etc/passwd',
    'spool ',
    'ünïcode',
    'x'.repeat(250),
    'a\0b',
    'a:b',
  ]

  test.each(invalidNames)('no topic can be called %j', async (name) => {
    const client = await scene.connect()
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const created = await client.request(createTopics, 5, {
      topics: [topic],
      timeoutMs: 1000,
      validateOnly: false,
    })
    expect(created.topics.map(({ errorCode }) => errorName(errorCode))).toEqual(['INVALID_TOPIC_EXCEPTION'])
    const asked = await client.request(metadata, 9, { topics: [{ name }], allowAutoTopicCreation: true })
    expect(asked.topics.map(({ errorCode }) => errorName(errorCode))).toEqual(['INVALID_TOPIC_EXCEPTION'])
    expect(asked.topics[0]?.partitions).toEqual([])
    client.close()
  })

  test.each([
    ['no.such.config', '1'],
    ['retention.ms', 'a day'],
    ['retention.ms', '-2'],
    ['segment.bytes', '99999999999999999999'],
    ['cleanup.policy', 'burn'],
    ['compression.type', 'rar'],
    ['min.insync.replicas', '0'],
    ['', ''],
  ])('no topic can have %s=%s', async (name, value) => {
    const client = await scene.connect()
    const topic = {
      name: 'unmade',
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: [{ name, value }],
    }
    const created = await client.request(createTopics, 5, {
      topics: [topic],
      timeoutMs: 1000,
      validateOnly: false,
    })
    expect(created.topics.map(({ errorCode }) => errorName(errorCode))).toEqual(['INVALID_CONFIG'])
    const altered = await client.request(incrementalAlterConfigs, 1, {
      resources: [{ resourceType: 2, resourceName: 'spool', configs: [{ name, configOperation: 0, value }] }],
      validateOnly: false,
    })
    expect(altered.responses.map(({ errorCode }) => errorName(errorCode))).toEqual(['INVALID_CONFIG'])
    client.close()
  })

  test.each([0, -2, 10_001, 2147483647])('no topic can have %d partitions', async (numPartitions) => {
    const client = await scene.connect()
    const topic = { name: 'unmade', numPartitions, replicationFactor: 1, assignments: [], configs: [] }
    const { topics } = await client.request(createTopics, 5, {
      topics: [topic],
      timeoutMs: 1000,
      validateOnly: false,
    })
    const expected = numPartitions > 10_000 ? 'POLICY_VIOLATION' : 'INVALID_PARTITIONS'
    expect(topics.map(({ errorCode }) => errorName(errorCode))).toEqual([expected])
    client.close()
  })
})

describe('when the memory for requests is used up', () => {
  const MIB = 1024 * 1024
  const clock = new VirtualClock()
  let small: Scene

  beforeAll(async () => {
    small = await Scene.open({ configs: { 'odradek.request.memory.bytes': String(MIB) }, clock })
  })

  afterAll(() => small.close())

  async function announcing(sizeBytes: number) {
    const client = await small.connect()
    const length = Buffer.alloc(4)
    length.writeInt32BE(sizeBytes)
    client.write(length)
    await nextTurn()
    return client
  }

  test('frames of no bytes wait their turn and end their connections', async () => {
    const hoarders = [await announcing(MIB), await announcing(MIB)]
    const empty = [await announcing(0), await announcing(0), await announcing(0)]
    hoarders[0]?.close()
    await Promise.all(empty.map(({ closed }) => closed))
    hoarders[1]?.close()
    await small.expectUnmoved()
  })

  test('those who announce much and send nothing are given up, and the others are served', async () => {
    const hoarders = [await announcing(MIB), await announcing(MIB), await announcing(MIB)]
    const client = await small.connect()
    const answer = client.request(metadata, 9, { topics: [], allowAutoTopicCreation: false })
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 5_000) {
      clock.advance(5_000)
      await nextTurn()
    }
    expect((await answer).errorCode).toBe(0)
    await Promise.all(hoarders.map(({ closed }) => closed))
    client.close()
    await small.expectUnmoved()
  })
})

test('a produce request that wants no answer learns of its error by losing the connection', async () => {
  const partitionData = [{ index: 0, records: Buffer.from('no batch') }]
  const frame = frameOf(produce, 9, { acks: 0, timeoutMs: 0, topicData: [{ name: 'spool', partitionData }] })
  await scene.expectClosed(frame, /Produce with acks=0 failed in partition 0/)
  await scene.expectUnmoved()
})
