import { afterEach, describe, expect, test } from 'vitest'
import { MemoryNetwork } from './memory-network.ts'
import type { ByteStream, Listener, Network } from './network.ts'
import { nodeNetwork } from './node-network.ts'

describe.each([
  ['sockets', () => nodeNetwork],
  ['the network in memory', () => new MemoryNetwork()],
] as const)('%s', (_name, makeNetwork) => {
  const network: Network = makeNetwork()
  const listeners: Listener[] = []

  afterEach(async () => {
    await Promise.all(listeners.splice(0).map((listener) => listener.close()))
  })

  async function listen(onConnection: (stream: ByteStream) => void): Promise<Listener> {
    const listener = await network.listen({ host: '127.0.0.1', port: 0 }, onConnection)
    listeners.push(listener)
    return listener
  }

  test('bytes arrive in order, however many chunks they were written in', async () => {
    const received: Buffer[] = []
    const closed = new Promise<void>((resolve) => {
      void listen((stream) => {
        stream.onData = (chunk) => received.push(Buffer.from(chunk))
        stream.onClose = () => resolve()
      }).then(async ({ address }) => {
        const stream = await network.connect(address)
        stream.write([Buffer.from('one '), Buffer.from('two '), Buffer.from('three')])
        stream.write([Buffer.from('!')])
        stream.end()
      })
    })
    await closed
    expect(Buffer.concat(received).toString()).toBe('one two three!')
  })

  test('the callback of a write comes once its bytes were taken', async () => {
    const { address } = await listen((stream) => {
      stream.onData = (chunk) => stream.write([Buffer.from(chunk)])
    })
    const stream = await network.connect(address)
    await new Promise<void>((resolve) => stream.write([Buffer.from('ping')], resolve))
    expect(stream.pendingBytes).toBe(0)
    stream.destroy()
  })

  test('a busy port is refused by name', async () => {
    const { address } = await listen(() => undefined)
    await expect(network.listen(address, () => undefined)).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining(`${address.port}: the port is in use`),
    })
  })

  test('connecting where nobody listens is refused by name', async () => {
    const listener = await network.listen({ host: '127.0.0.1', port: 0 }, () => undefined)
    await listener.close()
    await expect(network.connect(listener.address)).rejects.toMatchObject({ code: 'REFUSED' })
  })

  test('a paused stream delivers nothing until it is resumed', async () => {
    const streams: ByteStream[] = []
    const received: string[] = []
    const accepted = new Promise<ByteStream>((resolve) => {
      void listen((stream) => {
        stream.pause()
        stream.onData = (chunk) => received.push(chunk.toString())
        resolve(stream)
      }).then(async ({ address }) => {
        const stream = await network.connect(address)
        streams.push(stream)
        stream.write([Buffer.from('waiting')])
      })
    })
    const server = await accepted
    await new Promise((resolve) => setImmediate(resolve))
    expect(received).toEqual([])
    const arrived = new Promise<void>((resolve) => {
      server.onData = (chunk) => {
        received.push(chunk.toString())
        resolve()
      }
    })
    server.resume()
    await arrived
    expect(received).toEqual(['waiting'])
    for (const stream of streams) stream.destroy()
  })
})

test('a socket puts bytes where the receiver wants them', async () => {
  const memory = Buffer.alloc(300_000)
  let filled = 0
  let inPlace = true
  const listener = await new Promise<Listener>((resolve) => {
    void nodeNetwork
      .listen({ host: '127.0.0.1', port: 0 }, (stream) => {
        stream.place = () => (filled < memory.length ? memory.subarray(filled) : undefined)
        stream.onData = (chunk) => {
          // What came before there was a place lies elsewhere.
          if (filled > 0)
            inPlace &&= chunk.buffer === memory.buffer && chunk.byteOffset === memory.byteOffset + filled
          else chunk.copy(memory)
          filled += chunk.length
          if (filled === memory.length) stream.end()
        }
      })
      .then(resolve)
  })
  const sent = Buffer.from(Uint8Array.from({ length: memory.length }, (_, index) => index % 251))
  const client = await nodeNetwork.connect(listener.address)
  const closed = new Promise<void>((resolve) => {
    client.onClose = () => resolve()
  })
  client.write([sent])
  await closed
  await listener.close()
  expect(inPlace).toBe(true)
  expect(memory.equals(sent)).toBe(true)
})
