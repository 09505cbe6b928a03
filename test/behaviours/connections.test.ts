import { describe, expect } from 'vitest'
import { apiVersions } from '../../src/wire/apis/api-versions.ts'
import { fetch } from '../../src/wire/apis/fetch.ts'
import { metadata } from '../../src/wire/apis/metadata.ts'
import { produce } from '../../src/wire/apis/produce.ts'
import { encodeRequestFrame } from '../../src/wire/frame.ts'
import { decodeResponse, type RawClient } from '../raw-client.ts'
import { ownTest, TestBroker, useBroker } from './broker.ts'
import { batch, fetchPartition, fetchRequest, fill, newTopic, offsetAt, produceRequest } from './requests.ts'

const MINUTE_MS = 60_000
const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' }
const noTopics = {
  topics: [],
  includeClusterAuthorizedOperations: false,
  includeTopicAuthorizedOperations: false,
}

async function isServed(client: RawClient): Promise<boolean> {
  if (client.isClosed) return false
  return (await client.request(apiVersions, 0, software)).errorCode === 0
}

describe('a connection that does nothing', () => {
  const broker = useBroker()

  ownTest('is closed after connections.max.idle.ms, ten minutes by default', async () => {
    const idle = await broker.connect()
    const busy = await broker.connect()
    for (let minute = 0; minute < 9; minute++) {
      expect(await isServed(busy)).toBe(true)
      await broker.pass(MINUTE_MS)
    }
    expect(idle.isClosed).toBe(false)
    await broker.pass(2 * MINUTE_MS)
    expect({ idle: idle.isClosed, busy: busy.isClosed }).toEqual({ idle: true, busy: false })
  })

  ownTest('is not idle while it waits for an answer', async () => {
    const topic = await newTopic(broker)
    const client = await broker.connect()
    const asked = fetchRequest([{ topic, partitions: [fetchPartition()] }], {
      maxWaitMs: 20 * MINUTE_MS,
      minBytes: 1,
    })
    const answer = client.request(fetch, 12, asked)
    await broker.pass(15 * MINUTE_MS)
    expect(client.isClosed).toBe(false)
    await broker.pass(5 * MINUTE_MS)
    expect((await answer).errorCode).toBe(0)
    await broker.pass(11 * MINUTE_MS)
    expect(client.isClosed).toBe(true)
  })
})

describe('a client that does not read', () => {
  const broker = useBroker()

  ownTest('is read from no further, and closed after two minutes', async () => {
    const client = await broker.connect()
    const reader = await broker.connect()
    client.pause()
    for (let count = 0; count < 10; count++) client.send(metadata, 9, noTopics)
    await broker.pass(MINUTE_MS)
    expect(client.isClosed).toBe(false)
    await broker.pass(2 * MINUTE_MS)
    client.resume()
    await client.closed
    expect(await isServed(reader)).toBe(true)
    expect(broker.complaints.at(-1)).toContain('does not read')
  })

  ownTest('is given everything when it reads again in time', async () => {
    const client = await broker.connect()
    client.pause()
    const sent = Array.from({ length: 10 }, () => client.send(metadata, 9, noTopics))
    await broker.pass(MINUTE_MS)
    client.resume()
    for (const correlationId of sent) decodeResponse(metadata, 9, correlationId, await client.nextFrame())
    await broker.pass(3 * MINUTE_MS)
    expect(client.isClosed).toBe(false)
  })

  ownTest('holds a bounded amount of answers in the broker’s memory', async () => {
    const topic = await newTopic(broker, { configs: { 'max.message.bytes': '2000000' } })
    await fill(broker, topic, ['x'.repeat(1_000_000)])
    const client = await broker.connect()
    client.pause()
    const sent = Array.from({ length: 60 }, () =>
      client.send(fetch, 12, fetchRequest([{ topic, partitions: [fetchPartition()] }])),
    )
    await broker.settle()
    // A later request of the same client is not looked at until it has taken its answers.
    client.send(produce, 9, produceRequest(topic, batch(broker, ['behind'])))
    await broker.settle()
    expect((await offsetAt(broker, topic, -1n)).offset).toBe(1)
    client.resume()
    for (const correlationId of sent) decodeResponse(fetch, 12, correlationId, await client.nextFrame())
    await client.nextFrame()
    expect((await offsetAt(broker, topic, -1n)).offset).toBe(2)
  })
})

describe('a broker with few places for connections', () => {
  const broker = useBroker({ configs: { 'max.connections': '3' } })

  ownTest('closes the one too many, and takes another when one leaves', async () => {
    const clients = [await broker.connect(), await broker.connect(), await broker.connect()]
    const late = await broker.connect()
    await late.closed
    for (const client of clients) expect(await isServed(client)).toBe(true)
    clients[0]?.close()
    await broker.settle()
    expect(await isServed(await broker.connect())).toBe(true)
  })
})

describe('a broker with few places for each address', () => {
  const broker = useBroker({ configs: { 'max.connections.per.ip': '1' } })

  ownTest('closes the one too many', async () => {
    const first = await broker.connect()
    await (await broker.connect()).closed
    expect(await isServed(first)).toBe(true)
  })
})

describe('many requests at once', () => {
  const broker = useBroker()

  ownTest('are all answered in their order, far beyond how many may be under way', async () => {
    const client = await broker.connect()
    const topic = await newTopic(broker)
    const answers = Array.from({ length: 1000 }, (_, at) =>
      at % 3 === 0
        ? client.request(produce, 9, produceRequest(topic, batch(broker, ['x'])))
        : client.request(metadata, 9, noTopics),
    )
    expect(await Promise.all(answers)).toHaveLength(1000)
    expect((await offsetAt(broker, topic, -1n)).offset).toBe(334)
  })

  ownTest('beyond what one connection may have under way are not looked at yet', async () => {
    const topic = await newTopic(broker)
    const client = await broker.connect()
    const patient = fetchRequest([{ topic, partitions: [fetchPartition()] }], {
      maxWaitMs: 1000,
      minBytes: 1_000_000,
    })
    const waiting = Array.from({ length: 64 }, () => client.request(fetch, 12, patient))
    const late = client.request(produce, 9, produceRequest(topic, batch(broker, ['x'])))
    await broker.settle()
    expect((await offsetAt(broker, topic, -1n)).offset).toBe(0)
    await broker.pass(1000)
    await Promise.all(waiting)
    await late
    expect((await offsetAt(broker, topic, -1n)).offset).toBe(1)
  })
})

describe('a broker with little memory for requests', () => {
  const broker = useBroker({ configs: { 'queued.max.request.bytes': '100000' } })

  ownTest('takes requests in one after the other, also one that is larger than all of it', async () => {
    const topic = await newTopic(broker)
    const clients = await Promise.all(Array.from({ length: 8 }, () => broker.connect()))
    const answers = clients.flatMap((client, at) => [
      client.request(
        produce,
        9,
        produceRequest(topic, batch(broker, ['x'.repeat(at === 3 ? 300_000 : 60_000)])),
      ),
      client.request(metadata, 9, noTopics),
    ])
    expect(await Promise.all(answers)).toHaveLength(16)
    expect((await offsetAt(broker, topic, -1n)).offset).toBe(8)
  })

  ownTest(
    'lends none of it to requests that wait for others: they could wait as long as they like',
    async () => {
      const topic = await newTopic(broker)
      const waiting = fetchRequest([{ topic, partitions: [fetchPartition()] }], {
        maxWaitMs: 20 * MINUTE_MS,
        minBytes: 1,
      })
      const fat = { ...waiting, rackId: 'x'.repeat(30_000) }
      for (let readers = 0; readers < 5; readers++) (await broker.connect()).send(fetch, 12, fat)
      await broker.settle()
      const client = await broker.connect()
      expect((await client.request(metadata, 9, noTopics)).topics).toEqual([])
      const answer = await client.request(
        produce,
        9,
        produceRequest(topic, batch(broker, ['x'.repeat(90_000)])),
      )
      expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
    },
  )

  ownTest('has it back when a client goes in the middle of a request', async () => {
    const topic = await newTopic(broker)
    const [half, waiting] = [await broker.connect(), await broker.connect()]
    const records = batch(broker, ['x'.repeat(90_000)])
    const frame = Buffer.concat(encodeRequestFrame(produce, 9, 1, 'half', produceRequest(topic, records)))
    half.write(frame.subarray(0, 1000))
    await broker.settle()
    const correlationId = waiting.send(produce, 9, produceRequest(topic, batch(broker, ['y'.repeat(90_000)])))
    await broker.settle()
    expect(waiting.unclaimedFrames).toBe(0)
    half.close()
    const answer = decodeResponse(produce, 9, correlationId, await waiting.nextFrame())
    expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
  })
})

describe('a broker that stops', () => {
  ownTest('answers what is in its log, drops the rest, and lets nobody in', async () => {
    const broker = new TestBroker({})
    await broker.start()
    const topic = await newTopic(broker)
    const client = await broker.connect()
    let letWrite: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      letWrite = resolve
    })
    broker.disk.delay = (operation) => (operation === 'write' ? gate : undefined)
    const answer = client.request(produce, 9, produceRequest(topic, batch(broker, ['x'.repeat(200_000)])))
    await broker.settle()
    const waiting = await broker.connect()
    const never = waiting.request(
      fetch,
      12,
      fetchRequest([{ topic, partitions: [fetchPartition({ offset: 1 })] }], {
        maxWaitMs: 60_000,
        minBytes: 1,
      }),
    )
    const refused = expect(never).rejects.toThrow('connection closed')
    await broker.settle()
    const stopped = broker.stop()
    broker.disk.delay = () => undefined
    letWrite()
    expect((await answer).responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0 })
    await refused
    await stopped
    await expect(broker.connect()).rejects.toThrow('nobody listens')
    await broker.start()
    expect((await offsetAt(broker, topic, -1n)).offset).toBe(1)
    await broker.stop()
    expect(broker.bugs).toEqual([])
  })
})
