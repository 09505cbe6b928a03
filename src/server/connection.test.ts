import { expect, test } from 'vitest'
import { BufferPool } from '../runtime/buffer-pool.ts'
import { silentLogger } from '../runtime/log.ts'
import { streamPair } from '../runtime/memory-network.ts'
import type { ByteStream } from '../runtime/network.ts'
import { WireError } from '../wire/wire-error.ts'
import { Connection, type ConnectionLimits } from './connection.ts'
import type { Exchange } from './exchange.ts'
import { MemoryPool } from './memory-pool.ts'

const generous: ConnectionLimits = { maxFrameBytes: 1000, maxInFlightRequests: 10, maxUnsentBytes: 1000 }

/** One connection, the client's end of it, and a host that keeps the requests until the test answers them. */
class Scene {
  readonly pool: MemoryPool
  readonly requests: { text: string; exchange: Exchange }[] = []
  readonly received: string[] = []
  readonly client: ByteStream
  readonly connection: Connection
  clientClosed = false
  closedCount = 0

  constructor(limits: Partial<ConnectionLimits> = {}, poolBytes = 1000) {
    this.pool = new MemoryPool(poolBytes)
    const [client, server] = streamPair(
      { host: '10.0.0.7', port: 5 },
      { host: '::ffff:10.0.0.1', port: 9092 },
    )
    this.client = client
    client.onData = (chunk) => this.received.push(chunk.toString())
    client.onClose = () => {
      this.clientClosed = true
    }
    this.connection = new Connection(1, 'PLAINTEXT', server, {
      limits: { ...generous, ...limits },
      requestMemory: this.pool,
      buffers: new BufferPool(0),
      logger: silentLogger,
      dispatch: (frame, exchange) => {
        if (frame.toString() === 'nonsense') throw new WireError('nonsense')
        this.requests.push({ text: frame.toString(), exchange })
      },
      closed: () => {
        this.closedCount++
      },
    })
  }

  get texts(): string[] {
    return this.requests.map(({ text }) => text)
  }

  send(...texts: string[]): Promise<void> {
    for (const text of texts) {
      const length = Buffer.alloc(4)
      length.writeInt32BE(text.length)
      this.client.write([length, Buffer.from(text)])
    }
    return turn()
  }

  /** Answers the request with this text; an empty answer for requests that get none. */
  answer(text: string, answer = `<${text}>`): Promise<void> {
    const request = this.requests.find((each) => each.text === text)
    if (request === undefined) throw new Error(`no request ${text}`)
    request.exchange.answer = answer === '' ? [] : [Buffer.from(answer)]
    this.connection.answered(request.exchange)
    return turn()
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('answers leave in the order of their requests', async () => {
  const scene = new Scene()
  await scene.send('a', 'b', 'c')
  await scene.answer('c')
  await scene.answer('b')
  expect(scene.received).toEqual([])
  await scene.answer('a')
  expect(scene.received.join('')).toBe('<a><b><c>')
})

test('answers of one turn leave in one write', async () => {
  const scene = new Scene()
  await scene.send('a', 'b')
  void scene.answer('a')
  await scene.answer('b')
  expect(scene.received).toEqual(['<a><b>'])
})

test('a request without an answer holds up nobody', async () => {
  const scene = new Scene()
  await scene.send('silent', 'b')
  await scene.answer('b')
  expect(scene.received).toEqual([])
  await scene.answer('silent', '')
  expect(scene.received).toEqual(['<b>'])
})

test('so many requests are under way at most, and the next is taken when one is answered', async () => {
  const scene = new Scene({ maxInFlightRequests: 2 })
  await scene.send('a', 'b', 'c', 'd')
  expect(scene.texts).toEqual(['a', 'b'])
  await scene.answer('b')
  expect(scene.texts).toEqual(['a', 'b'])
  await scene.answer('a')
  expect(scene.texts).toEqual(['a', 'b', 'c', 'd'])
  expect(scene.connection.inFlightRequests).toBe(2)
})

test('memory is held from the length of a request until its answer', async () => {
  const scene = new Scene()
  scene.client.write([Buffer.from([0, 0, 0, 50, 1, 2, 3])])
  await turn()
  expect(scene.pool.usedBytes).toBe(50)
  scene.client.write([Buffer.alloc(47, 'x')])
  await turn()
  expect(scene.requests).toHaveLength(1)
  expect(scene.pool.usedBytes).toBe(50)
  await scene.answer(scene.texts[0] ?? '')
  expect(scene.pool.usedBytes).toBe(0)
})

test('a request that finds no memory waits until there is some', async () => {
  const scene = new Scene({}, 100)
  scene.pool.reserve(80)
  await scene.send('x'.repeat(60))
  expect(scene.requests).toEqual([])
  scene.pool.release(80)
  await turn()
  expect(scene.requests).toHaveLength(1)
  expect(scene.pool.usedBytes).toBe(60)
})

test('a connection that goes gives its memory back, wherever it stood', async () => {
  for (const stage of ['half a request', 'waiting for memory', 'under way'] as const) {
    const scene = new Scene({}, 100)
    if (stage === 'waiting for memory') scene.pool.reserve(80)
    if (stage === 'half a request') scene.client.write([Buffer.from([0, 0, 0, 60, 1])])
    else await scene.send('x'.repeat(60))
    await turn()
    scene.client.destroy()
    await turn()
    if (stage === 'under way') await scene.answer(scene.texts[0] ?? '')
    if (stage === 'waiting for memory') scene.pool.release(80)
    await turn()
    expect(scene.pool.usedBytes, stage).toBe(0)
    expect(scene.closedCount, stage).toBe(1)
  }
})

test('bytes that are no request end the connection and leave no memory behind', async () => {
  const scene = new Scene()
  await scene.send('a', 'nonsense', 'b')
  expect(scene.texts).toEqual(['a'])
  expect(scene.clientClosed).toBe(true)
  await scene.answer('a')
  expect(scene.pool.usedBytes).toBe(0)
  expect(scene.received).toEqual([])
})

test('a length beyond the limit ends the connection before anything is reserved', async () => {
  const scene = new Scene()
  scene.client.write([Buffer.from([0, 0, 4, 0])])
  await turn()
  expect(scene.clientClosed).toBe(true)
  expect(scene.pool.usedBytes).toBe(0)
})

test('a client that does not take its answers is not read from until it does', async () => {
  const scene = new Scene({ maxUnsentBytes: 10 })
  scene.client.pause()
  await scene.send('a')
  await scene.answer('a', 'x'.repeat(20))
  expect(scene.connection.unsentBytes).toBe(20)
  await scene.send('b')
  expect(scene.texts).toEqual(['a'])
  scene.client.resume()
  await turn()
  expect(scene.texts).toEqual(['a', 'b'])
})

test('what an answer points into is given back when it has left, or never will', async () => {
  const scene = new Scene()
  const finished: string[] = []
  await scene.send('sent', 'stuck', 'late')
  for (const { text, exchange } of scene.requests) exchange.onSent(() => finished.push(text))
  scene.client.pause()
  await scene.answer('sent')
  expect(finished).toEqual([])
  scene.client.resume()
  await turn()
  expect(finished).toEqual(['sent'])
  await scene.answer('late')
  scene.client.destroy()
  await turn()
  expect(finished).toEqual(['sent', 'late'])
  await scene.answer('stuck')
  expect(finished).toEqual(['sent', 'late', 'stuck'])
})

test('who wants to know that the connection is gone is told once, also when it comes late', async () => {
  const scene = new Scene()
  const told: string[] = []
  scene.connection.onClose(() => told.push('one'))
  const forget = scene.connection.onClose(() => told.push('taken back'))
  forget()
  scene.connection.close('enough')
  scene.connection.close('enough')
  await turn()
  scene.connection.onClose(() => told.push('late'))
  expect(told).toEqual(['one', 'late'])
  expect(scene.closedCount).toBe(1)
})

test('a connection that ends sends what is ready first', async () => {
  const scene = new Scene()
  await scene.send('a')
  void scene.answer('a')
  scene.connection.end()
  await turn()
  expect(scene.received).toEqual(['<a>'])
  expect(scene.clientClosed).toBe(true)
})

test('once told to stop it takes no more requests in, and still answers', async () => {
  const scene = new Scene({ maxInFlightRequests: 1 })
  await scene.send('a', 'b')
  scene.connection.stopReading()
  await scene.answer('a')
  expect(scene.received).toEqual(['<a>'])
  expect(scene.texts).toEqual(['a'])
})

test('an IPv4 address that came over an IPv6 socket is shown as what it is', () => {
  const { connection } = new Scene()
  expect(connection.local).toEqual({ host: '10.0.0.1', port: 9092 })
  expect(connection.clientHost).toBe('/10.0.0.7')
})
