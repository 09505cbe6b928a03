import { expect, test } from 'vitest'
import { Remembered } from './remembered.ts'

const LONGEST = 'x'.repeat(32_767)

test('what was not used for longest is forgotten first', () => {
  const ages = new Remembered<number>(2)
  ages.set('alice', 30)
  ages.set('bob', 40)
  expect(ages.get('alice')).toBe(30)
  ages.set('carol', 50)
  expect(['alice', 'bob', 'carol'].map((name) => ages.get(name))).toEqual([30, undefined, 50])
})

test('fewer names are remembered when they are long', () => {
  const seen = new Remembered<true>(10_000)
  for (let at = 0; at < 1_000; at++) seen.set(`${at}${LONGEST}`, true)
  expect(seen.size).toBe(61)
  expect(seen.get(`999${LONGEST}`)).toBe(true)
  for (let at = 0; at < 20_000; at++) seen.set(`short ${at}`, true)
  expect(seen.size).toBe(10_000)
})

test('a name that is set anew or deleted is counted once, and not any more', () => {
  const texts = new Remembered<string>(10_000, (name, text) => name.length + text.length)
  for (let at = 0; at < 1_000; at++) texts.set('same', LONGEST)
  expect(texts.size).toBe(1)
  for (let at = 0; at < 1_000; at++) {
    texts.set('other', LONGEST)
    texts.delete('other')
  }
  for (let at = 0; at < 60; at++) texts.set(`${at}`, LONGEST)
  expect(texts.size).toBe(61)
})
