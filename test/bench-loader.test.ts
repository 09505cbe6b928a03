import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameTally } from '../bench/loader/frame-tally.ts'

const frameOf = (body: Uint8Array): Buffer => {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

test('the load counts every answer once and sees how it begins, whatever pieces it comes in', () => {
  const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 })
  const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(bodies, cuts, fc.integer({ min: 1, max: 20 }), (frames, pieces, headBytes) => {
      const seen: string[] = []
      const tally = new FrameTally(headBytes, (head) => seen.push(head.toString('hex')))
      const stream = Buffer.concat(frames.map(frameOf))
      for (let at = 0, piece = 0; at < stream.length; piece++) {
        const chunk = stream.subarray(at, at + (pieces[piece % pieces.length] ?? 1))
        tally.push(chunk, chunk.length)
        at += chunk.length
      }
      expect(seen).toEqual(frames.map((body) => Buffer.from(body.subarray(0, headBytes)).toString('hex')))
    }),
  )
})
