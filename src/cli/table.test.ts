import { expect, test } from 'vitest'
import { table } from './table.ts'

test('numbers are flush right, words flush left, and nothing trails', () => {
  expect(
    table(
      ['TOPIC', 'COUNT', 'HOST'],
      [
        ['orders', 12, '-'],
        ['a', '-', 'x'],
      ],
    ),
  ).toBe('TOPIC   COUNT  HOST\norders     12  -\na           -  x\n')
})

test('a table without rows is its headings', () => {
  expect(table(['TOPIC', 'COUNT'], [])).toBe('TOPIC  COUNT\n')
})
