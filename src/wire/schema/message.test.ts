import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { heartbeat } from '../apis/heartbeat.ts'
import { WireError } from '../wire-error.ts'
import type { DecodedResponseOf, RequestOf, ResponseOf } from './api.ts'
import { array, bigint64, bytes, int8, int32, int64, recordChunks, string, struct, uuid } from './field.ts'
import { MAX_ARRAY_ELEMENTS } from './layout.ts'
import { type Message, message } from './message.ts'

function written(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('hex')
}

function wireError(run: () => unknown): WireError {
  try {
    run()
  } catch (error) {
    if (error instanceof WireError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a declaration', () => {
  test('gives the types of what is decoded and of what is encoded', () => {
    expectTypeOf<RequestOf<typeof heartbeat>>().toEqualTypeOf<{
      groupId: string
      generationId: number
      memberId: string
      groupInstanceId: string | null
    }>()
    expectTypeOf<ResponseOf<typeof heartbeat>>().toEqualTypeOf<{
      readonly errorCode: number
      readonly throttleTimeMs?: number | undefined
    }>()
    expectTypeOf<DecodedResponseOf<typeof heartbeat>>().toEqualTypeOf<{
      throttleTimeMs: number
      errorCode: number
    }>()
  })

  test('takes suffixes in any order', () => {
    const fields = (field: typeof string | ReturnType<typeof string.from>) =>
      message({ name: 'Order', versions: [0, 3], fields: { field } })
    const one = fields(string.from(2).default('x'))
    const other = fields(string.default('x').from(2))
    expect(other.fields).toEqual(one.fields)
  })

  test('leaves the words it is made of as they are', () => {
    string.nullable().from(3).default(null)
    expect(string.spec).toMatchObject({ from: 0, nullableFrom: undefined })
  })
})

describe('decoding', () => {
  const nested = message({
    name: 'Nested',
    versions: [0, 1],
    flexible: 1,
    fields: {
      topics: array(
        struct({ name: string, partitions: array(struct({ index: int32, records: bytes.nullable() })) }),
      ),
    },
  })

  test('says which field does not fit, and where', () => {
    const frame = Buffer.from(
      '00000001 0001 61 00000002 00000000 00000000 00000001 0000270f aabb'.replaceAll(' ', ''),
      'hex',
    )
    const error = wireError(() => nested.decode(frame, 0))
    expect(error.message).toBe('topics[0].partitions[1].records: length 9999, 2 bytes remain, offset 27')
    expect(error).toMatchObject({ path: 'topics[0].partitions[1].records', offset: 27 })
  })

  test('compares an array length with the bytes that remain before it makes the array', () => {
    expect(wireError(() => nested.decode(Buffer.from('7fffffff', 'hex'), 0)).message).toBe(
      'topics: 2147483647 elements of at least 6 bytes, 0 bytes remain, offset 4',
    )
    expect(wireError(() => nested.decode(Buffer.from('ffffffff0f', 'hex'), 1)).path).toBe('topics')
  })

  test('refuses more array elements in one message than the limit, however large the frame', () => {
    const many = message({
      name: 'Many',
      versions: [0, 0],
      fields: { left: array(int8), right: array(int8) },
    })
    const half = MAX_ARRAY_ELEMENTS / 2
    const frame = Buffer.alloc(8 + 2 * half + 1)
    frame.writeInt32BE(half, 0)
    frame.writeInt32BE(half, 4 + half)
    expect(many.decode(frame, 0).right).toHaveLength(half)
    frame.writeInt32BE(half + 1, 4 + half)
    expect(wireError(() => many.decode(frame, 0)).message).toContain('more than 1000000 in one message')
  })

  test('gives the same shape at all versions, with defaults for what a version lacks', () => {
    const grown = message({
      name: 'Grown',
      versions: [0, 2],
      flexible: 2,
      fields: {
        first: int32,
        second: string.from(1).default('none'),
        third: struct({ id: int32.default(-1), epoch: int32.default(-1) })
          .from(2)
          .tag(0),
        fourth: array(int32).from(1),
        fifth: uuid.from(1),
      },
    })
    const oldest = grown.decode(Buffer.from('00000007', 'hex'), 0)
    expect(oldest).toEqual({
      first: 7,
      second: 'none',
      third: { id: -1, epoch: -1 },
      fourth: [],
      fifth: 'AAAAAAAAAAAAAAAAAAAAAA',
    })
    const newest = grown.decode(Buffer.concat(grown.encode({ first: 7 }, 2)), 2)
    expect(Object.keys(newest)).toEqual(Object.keys(oldest))
    expect(newest).toEqual(oldest)
    expect(grown.decode(Buffer.from('00000007', 'hex'), 0).fourth).not.toBe(oldest.fourth)
  })

  test('passes over tagged fields that it does not know', () => {
    const frame = Buffer.from('0161 01 05 03 aabbcc'.replaceAll(' ', ''), 'hex')
    const plain = message({ name: 'Plain', versions: [0, 0], flexible: 0, fields: { id: int8, code: int8 } })
    expect(plain.decode(frame, 0)).toEqual({ id: 1, code: 0x61 })
  })

  test('refuses a tagged field whose size is not that of its value', () => {
    const tagged = message({ name: 'Tagged', versions: [0, 0], flexible: 0, fields: { id: int32.tag(0) } })
    expect(tagged.decode(Buffer.from('010004 00000009'.replaceAll(' ', ''), 'hex'), 0)).toEqual({ id: 9 })
    expect(
      wireError(() => tagged.decode(Buffer.from('010005 0000000900'.replaceAll(' ', ''), 'hex'), 0)).message,
    ).toBe('tags: tag 0 says 5 bytes, the value has 4, offset 7')
  })

  test('refuses null where a version does not allow it', () => {
    const choosy = message({ name: 'Choosy', versions: [0, 1], fields: { name: string.nullable(1) } })
    const none = Buffer.from('ffff', 'hex')
    expect(choosy.decode(none, 1)).toEqual({ name: null })
    expect(wireError(() => choosy.decode(none, 0)).message).toBe(
      'name: null where it is not allowed, offset 0',
    )
  })

  test('refuses a tag number or a size of more than 32 bits', () => {
    const plain = message({ name: 'Plain', versions: [0, 0], flexible: 0, fields: {} })
    expect(plain.decode(Buffer.from('01ffffffff0f00', 'hex'), 0)).toEqual({})
    for (const hex of ['01ffffffff1f00', '01ffffffffff0100', 'ffffffff1f'])
      expect(wireError(() => plain.decode(Buffer.from(hex, 'hex'), 0)).message).toContain('more than 32 bits')
  })

  test('refuses a string longer than Kafka allows, though its bytes are there', () => {
    const name = message({ name: 'Name', versions: [0, 0], flexible: 0, fields: { name: string } })
    const longest = name.decode(Buffer.concat([Buffer.from([0x80, 0x80, 2]), Buffer.alloc(32_768)]), 0)
    expect(longest.name).toHaveLength(32_767)
    const longer = Buffer.concat([Buffer.from([0x81, 0x80, 2]), Buffer.alloc(32_769)])
    expect(wireError(() => name.decode(longer, 0)).message).toContain('a string has at most 32767 bytes')
  })

  test('keeps any 64-bit integer where one may come, and refuses it elsewhere', () => {
    const numbers = message({ name: 'Numbers', versions: [0, 0], fields: { time: bigint64, offset: int64 } })
    const time = -(2n ** 63n)
    for (const offset of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -1, 2 ** 32, -(2 ** 32) - 1])
      expect(numbers.decode(Buffer.concat(numbers.encode({ time, offset }, 0)), 0)).toEqual({ time, offset })
    const beyond = Buffer.alloc(16)
    beyond.writeBigInt64BE(2n ** 53n, 8)
    expect(wireError(() => numbers.decode(beyond, 0)).message).toBe(
      'offset: 9007199254740992 is beyond the numbers that this field may hold, offset 8',
    )
  })

  test('refuses a version that is not declared', () => {
    expect(wireError(() => nested.decode(Buffer.alloc(100), 2)).message).toBe(
      'Nested has no version 2 (0 to 1)',
    )
    expect(() => nested.decode(Buffer.alloc(100), -1)).toThrow(WireError)
  })
})

describe('encoding', () => {
  const answer = message({
    name: 'Answer',
    versions: [0, 1],
    flexible: 1,
    fields: {
      code: int8,
      leader: struct({ id: int32.default(-1), epoch: int32.default(-1) })
        .from(1)
        .tag(0),
      hosts: array(string).from(1).tag(1),
      records: recordChunks.nullable(),
    },
  })

  test('writes a tagged field only when it differs from its default', () => {
    expect(written(answer.encode({ code: 1, records: null }, 1))).toBe('010000')
    expect(written(answer.encode({ code: 1, records: null, leader: { id: -1 }, hosts: [] }, 1))).toBe(
      '010000',
    )
    expect(written(answer.encode({ code: 1, records: null, leader: { id: 5 } }, 1))).toBe(
      '0100010009'.concat('00000005', 'ffffffff', '00'),
    )
    expect(written(answer.encode({ code: 1, records: null, hosts: ['a'] }, 1))).toBe('0100010103020261')
  })

  test('writes no records as zero bytes, which is not null', () => {
    expect(written(answer.encode({ code: 1, records: [] }, 0))).toBe('0100000000')
    expect(written(answer.encode({ code: 1, records: null }, 0))).toBe('01ffffffff')
  })

  test('leaves out what the version does not have', () => {
    expect(written(answer.encode({ code: 1, records: [], hosts: ['a'] }, 0))).toBe('0100000000')
  })

  test('copies small record batches and hands large ones on', () => {
    const small = Buffer.alloc(10, 1)
    const large = Buffer.alloc(70_000, 2)
    const chunks = answer.encode({ code: 1, records: [small, large, small] }, 0)
    expect(chunks).toHaveLength(3)
    expect(chunks[1]).toBe(large)
    expect(answer.decode(Buffer.concat(chunks), 0).records).toEqual(Buffer.concat([small, large, small]))
  })

  test('of values larger than the scratch area gives all their bytes', () => {
    const text = message({
      name: 'Texts',
      versions: [0, 0],
      flexible: 0,
      fields: { texts: array(string), last: bytes },
    })
    const texts = Array.from({ length: 40 }, (_, index) => `${index}é`.repeat(200 * index))
    const last = Buffer.alloc(100_000, 3)
    expect(text.decode(Buffer.concat(text.encode({ texts, last }, 0)), 0)).toEqual({ texts, last })
  })

  test('of a tagged field larger than its own scratch area gives all its bytes', () => {
    const hosts = Array.from({ length: 3000 }, (_, index) => `host-${index}`)
    const bytes = Buffer.concat(answer.encode({ code: 1, records: [], hosts }, 1))
    expect(answer.decode(bytes, 1).hosts).toEqual(hosts)
  })

  test('goes on unharmed after a tagged field that could not be written', () => {
    const hosts = ['h'.repeat(5000), 'h'.repeat(40_000)]
    expect(() => answer.encode({ code: 1, records: null, hosts }, 1)).toThrow(TypeError)
    expect(written(answer.encode({ code: 1, records: null, hosts: ['a'] }, 1))).toBe('0100010103020261')
  })

  test.each([128, -129, 1.5, Number.NaN, undefined, null, '1'])('refuses %s as an int8', (code) => {
    const untyped: Message<unknown, unknown> = answer
    expect(() => untyped.encode({ code, records: null }, 0)).toThrow('Answer v0.code')
  })

  test('refuses a string longer than Kafka allows', () => {
    const name = message({ name: 'Name', versions: [0, 1], flexible: 1, fields: { name: string } })
    expect(written(name.encode({ name: 'n'.repeat(32_767) }, 0)).slice(0, 4)).toBe('7fff')
    for (const version of [0, 1])
      expect(() => name.encode({ name: 'n'.repeat(32_768) }, version)).toThrow(TypeError)
  })

  test('refuses a uuid that is not one', () => {
    const id = message({ name: 'Id', versions: [0, 0], fields: { id: uuid } })
    for (const wrong of ['', 'short', 'AAAAAAAAAAAAAAAAAAAAA!', 'A'.repeat(23)])
      expect(() => id.encode({ id: wrong }, 0)).toThrow('Id v0.id')
  })
})

test('codecs work where code generation from strings is forbidden', () => {
  const program = `
    import { heartbeat } from ${JSON.stringify(new URL('../apis/heartbeat.ts', import.meta.url).href)}
    try { new Function('return 1')(); console.log('not forbidden') } catch { console.log('forbidden') }
    const bytes = Buffer.concat(heartbeat.response.encode({ errorCode: 27 }, 4))
    console.log(JSON.stringify(heartbeat.response.decode(bytes, 4)))`
  const flags = [
    '--disallow-code-generation-from-strings',
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    program,
  ]
  const cwd = fileURLToPath(new URL('../../..', import.meta.url))
  const output = execFileSync(process.execPath, flags, { cwd, encoding: 'utf8' })
  expect(output.trim().split('\n')).toEqual(['forbidden', '{"throttleTimeMs":0,"errorCode":27}'])
})
