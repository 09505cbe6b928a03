import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fetch } from './apis/fetch.ts'
import { heartbeat } from './apis/heartbeat.ts'
import { metadata } from './apis/metadata.ts'
import { encodeRequestFrame, encodeResponseFrame, FrameSplitter } from './frame.ts'
import { decodeRequestHeader, decodeResponseHeader } from './header.ts'
import { WireError } from './wire-error.ts'

const MAX_FRAME_BYTES = 1000

function framed(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

function splitter(reserve?: (sizeBytes: number) => boolean) {
  const frames: Buffer[] = []
  const limits = { maxFrameBytes: MAX_FRAME_BYTES, ...(reserve === undefined ? {} : { reserve }) }
  return { frames, split: new FrameSplitter(limits, (frame) => frames.push(frame)) }
}

describe('a stream of frames', () => {
  test('is split alike in whatever pieces it comes', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 })
    const cuts = fc.array(fc.nat({ max: 300 }))
    fc.assert(
      fc.property(bodies, cuts, (list, places) => {
        const stream = Buffer.concat(list.map(framed))
        const { frames, split } = splitter()
        let from = 0
        for (const to of [...places.filter((place) => place < stream.length), stream.length].sort(
          (a, b) => a - b,
        )) {
          split.push(stream.subarray(from, to))
          from = to
        }
        expect(frames.map((frame) => frame.toString('hex'))).toEqual(
          list.map((body) => Buffer.from(body).toString('hex')),
        )
      }),
    )
  })

  test('gives frames that stay what they are when the chunk is used for other bytes', () => {
    const { frames, split } = splitter()
    const chunk = Buffer.concat([framed(Buffer.from('hello')), framed(Buffer.from('world'))])
    split.push(chunk)
    chunk.fill(0)
    expect(frames.map(String)).toEqual(['hello', 'world'])
  })

  test('has bytes that were read to where they belong in place already', () => {
    const { frames, split } = splitter()
    const stream = framed(Buffer.from('a frame in parts'))
    split.push(stream.subarray(0, 6))
    for (let from = 6; from < stream.length; from += 5) {
      const place = split.place
      const part = stream.subarray(from, from + 5)
      if (place === undefined) throw new Error('no place')
      expect(place.length).toBe(stream.length - from)
      part.copy(place)
      split.push(place.subarray(0, part.length))
    }
    expect(frames.map(String)).toEqual(['a frame in parts'])
    expect(split.place).toBeUndefined()
  })

  test('puts a frame that is spread over chunks into a buffer of its own, of its exact size', () => {
    const { frames, split } = splitter()
    const chunk = framed(Buffer.alloc(900, 7))
    for (let at = 0; at < chunk.length; at += 100) split.push(chunk.subarray(at, at + 100))
    expect(frames[0]).toEqual(Buffer.alloc(900, 7))
    expect(frames[0]?.buffer.byteLength).toBe(900)
  })

  test.each([-1, -2_147_483_648, MAX_FRAME_BYTES + 1, 2_147_483_647])(
    'is refused at a length of %i',
    (sizeBytes) => {
      const { split } = splitter(() => {
        throw new Error('no memory may be asked for')
      })
      const length = Buffer.alloc(4)
      length.writeInt32BE(sizeBytes)
      expect(() => split.push(length)).toThrow(WireError)
    },
  )

  test('waits for memory before it takes in a body, and loses nothing meanwhile', () => {
    let freeBytes = 5
    const asked: number[] = []
    const { frames, split } = splitter((sizeBytes) => {
      asked.push(sizeBytes)
      if (sizeBytes > freeBytes) return false
      freeBytes -= sizeBytes
      return true
    })
    const stream = Buffer.concat(['hello', 'wor', 'ld'].map((text) => framed(Buffer.from(text))))
    split.push(stream.subarray(0, 14))
    expect(split.isHolding).toBe(true)
    expect(frames.map(String)).toEqual(['hello'])
    split.push(stream.subarray(14))
    split.resume()
    expect(split.isHolding).toBe(true)
    freeBytes = 5
    split.resume()
    expect(split.isHolding).toBe(false)
    expect(frames.map(String)).toEqual(['hello', 'wor', 'ld'])
    expect(asked).toEqual([5, 3, 3, 3, 2])
  })

  test('needs no memory for a frame of no bytes, behind which nothing may come', () => {
    const { frames, split } = splitter(() => false)
    split.push(framed(Buffer.alloc(0)))
    expect(frames).toEqual([Buffer.alloc(0)])
    expect(split.isHolding).toBe(false)
  })

  test('may hold an empty frame', () => {
    const { frames, split } = splitter()
    split.push(framed(Buffer.alloc(0)))
    expect(frames).toEqual([Buffer.alloc(0)])
  })
})

describe('a response frame', () => {
  test('is one buffer when it is small', () => {
    const chunks = encodeResponseFrame(heartbeat, 3, -7, { errorCode: 27 })
    expect(chunks.map((chunk) => chunk.toString('hex'))).toEqual(['0000000afffffff900000000001b'])
  })

  test('hands record batches on without copying them', () => {
    const batch = Buffer.alloc(5000, 1)
    const partition = { partitionIndex: 0, errorCode: 0, highWatermark: 9, records: [batch, batch] }
    const chunks = encodeResponseFrame(fetch, 12, 1, {
      responses: [{ topic: 'orders', partitions: [{ ...partition, abortedTransactions: null }] }],
    })
    expect(chunks.filter((chunk) => chunk === batch)).toHaveLength(2)
    const bytes = Buffer.concat(chunks)
    expect(bytes.readInt32BE(0)).toBe(bytes.length - 4)
    const { correlationId, bodyAt } = decodeResponseHeader(bytes.subarray(4), fetch, 12)
    expect(correlationId).toBe(1)
    const decoded = fetch.response.decode(bytes.subarray(4), 12, bodyAt)
    expect(decoded.responses[0]?.partitions[0]?.records).toEqual(Buffer.concat([batch, batch]))
  })

  test('of any size has the length of all its chunks in front', () => {
    const brokers = Array.from({ length: 5000 }, (_, nodeId) => ({
      nodeId,
      host: `host-${nodeId}.example`,
      port: 9092,
    }))
    const chunks = encodeResponseFrame(metadata, 9, 5, { brokers, topics: [] })
    expect(chunks.length).toBeGreaterThan(1)
    const bytes = Buffer.concat(chunks)
    expect(bytes.readInt32BE(0)).toBe(bytes.length - 4)
    const { bodyAt } = decodeResponseHeader(bytes.subarray(4), metadata, 9)
    expect(
      metadata.response.decode(bytes.subarray(4), 9, bodyAt).brokers.map((broker) => broker.nodeId),
    ).toEqual(brokers.map((broker) => broker.nodeId))
  })

  test('comes out whole after one that could not be written', () => {
    const host = 'h'.repeat(30_000)
    const brokers = [1, 2, 3].map((nodeId) => ({ nodeId, host, port: 9092 }))
    const bad = { brokers: [...brokers, { nodeId: 1.5, host, port: 1 }], topics: [] }
    expect(() => encodeResponseFrame(metadata, 1, 1, bad)).toThrow('brokers[].nodeId')
    expect(encodeResponseFrame(heartbeat, 0, 2, { errorCode: 0 })).toHaveLength(1)
  })
})

test('a request frame is read back by header and body', () => {
  const value = { groupId: 'g', generationId: 1, memberId: 'm' }
  for (const version of [0, 4]) {
    const bytes = Buffer.concat(encodeRequestFrame(heartbeat, version, 8, 'client', value)).subarray(4)
    const header = decodeRequestHeader(bytes)
    expect(header).toMatchObject({ apiKey: 12, apiVersion: version, correlationId: 8, clientId: 'client' })
    expect(heartbeat.request.decode(bytes, version, header.bodyAt)).toEqual({
      ...value,
      groupInstanceId: null,
    })
  }
})
