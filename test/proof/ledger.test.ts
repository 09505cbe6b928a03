import { describe, expect, test } from 'vitest'
import { Ledger, type OutputRecord, POISON } from './ledger.ts'

function ledgerOf(counts: Readonly<Record<string, number>>): Ledger {
  const ledger = new Ledger()
  for (const [key, count] of Object.entries(counts)) for (let n = 0; n < count; n++) ledger.give(key)
  return ledger
}

function outputOf(...values: readonly string[]): OutputRecord[] {
  return values.map((text, offset) => {
    const [key = '', value = ''] = text.split('=')
    return { partition: 0, offset, key, value }
  })
}

describe('the ledger of a chain', () => {
  test('finds nothing wrong with each record once and in the order of its key', () => {
    expect(ledgerOf({ a: 2, b: 1 }).verdict(outputOf('a=0', 'b=0', 'a=1'))).toEqual([])
  })

  test.each([
    ['a lost record', outputOf('a=0', 'b=0')],
    ['a lost key', outputOf('a=0', 'a=1')],
    ['a doubled record', outputOf('a=0', 'a=1', 'a=1', 'b=0')],
    ['two records in the wrong order', outputOf('a=1', 'a=0', 'b=0')],
    ['a record that nobody gave', outputOf('a=0', 'a=1', 'b=0', 'c=0')],
    ['aborted data', outputOf('a=0', 'a=1', 'b=0', `a=${POISON}`)],
  ])('sees %s', (_what, output) => {
    expect(ledgerOf({ a: 2, b: 1 }).verdict(output)).not.toEqual([])
  })

  test('sees a record that was shown to a reader and is gone or another one in the end', () => {
    const gone = ledgerOf({ a: 1 })
    gone.sawLive({ partition: 0, offset: 9, key: 'a', value: '0' })
    expect(gone.verdict(outputOf('a=0'))).toHaveLength(1)
    const other = ledgerOf({ a: 1 })
    other.sawLive({ partition: 0, offset: 0, key: 'a', value: '7' })
    expect(other.verdict(outputOf('a=0'))).toHaveLength(1)
  })

  test('sees aborted data that was shown while transactions were open, and an offset with two values', () => {
    const ledger = ledgerOf({ a: 1 })
    ledger.sawLive({ partition: 0, offset: 0, key: 'a', value: POISON })
    ledger.sawLive({ partition: 0, offset: 0, key: 'a', value: '0' })
    expect(ledger.verdict(outputOf('a=0'))).toHaveLength(2)
  })

  test('takes a record that is read again after a restart', () => {
    const ledger = ledgerOf({ a: 1 })
    for (let times = 0; times < 2; times++) ledger.sawLive({ partition: 0, offset: 0, key: 'a', value: '0' })
    expect(ledger.verdict(outputOf('a=0'))).toEqual([])
    expect(ledger.liveCount).toBe(1)
  })
})
