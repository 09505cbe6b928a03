import { describe, expect, test } from 'vitest'
import {
  type ClientQuota,
  clientQuotaKey,
  type QuotaEntityType,
} from '../../replication/metadata/client-records.ts'
import { QuotaLimits } from './quota-limits.ts'

type Spelled = Partial<Record<QuotaEntityType, string | null>>

function limits(...quotas: readonly (readonly [Spelled, Record<string, number>])[]): QuotaLimits {
  const map = new Map<string, ClientQuota>()
  for (const [spelled, values] of quotas) {
    const entity = new Map<QuotaEntityType, string | null>()
    for (const type of ['client-id', 'ip', 'user'] as const) {
      const name = spelled[type]
      if (name !== undefined) entity.set(type, name)
    }
    map.set(clientQuotaKey(entity), { entity, values: new Map(Object.entries(values)) })
  }
  return new QuotaLimits(map)
}

/** From what counts least to what counts most. */
const levels: readonly Spelled[] = [
  { 'client-id': null },
  { 'client-id': 'app' },
  { user: null },
  { user: null, 'client-id': null },
  { user: null, 'client-id': 'app' },
  { user: 'alice' },
  { user: 'alice', 'client-id': null },
  { user: 'alice', 'client-id': 'app' },
]

describe('of several limits', () => {
  test.each(levels.map((level, at) => ({ level, at })))('$level counts before those above it', ({ at }) => {
    const set = levels
      .slice(0, at + 1)
      .map((level, limit) => [level, { producer_byte_rate: limit + 1 }] as const)
    expect(limits(...set).ofClient('producer_byte_rate', 'alice', 'app')?.limit).toBe(at + 1)
  })

  test('one of another kind does not hide one further down', () => {
    const found = limits(
      [{ user: 'alice', 'client-id': 'app' }, { consumer_byte_rate: 1 }],
      [{ user: 'alice' }, { producer_byte_rate: 2 }],
    )
    expect(found.ofClient('producer_byte_rate', 'alice', 'app')?.limit).toBe(2)
  })
})

describe('a limit is shared', () => {
  const sharedBy = (level: Spelled, user: string, clientId: string) =>
    limits([level, { producer_byte_rate: 1 }]).ofClient('producer_byte_rate', user, clientId)?.sharedBy

  test('by all clients of a user, when it is the user’s', () => {
    expect(sharedBy({ user: null }, 'alice', 'a')).toBe(sharedBy({ user: null }, 'alice', 'b'))
    expect(sharedBy({ user: null }, 'alice', 'a')).not.toBe(sharedBy({ user: null }, 'bob', 'a'))
  })

  test('by all users of a client id, when it is the client id’s', () => {
    const level = { 'client-id': null }
    expect(sharedBy(level, 'alice', 'a')).toBe(sharedBy(level, 'bob', 'a'))
    expect(sharedBy(level, 'alice', 'a')).not.toBe(sharedBy(level, 'alice', 'b'))
  })

  test('by nobody, when it is for users with client ids', () => {
    const level = { user: null, 'client-id': null }
    expect(sharedBy(level, 'alice', 'a')).not.toBe(sharedBy(level, 'alice', 'b'))
    expect(sharedBy(level, 'alice', 'a')).not.toBe(sharedBy(level, 'bob', 'a'))
  })
})

test('an address has its own limit or the default one', () => {
  const set = limits(
    [{ ip: null }, { connection_creation_rate: 1 }],
    [{ ip: '10.0.0.1' }, { connection_creation_rate: 2 }],
    [{ ip: 'localhost' }, { connection_creation_rate: 3 }],
  )
  expect(['10.0.0.2', '10.0.0.1', '127.0.0.1', '::1'].map((ip) => set.ofAddress(ip)?.limit)).toEqual([
    1, 2, 3, 3,
  ])
  expect(set.concernClients).toBe(false)
})
