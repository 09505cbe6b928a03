import { expect, test } from 'vitest'
import { VirtualClock } from '../runtime/virtual-clock.ts'
import { KafkaError } from '../wire/errors.ts'
import { KindDeadlines } from './kind-deadlines.ts'

function watched(whenDue: (what: string) => void = () => undefined) {
  const clock = new VirtualClock()
  const due: string[] = []
  const deadlines = new KindDeadlines(clock, (groupId, kind, memberId) => {
    const what = `${groupId} ${kind} ${memberId}`
    due.push(`${clock.monotonicMs()} ${what}`)
    whenDue(what)
  })
  return { clock, due, deadlines }
}

test('what is waited for in each group comes when it is due, and what is moved away does not', () => {
  const { clock, due, deadlines } = watched()
  deadlines.of('a').set('session', 'm', 10)
  deadlines.of('b').set('session', 'm', 20)
  clock.advance(5)
  deadlines.of('a').apply([
    { kind: 'session', memberId: 'm', delayMs: 100 },
    { kind: 'rebalance', memberId: 'm', delayMs: 7 },
    { kind: 'rebalance', memberId: 'm', delayMs: 1, isOnlyIfAbsent: true },
  ])
  deadlines.of('b').apply([{ kind: 'session', memberId: 'm', delayMs: null }])
  clock.advance(200)
  expect(due).toEqual(['12 a rebalance m', '105 a session m'])
})

test('what could not be written is tried again, and the others do not wait for it', () => {
  let refusals = 2
  const { clock, due, deadlines } = watched((what) => {
    if (what === 'a session bad' && refusals-- > 0) throw new KafkaError('NOT_ENOUGH_REPLICAS')
  })
  deadlines.of('a').set('session', 'bad', 10)
  deadlines.of('a').set('session', 'good', 11)
  clock.advance(10_000)
  expect(due).toEqual(['10 a session bad', '11 a session good', '1010 a session bad', '2010 a session bad'])
})

test('nothing is due in a group that is forgotten, nor in any once all stop', () => {
  const { clock, due, deadlines } = watched()
  deadlines.of('a').set('session', 'm', 10)
  expect(deadlines.forget('a')).toBe(true)
  expect(deadlines.forget('a')).toBe(false)
  deadlines.of('b').set('session', 'm', 10)
  deadlines.stop()
  deadlines.of('b').set('session', 'm', 10)
  deadlines.of('c').set('session', 'm', 10)
  clock.advance(100)
  expect(due).toEqual([])
})

test('the longest overdue comes first, and among equals the phase of the group', () => {
  const { clock, due, deadlines } = watched()
  deadlines.of('a').set('session', 'late', 20)
  deadlines.of('a').set('session', 'm', 10)
  deadlines.of('a').setAt('phase', '', 10)
  deadlines.of('a').set('session', 'early', 5)
  clock.advance(20)
  expect(due).toEqual(['5 a session early', '10 a phase ', '10 a session m', '20 a session late'])
})
