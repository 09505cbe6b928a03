import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32 } from './crc32.ts'
import { crc32c, loadNative, portableCrc32c } from './crc32c.ts'

const checkInput = Buffer.from('123456789')

test('the checksum of the digits 1 to 9 is the catalogued one', () => {
  expect(crc32c(checkInput)).toBe(0xe3069283)
  expect(loadNative()(checkInput)).toBe(0xe3069283)
  expect(crc32(checkInput)).toBe(0xcbf43926)
})

test('only the range asked for is covered', () => {
  const framed = Buffer.concat([Buffer.from('xx'), checkInput, Buffer.from('yyy')])
  expect(crc32c(framed, 2, 11)).toBe(0xe3069283)
  expect(crc32(framed, 2, 11)).toBe(0xcbf43926)
})

test('the native and the portable implementation agree on every input', () => {
  const native = loadNative()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      expect(native(bytes)).toBe(portableCrc32c(bytes))
    }),
  )
})

test('the checksum stays the same when the native implementation takes over', () => {
  const large = Buffer.alloc(1024 * 1024, 'odradek')
  const before = crc32c(large)
  for (let round = 0; round < 12; round++) expect(crc32c(large)).toBe(before)
})
