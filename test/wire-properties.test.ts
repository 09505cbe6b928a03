import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Writer } from '../src/wire/schema/writer.ts'
import { WireError } from '../src/wire/wire-error.ts'
import { type AnyMessage, allMessages, completed, encodable, versionsOf } from './all-messages.ts'
import { anyStruct } from './message-values.ts'

/** Few runs per version: there are some 850 versions of messages, and every field kind comes up in many of them. */
const RUNS = 12
/** Cuts and mutations tried per value. */
const TRIES = 16
/** The least that a writer may have: what it copies rather than hands on must fit. */
const SCRATCH_BYTES = 1100

const messages = allMessages.map((message) => [message.name, message] as const)

describe('every version of every message', () => {
  test.each(messages)('%s comes back as it was written', (_name, message) => {
    forEachValue(message, (value, version, bytes) => {
      const expected = completed(message.fields, message.layout(version), value)
      expectSame(message.decode(bytes, version), expected)
      const explained = message.explain(bytes, version)
      expectSame(explained.value, expected)
      expect(explained.end).toBe(bytes.length)
    })
  })

  test.each(messages)('%s is written alike wherever the scratch area ends', (_name, message) => {
    const writer = new Writer(SCRATCH_BYTES)
    forEachValue(message, (value, version, bytes) => {
      for (let back = 1; back <= Math.min(bytes.length, 60); back += 1 + Math.floor(bytes.length / 8)) {
        const at = SCRATCH_BYTES - back
        const end = message.write(writer, encodable(message.fields, value), version, at)
        expect(Buffer.concat(writer.finish(end)).subarray(at).equals(bytes), `${back} bytes of room`).toBe(
          true,
        )
      }
    })
  })

  test.each(messages)('%s is refused when its end is missing', (_name, message) => {
    forEachValue(message, (_value, version, bytes) => {
      const step = Math.max(1, Math.floor(bytes.length / TRIES))
      for (let length = bytes.length - 1; length >= 0; length -= step)
        expect(outcome(message, bytes.subarray(0, length), version)).toBeInstanceOf(WireError)
    })
  })

  test.each(messages)(
    '%s with bytes changed is read alike by both decoders, or refused by both',
    (_name, message) => {
      const change = fc.record({ at: fc.nat(), byte: fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff) })
      const changes = fc.array(change, { minLength: TRIES, maxLength: TRIES })
      for (const version of versionsOf(message)) {
        const cases = fc.tuple(anyStruct(message.fields, message.layout(version)), changes)
        const property = fc.property(cases, ([value, list]) => {
          const bytes = write(message, value, version)
          for (const { at, byte } of bytes.length === 0 ? [] : list) {
            const before = bytes[at % bytes.length] ?? 0
            bytes[at % bytes.length] = byte
            expectAlike(message, bytes, version)
            bytes[at % bytes.length] = before
          }
        })
        fc.assert(property, { numRuns: RUNS })
      }
    },
  )

  test.each(messages)('%s survives bytes of chance', (_name, message) => {
    const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array))
    for (const version of versionsOf(message))
      fc.assert(
        fc.property(bytes, (chance) => expectAlike(message, chance, version)),
        { numRuns: TRIES },
      )
  })
})

function forEachValue(
  message: AnyMessage,
  check: (value: object, version: number, bytes: Buffer) => void,
): void {
  for (const version of versionsOf(message)) {
    const property = fc.property(anyStruct(message.fields, message.layout(version)), (value) =>
      check(value, version, write(message, value, version)),
    )
    fc.assert(property, { numRuns: RUNS })
  }
}

function write(message: AnyMessage, value: object, version: number): Buffer {
  return Buffer.concat(message.encode(encodable(message.fields, value), version))
}

/** What decoding gives: the value or the WireError; any other error is a defect and goes on up. */
function outcome(message: AnyMessage, bytes: Buffer, version: number): unknown {
  try {
    return message.decode(bytes, version)
  } catch (error) {
    if (error instanceof WireError) return error
    throw error
  }
}

function expectAlike(message: AnyMessage, bytes: Buffer, version: number): void {
  const compiled = outcome(message, bytes, version)
  // A compiled decoder that refuses asks the explaining one for its reasons, so only a value needs a second opinion.
  if (!(compiled instanceof WireError)) expectSame(compiled, message.explain(bytes, version).value)
}

/** Deep equality; the slow, telling comparison only when the quick one fails. */
function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toStrictEqual(expected)
}
