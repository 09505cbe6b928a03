import fc from 'fast-check'
import { expect, test } from 'vitest'
import { linesOf } from './lines.ts'

test('lines are the same wherever the input is cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'bc', '\n', 'ü', '\r')),
      fc.array(fc.nat(20)),
      async (parts, cuts) => {
        const text = parts.join('')
        const expected = text.split('\n')
        if (expected.at(-1) === '') expected.pop()
        expect(await collected(chunksOf(Buffer.from(text), cuts))).toEqual(expected)
      },
    ),
  )
})

test('bytes that are no text come through', async () => {
  const lines: Buffer[] = []
  for await (const some of linesOf(chunksOf(Buffer.from([0xff, 0x00, 0x0a, 0xfe]), []))) lines.push(...some)
  expect(lines).toEqual([Buffer.from([0xff, 0x00]), Buffer.from([0xfe])])
})

async function* chunksOf(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0
  for (const size of cuts) {
    yield bytes.subarray(at, at + size)
    at += size
  }
  yield bytes.subarray(at)
}

async function collected(chunks: AsyncIterable<Buffer>): Promise<string[]> {
  const lines: string[] = []
  for await (const some of linesOf(chunks)) lines.push(...some.map((line) => line.toString()))
  return lines
}
