import { describe, expect, test } from 'vitest'
import { headersFromFlags, type LineFormat, lineReader } from './message.ts'

const plain: LineFormat = {
  json: false,
  keySeparator: undefined,
  emptyIsNull: false,
  headers: {},
  partition: undefined,
}

describe('a line', () => {
  test('is a value without a key', () => {
    expect(read('a:b', plain)).toEqual({ key: null, value: 'a:b' })
  })

  test('is key and value around the first separator', () => {
    const format = { ...plain, keySeparator: '::' }
    expect(read('a::b::c', format)).toEqual({ key: 'a', value: 'b::c' })
    expect(read('::b', format)).toEqual({ key: '', value: 'b' })
    expect(read('abc', format)).toEqual({ key: null, value: 'abc' })
  })

  test('with an empty value is an empty record, or a tombstone if that is asked for', () => {
    const format = { ...plain, keySeparator: ':' }
    expect(read('a:', format)).toEqual({ key: 'a', value: '' })
    expect(read('a:', { ...format, emptyIsNull: true })).toEqual({ key: 'a', value: null })
  })

  test('gets the headers and the partition that all get', () => {
    expect(read('a', { ...plain, headers: { x: '1' }, partition: 2 })).toEqual({
      key: null,
      value: 'a',
      headers: { x: '1' },
      partition: 2,
    })
  })
})

describe('a JSON line', () => {
  const json = { ...plain, json: true }

  test('has all that a record has', () => {
    const line = '{"key":"k","value":"v","headers":{"a":"1","b":["2","3"]},"partition":1,"timestamp":5}'
    expect(read(line, json)).toEqual({
      key: 'k',
      value: 'v',
      headers: { a: '1', b: ['2', '3'] },
      partition: 1,
      timestamp: '5',
    })
  })

  test('that lacks key or value has null for it', () => {
    expect(read('{}', json)).toEqual({ key: null, value: null })
    expect(read('{"key":null,"value":""}', json)).toEqual({ key: null, value: '' })
  })

  test('may hold a value that is JSON itself', () => {
    expect(read('{"value":{"total": 12}}', json)).toEqual({ key: null, value: '{"total":12}' })
    expect(read('{"value":12}', json)).toEqual({ key: null, value: '12' })
  })

  test('may hold bytes in base64', () => {
    const message = lineReader(json)(Buffer.from('{"keyBase64":"/w==","valueBase64":"AP8="}'), 1)
    expect(message).toEqual({ key: Buffer.from([255]), value: Buffer.from([0, 255]) })
  })

  test('may tell its time as a date', () => {
    expect(read('{"timestamp":"2026-01-31T08:00:00Z"}', json)).toMatchObject({ timestamp: '1769846400000' })
  })

  test('keeps its own headers and partition beside those that all get', () => {
    const format = { ...json, headers: { a: '0', z: '9' }, partition: 7 }
    expect(read('{"headers":{"a":"1"},"partition":0}', format)).toMatchObject({
      headers: { a: '1', z: '9' },
      partition: 0,
    })
  })

  test.each([
    ['nonsense', 'line 3: not a JSON object'],
    ['[1]', 'line 3: not a JSON object'],
    ['{"vlaue":1}', 'line 3: unknown field "vlaue"'],
    ['{"partition":-1}', 'line 3: partition must be a number from 0'],
    ['{"timestamp":"soon"}', 'line 3: timestamp must be milliseconds since 1970 or a date'],
  ])('%s is refused: %s', (line, message) => {
    expect(() => lineReader(json)(Buffer.from(line), 3)).toThrow(message)
  })
})

test('a header may be given twice', () => {
  expect(headersFromFlags(['a=1', 'b=x=y', 'a=2'])).toEqual({ a: ['1', '2'], b: 'x=y' })
  expect(() => headersFromFlags(['a'])).toThrow('--header must be name=value, not "a"')
})

/** The message with its bytes as text, for reading. */
function read(line: string, format: LineFormat): unknown {
  const message = lineReader(format)(Buffer.from(line), 1)
  return JSON.parse(JSON.stringify(message, (_, value) => textOf(value)))
}

function textOf(value: unknown): unknown {
  const isBytes = typeof value === 'object' && value !== null && Reflect.get(value, 'type') === 'Buffer'
  const data: unknown = isBytes ? Reflect.get(value, 'data') : undefined
  return Array.isArray(data) ? Buffer.from(data).toString() : value
}
