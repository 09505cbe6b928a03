import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  clientQuotaKey,
  formatQuotaValues,
  formatScram,
  parseClientQuota,
  parseScram,
  type QuotaEntityType,
  quotaEntityTypes,
  scramKey,
} from './client-records.ts'

const name = fc.string({ minLength: 1, unit: 'grapheme' })

test('a quota comes back as it was put, whatever the names are', () => {
  const entity = fc
    .uniqueArray(fc.tuple(fc.constantFrom<QuotaEntityType>(...quotaEntityTypes), fc.option(name)), {
      minLength: 1,
      selector: ([type]) => type,
    })
    .map((pairs) => new Map(pairs))
  const values = fc.uniqueArray(fc.tuple(name, fc.double({ noNaN: true, min: 1e-9, max: 2 ** 63 })), {
    selector: ([key]) => key,
  })
  fc.assert(
    fc.property(entity, values, (who, limits) => {
      const wanted = { entity: who, values: new Map(limits.filter(([key]) => key !== '__proto__')) }
      const read = parseClientQuota(clientQuotaKey(who), formatQuotaValues(wanted.values))
      expect(new Map([...read.entity].sort())).toEqual(new Map([...wanted.entity].sort()))
      expect(read.values).toEqual(wanted.values)
    }),
  )
})

test('the order in which an entity was spelled does not matter', () => {
  const one = new Map<QuotaEntityType, string | null>([
    ['user', 'alice'],
    ['client-id', null],
  ])
  expect(clientQuotaKey(one)).toBe('/client-quotas/client-id,user=alice')
  expect(clientQuotaKey(new Map([...one].reverse()))).toBe(clientQuotaKey(one))
})

test('a credential comes back as it was put', () => {
  const bytes = fc.uint8Array().map((array) => Buffer.from(array))
  fc.assert(
    fc.property(name, bytes, bytes, bytes, (user, salt, storedKey, serverKey) => {
      const credential = { user, mechanism: 2, iterations: 5000, salt, storedKey, serverKey }
      expect(parseScram(scramKey(user, 2), formatScram(credential))).toEqual(credential)
    }),
  )
})
