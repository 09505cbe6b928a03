import { describe, expect, test } from 'vitest'
import { lineReader } from '../produce/message.ts'
import type { ShownRecord } from './record.ts'
import { jsonFormat, parseFormat, type RecordFormat } from './record-format.ts'

const record: ShownRecord = {
  topic: 'orders',
  partition: 2,
  offset: 41,
  timestamp: 1_769_846_400_000n,
  key: Buffer.from('k'),
  value: Buffer.from('väl'),
  headers: [
    { key: 'a', value: Buffer.from('1') },
    { key: 'b', value: null },
  ],
}

describe('a format', () => {
  test('has a letter for each part of a record', () => {
    expect(shown('%t/%p@%o %T %k[%K]=%v[%S] %h %s', record)).toBe(
      'orders/2@41 1769846400000 k[1]=väl[4] a=1,b= väl',
    )
  })

  test('knows escapes', () => {
    expect(shown('a\\tb\\n\\x41\\\\%%\\0', record)).toBe('a\tb\nA\\%\0')
  })

  test('shows null as nothing, of size -1', () => {
    expect(shown('%k|%K|%v|%S', { ...record, key: null, value: null })).toBe('|-1||-1')
  })

  test.each(['%x', '%'])('%j is refused', (format) => {
    expect(() => parseFormat(format)).toThrow("--format doesn't know")
  })

  test('does not touch the bytes of a value', () => {
    const out: Buffer[] = []
    parseFormat('%v')({ ...record, value: Buffer.from([0xff, 0x00]) }, out)
    expect(Buffer.concat(out)).toEqual(Buffer.from([0xff, 0x00]))
  })
})

describe('JSON', () => {
  test('is one object per line', () => {
    expect(render(jsonFormat, record)).toBe(
      '{"topic":"orders","partition":2,"offset":41,"timestamp":1769846400000,"key":"k","value":"väl",' +
        '"headers":{"a":"1","b":null}}\n',
    )
  })

  test('holds what is no UTF-8 in base64, and repeated headers in a list', () => {
    const bytes = Buffer.from([0xff])
    const headers = [
      { key: 'a', value: bytes },
      { key: 'b', value: Buffer.from('1') },
      { key: 'b', value: Buffer.from('2') },
    ]
    expect(JSON.parse(render(jsonFormat, { ...record, key: null, value: bytes, headers }))).toEqual({
      topic: 'orders',
      partition: 2,
      offset: 41,
      timestamp: 1_769_846_400_000,
      key: null,
      valueBase64: '/w==',
      headers: { b: ['1', '2'] },
      headersBase64: { a: '/w==' },
    })
  })

  test('keeps a timestamp that is too large for a number', () => {
    const line = render(jsonFormat, { ...record, timestamp: 1_769_846_400_000_000_001n })
    expect(line).toContain('"timestamp":"1769846400000000001"')
  })

  test('is what "produce --json" reads back', () => {
    const format = {
      json: true,
      keySeparator: undefined,
      emptyIsNull: false,
      headers: {},
      partition: undefined,
    }
    const line = render(jsonFormat, { ...record, value: Buffer.from([0xff, 0x0a]) })
    expect(lineReader(format)(Buffer.from(line), 1)).toEqual({
      key: Buffer.from('k'),
      value: Buffer.from([0xff, 0x0a]),
      headers: { a: Buffer.from('1'), b: undefined },
      partition: 2,
      timestamp: '1769846400000',
    })
  })
})

function shown(format: string, one: ShownRecord): string {
  return render(parseFormat(format), one)
}

function render(format: RecordFormat, one: ShownRecord): string {
  const out: Buffer[] = []
  format(one, out)
  return Buffer.concat(out).toString()
}
