import { expect, test } from 'vitest'
import { apiVersions } from './apis/api-versions.ts'
import { metadata } from './apis/metadata.ts'
import { encodeResponseFrame } from './frame.ts'
import { decodeRequestHeader, decodeResponseHeader } from './header.ts'
import { WireError } from './wire-error.ts'

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}

test('the client id keeps its two-byte length in flexible headers, and the tagged fields follow it', () => {
  expect(decodeRequestHeader(bytes('0003 0009 00000005 0003 616263 00 ff'))).toEqual({
    apiKey: 3,
    apiVersion: 9,
    correlationId: 5,
    clientId: 'abc',
    bodyAt: 14,
  })
})

test('the tagged fields follow a client id that is null or empty as well', () => {
  expect(decodeRequestHeader(bytes('0003 0009 00000005 ffff 00'))).toMatchObject({
    clientId: null,
    bodyAt: 11,
  })
  expect(decodeRequestHeader(bytes('0003 0009 00000005 0000 00'))).toMatchObject({ clientId: '', bodyAt: 11 })
})

test('unknown tagged fields of a request header are passed over', () => {
  const header = decodeRequestHeader(bytes('0003 0009 00000005 ffff 01 07 02 aabb ff'))
  expect(header.bodyAt).toBe(15)
})

test('a correlation id may be any int32', () => {
  expect(decodeRequestHeader(bytes('0003 0000 ffffffff 0000')).correlationId).toBe(-1)
})

test('an ApiVersions request of a version to come can be read up to its body', () => {
  expect(decodeRequestHeader(bytes('0012 0063 00000001 0001 61 00'))).toMatchObject({
    apiKey: 18,
    apiVersion: 99,
    clientId: 'a',
    bodyAt: 12,
  })
})

test('an unknown API is read in the older form', () => {
  expect(decodeRequestHeader(bytes('7fff 0000 00000001 0001 61'))).toMatchObject({
    apiKey: 32_767,
    bodyAt: 11,
  })
})

test.each([
  '',
  '0003 0009 0000',
  '0003 0009 00000005',
  '0003 0009 00000005 0005 61',
  '0003 0009 00000005 ffff',
])('a header that is cut off is refused: %s', (hex) => {
  expect(() => decodeRequestHeader(bytes(hex))).toThrow(WireError)
})

test('ApiVersions is answered with the oldest header at every version', () => {
  const [frame = Buffer.alloc(0)] = encodeResponseFrame(apiVersions, 3, 6, { errorCode: 0, apiKeys: [] })
  expect(frame.subarray(4, 8).toString('hex')).toBe('00000006')
  expect(decodeResponseHeader(frame.subarray(4), apiVersions, 3)).toEqual({ correlationId: 6, bodyAt: 4 })
})

test('other flexible responses have tagged fields in their header', () => {
  const [frame = Buffer.alloc(0)] = encodeResponseFrame(metadata, 9, 6, { brokers: [], topics: [] })
  expect(frame.subarray(4, 9).toString('hex')).toBe('0000000600')
})
