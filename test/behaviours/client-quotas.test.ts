import { beforeAll, describe, expect, test } from 'vitest'
import { alterClientQuotas } from '../../src/wire/apis/alter-client-quotas.ts'
import { describeClientQuotas } from '../../src/wire/apis/describe-client-quotas.ts'
import { errorName } from '../../src/wire/errors.ts'
import { ownTest, uniqueName, useBroker } from './broker.ts'

const broker = useBroker()
const [EXACT, DEFAULT, SPECIFIED] = [0, 1, 2] as const

type Entity = Record<string, string | null>
type Limits = Record<string, number | null>

function rows(entity: Entity) {
  return Object.entries(entity).map(([entityType, entityName]) => ({ entityType, entityName }))
}

/** Sets limits, or removes those that are null; gives the errors by entity. */
async function alter(
  changes: readonly (readonly [Entity, Limits])[],
  { version = 1, validateOnly = false } = {},
): Promise<Record<string, string>> {
  const entries = changes.map(([entity, limits]) => ({
    entity: rows(entity),
    ops: Object.entries(limits).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
  }))
  const answer = await broker.ask(alterClientQuotas, version, { entries, validateOnly })
  return Object.fromEntries(
    answer.entries.map((entry) => [
      text(entry.entity),
      [errorName(entry.errorCode), ...(entry.errorMessage === null ? [] : [entry.errorMessage])].join(' '),
    ]),
  )
}

function text(entity: readonly { entityType: string; entityName: string | null }[]): string {
  return entity
    .map(({ entityType, entityName }) => `${entityType}=${entityName}`)
    .sort()
    .join(' ')
}

async function described(
  components: readonly (readonly [type: string, match: number, name?: string])[],
  { strict = false, version = 1 } = {},
) {
  const answer = await broker.ask(describeClientQuotas, version, {
    components: components.map(([entityType, matchType, match = null]) => ({ entityType, matchType, match })),
    strict,
  })
  const entries = answer.entries?.map(({ entity, values }) => [
    text(entity),
    Object.fromEntries(values.map(({ key, value }) => [key, value])),
  ])
  return {
    error: errorName(answer.errorCode),
    message: answer.errorMessage,
    found: entries === undefined ? null : Object.fromEntries(entries),
  }
}

describe('quotas that are set', () => {
  const [alice, app, bob] = [uniqueName('alice'), uniqueName('app'), uniqueName('bob')]

  beforeAll(async () => {
    await alter([
      [{ user: alice }, { producer_byte_rate: 1000, request_percentage: 50.5 }],
      [{ user: alice, 'client-id': app }, { consumer_byte_rate: 10 }],
      [{ user: alice, 'client-id': null }, { controller_mutation_rate: 1.5 }],
      [{ 'client-id': app }, { consumer_byte_rate: 20 }],
      [{ ip: '10.1.2.3' }, { connection_creation_rate: 7 }],
    ])
    await broker.eventually(async () =>
      expect((await described([['ip', EXACT, '10.1.2.3']])).found).not.toEqual({}),
    )
  })

  test('are found by the name of an entity, in every version', async () => {
    for (const version of await broker.versions(describeClientQuotas))
      expect((await described([['user', EXACT, alice]], { version })).found).toEqual({
        [`user=${alice}`]: { producer_byte_rate: 1000, request_percentage: 50.5 },
        [`client-id=${app} user=${alice}`]: { consumer_byte_rate: 10 },
        [`client-id=null user=${alice}`]: { controller_mutation_rate: 1.5 },
      })
  })

  test('are found by all parts of an entity together', async () => {
    const both = await described([
      ['user', EXACT, alice],
      ['client-id', DEFAULT],
    ])
    expect(Object.keys(both.found ?? {})).toEqual([`client-id=null user=${alice}`])
    const any = await described([
      ['user', EXACT, alice],
      ['client-id', SPECIFIED],
    ])
    expect(Object.keys(any.found ?? {}).sort()).toEqual([
      `client-id=${app} user=${alice}`,
      `client-id=null user=${alice}`,
    ])
  })

  test('a strict filter leaves out entities with further parts', async () => {
    const found = (await described([['user', EXACT, alice]], { strict: true })).found
    expect(Object.keys(found ?? {})).toEqual([`user=${alice}`])
    expect((await described([], { strict: true })).found).toEqual({})
  })

  test('without a filter all are found', async () => {
    const found = (await described([])).found
    expect(found).toMatchObject({
      [`client-id=${app}`]: { consumer_byte_rate: 20 },
      'ip=10.1.2.3': { connection_creation_rate: 7 },
    })
  })

  test('one limit goes away, the others stay; with the last one the entity goes', async () => {
    await alter([[{ user: bob }, { producer_byte_rate: 1, consumer_byte_rate: 2 }]])
    await alter([[{ user: bob }, { producer_byte_rate: null }]])
    await broker.eventually(async () =>
      expect((await described([['user', EXACT, bob]])).found).toEqual({
        [`user=${bob}`]: { consumer_byte_rate: 2 },
      }),
    )
    expect(await alter([[{ user: bob }, { consumer_byte_rate: null, 'no-such-limit': null }]])).toEqual({
      [`user=${bob}`]: 'NONE',
    })
    await broker.eventually(async () => expect((await described([['user', EXACT, bob]])).found).toEqual({}))
  })

  test('to validate changes nothing', async () => {
    const user = uniqueName('v')
    expect(await alter([[{ user }, { producer_byte_rate: 1 }]], { validateOnly: true })).toEqual({
      [`user=${user}`]: 'NONE',
    })
    await broker.settle()
    expect((await described([['user', EXACT, user]])).found).toEqual({})
  })

  ownTest('are still there after a crash', async () => {
    await broker.crash()
    expect((await described([['client-id', EXACT, app]], { strict: true })).found).toEqual({
      [`client-id=${app}`]: { consumer_byte_rate: 20 },
    })
  })
})

describe('a limit is refused', () => {
  const user = uniqueName('refused')

  test.each([
    [{ nope: 1 }, 'Invalid configuration key nope'],
    [{ connection_creation_rate: 1 }, 'Invalid configuration key connection_creation_rate'],
    [{ producer_byte_rate: 0 }, 'Quota producer_byte_rate must be greater than 0'],
    [{ request_percentage: -1 }, 'Quota request_percentage must be greater than 0'],
    [{ request_percentage: Number.NaN }, 'Quota request_percentage must be a finite number'],
    [{ producer_byte_rate: 1.5 }, 'producer_byte_rate cannot be a fractional value.'],
    [{ consumer_byte_rate: 1e30 }, 'Proposed value for consumer_byte_rate is too large for a LONG.'],
    [{ producer_byte_rate: 1, nope: 1 }, 'Invalid configuration key nope'],
  ] as const)('%o: %s', async (limits, why) => {
    for (const version of await broker.versions(alterClientQuotas))
      expect(await alter([[{ user }, limits]], { version })).toEqual({
        [`user=${user}`]: `INVALID_REQUEST ${why}`,
      })
    expect((await described([['user', EXACT, user]])).found).toEqual({})
  })

  test.each([
    [{}, 'Invalid empty client quota entity'],
    [{ planet: 'a' }, 'Unhandled client quota entity type: planet'],
    [{ user: '' }, 'Empty user not supported'],
    [
      { ip: '1.2.3.4', user: 'a' },
      'Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId',
    ],
  ] as const)('for %o: %s', async (entity, why) => {
    expect(Object.values(await alter([[entity, { producer_byte_rate: 1 }]]))).toEqual([
      `INVALID_REQUEST ${why}`,
    ])
  })

  test.each([
    ['1.2.3.4', { producer_byte_rate: 1 }, 'Invalid configuration key producer_byte_rate'],
    ['1.2.3.4', { connection_creation_rate: 1.5 }, 'connection_creation_rate cannot be a fractional value.'],
    [
      '1.2.3.4',
      { connection_creation_rate: 2 ** 31 },
      'Proposed value for connection_creation_rate is too large for an INT.',
    ],
    ['not an ip', { connection_creation_rate: 1 }, 'not an ip is not a valid IP or resolvable host.'],
  ] as const)('for the address %s %o: %s', async (ip, limits, why) => {
    expect(await alter([[{ ip }, limits]])).toEqual({ [`ip=${ip}`]: `INVALID_REQUEST ${why}` })
  })

  test('an entity that comes twice is altered as it came first, and told of the second', async () => {
    const twice = uniqueName('twice')
    const answer = await alter([
      [{ user: twice }, { producer_byte_rate: 1 }],
      [{ user: twice }, { producer_byte_rate: 2 }],
    ])
    expect(answer).toEqual({
      [`user=${twice}`]: `INVALID_REQUEST Ignoring duplicate entity ClientQuotaEntity(entries={user=${twice}})`,
    })
    await broker.eventually(async () =>
      expect((await described([['user', EXACT, twice]])).found).toEqual({
        [`user=${twice}`]: { producer_byte_rate: 1 },
      }),
    )
  })
})

test.each([
  ['INVALID_REQUEST', 'Invalid empty entity type.', [['', SPECIFIED]]],
  ['UNSUPPORTED_VERSION', 'Unsupported entity type planet', [['planet', SPECIFIED]]],
  ['INVALID_REQUEST', 'Unknown match type 9', [['user', 9]]],
  ['INVALID_REQUEST', 'Request specified MATCH_TYPE_EXACT, but set match string to null.', [['user', EXACT]]],
  [
    'INVALID_REQUEST',
    'Request specified MATCH_TYPE_DEFAULT, but also specified a match string.',
    [['user', DEFAULT, 'x']],
  ],
  [
    'INVALID_REQUEST',
    'Entity type user cannot appear more than once in the filter.',
    [
      ['user', SPECIFIED],
      ['user', DEFAULT],
    ],
  ],
  [
    'INVALID_REQUEST',
    'Invalid entity filter component combination. IP filter component should not be used with user or clientId filter component.',
    [
      ['ip', SPECIFIED],
      ['user', SPECIFIED],
    ],
  ],
] as const)('a filter is refused with %s: %s', async (error, message, filter) => {
  expect(await described(filter)).toEqual({ error, message, found: null })
})
