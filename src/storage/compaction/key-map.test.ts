import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyMap } from './key-map.ts'

function bytesOf(key: number): Buffer {
  return Buffer.from(`key-${key}`)
}

function put(map: KeyMap, key: number, offset: number): boolean {
  const bytes = bytesOf(key)
  return map.put(bytes, 0, bytes.length, offset)
}

function get(map: KeyMap, key: number): number {
  const bytes = bytesOf(key)
  return map.get(bytes, 0, bytes.length)
}

test('a key map is what a map of keys would be', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 2000, size: 'max' }), (keys) => {
      const map = new KeyMap(24 * 1000, 0.9)
      const expected = new Map<number, number>()
      for (const [offset, key] of keys.entries()) {
        expect(put(map, key, offset)).toBe(true)
        expected.set(key, offset)
      }
      expect(map.size).toBe(expected.size)
      for (let key = 0; key <= 301; key++) expect(get(map, key)).toBe(expected.get(key) ?? -1)
    }),
    { numRuns: 30 },
  )
})

test('a full map takes no new key, and still takes later offsets of those it has', () => {
  const map = new KeyMap(24 * 10, 0.5)
  for (let key = 0; key < 5; key++) expect(put(map, key, key)).toBe(true)
  expect(put(map, 5, 5)).toBe(false)
  expect(put(map, 3, 6)).toBe(true)
  expect([get(map, 3), get(map, 5)]).toEqual([6, -1])
})

test('a map holds little at first and never more than it may', () => {
  const maxBytes = 24 * 100_000
  const map = new KeyMap(maxBytes, 0.9)
  expect(map.heldBytes).toBe(0)
  let most = 0
  let key = 0
  while (put(map, key, key)) {
    key++
    if (key % 1000 === 0) most = Math.max(most, map.heldBytes)
    if (key === 1000) expect(map.heldBytes).toBeLessThan(maxBytes / 4)
  }
  expect(most).toBeLessThanOrEqual(maxBytes)
  // The parts don't fill quite alike.
  expect(key).toBeGreaterThan(80_000)
  for (let known = 0; known < key; known += 997) expect(get(map, known)).toBe(known)
})
