import { expect, test } from 'vitest'
import { alterUserScramCredentials } from '../../src/wire/apis/alter-user-scram-credentials.ts'
import { describeUserScramCredentials } from '../../src/wire/apis/describe-user-scram-credentials.ts'
import { errorName } from '../../src/wire/errors.ts'
import { ownTest, uniqueName, useBroker } from './broker.ts'

const broker = useBroker()
const [SHA_256, SHA_512] = [1, 2] as const

type Upsertion = readonly [user: string, mechanism: number, iterations: number]
type Deletion = readonly [user: string, mechanism: number]

/** The errors by user. */
async function alter(deletions: readonly Deletion[], upsertions: readonly Upsertion[]) {
  const answer = await broker.ask(alterUserScramCredentials, 0, {
    deletions: deletions.map(([name, mechanism]) => ({ name, mechanism })),
    upsertions: upsertions.map(([name, mechanism, iterations]) => ({
      name,
      mechanism,
      iterations,
      salt: Buffer.from('salt'),
      saltedPassword: Buffer.from('salted password'),
    })),
  })
  return Object.fromEntries(answer.results.map(({ user, errorCode }) => [user, errorName(errorCode)]))
}

/** Mechanisms with their iterations by user, or the error. */
async function described(users: readonly string[] | null) {
  const answer = await broker.ask(describeUserScramCredentials, 0, {
    users: users?.map((name) => ({ name })) ?? null,
  })
  expect(errorName(answer.errorCode)).toBe('NONE')
  return Object.fromEntries(
    answer.results.map(({ user, errorCode, credentialInfos }) => [
      user,
      errorCode === 0
        ? credentialInfos.map(({ mechanism, iterations }) => `${mechanism}:${iterations}`)
        : errorName(errorCode),
    ]),
  )
}

test('a user has one credential for each mechanism; what is set later counts', async () => {
  const user = uniqueName('alice')
  expect(await alter([], [[user, SHA_512, 8192]])).toEqual({ [user]: 'NONE' })
  expect(await alter([], [[user, SHA_256, 4096]])).toEqual({ [user]: 'NONE' })
  await broker.eventually(async () =>
    expect(await described([user])).toEqual({ [user]: ['1:4096', '2:8192'] }),
  )
  expect(await alter([], [[user, SHA_512, 16384]])).toEqual({ [user]: 'NONE' })
  await broker.eventually(async () =>
    expect(await described([user])).toEqual({ [user]: ['1:4096', '2:16384'] }),
  )
  expect(await alter([[user, SHA_512]], [])).toEqual({ [user]: 'NONE' })
  await broker.eventually(async () => expect(await described([user])).toEqual({ [user]: ['1:4096'] }))
  for (const everybody of [null, []]) expect(await described(everybody)).toMatchObject({ [user]: ['1:4096'] })
})

ownTest('credentials are still there after a crash', async () => {
  const user = uniqueName('müller/1,=')
  await alter([], [[user, SHA_256, 5000]])
  await broker.crash()
  expect(await described([user])).toEqual({ [user]: ['1:5000'] })
})

test('each user stands for itself: what is wrong with one keeps no other from being set', async () => {
  const [good, gone] = [uniqueName('good'), uniqueName('gone')]
  expect(
    await alter(
      [[gone, SHA_256]],
      [
        [good, SHA_256, 4096],
        ['few', SHA_256, 4095],
        ['many', SHA_256, 16385],
        ['unknown', 3, 4096],
        ['', SHA_256, 4096],
      ],
    ),
  ).toEqual({
    [good]: 'NONE',
    [gone]: 'RESOURCE_NOT_FOUND',
    few: 'UNACCEPTABLE_CREDENTIAL',
    many: 'UNACCEPTABLE_CREDENTIAL',
    unknown: 'UNSUPPORTED_SASL_MECHANISM',
    '': 'UNACCEPTABLE_CREDENTIAL',
  })
})

test('a user is altered once in a request, or not at all', async () => {
  const user = uniqueName('twice')
  expect(
    await alter(
      [],
      [
        [user, SHA_256, 4096],
        [user, SHA_512, 4096],
      ],
    ),
  ).toEqual({ [user]: 'DUPLICATE_RESOURCE' })
  expect(await described([user])).toEqual({ [user]: 'RESOURCE_NOT_FOUND' })
  await alter([], [[user, SHA_256, 4096]])
  await broker.eventually(async () => expect(await described([user])).toEqual({ [user]: ['1:4096'] }))
  expect(await alter([[user, SHA_256]], [[user, SHA_512, 4096]])).toEqual({ [user]: 'DUPLICATE_RESOURCE' })
  await broker.settle()
  expect(await described([user])).toEqual({ [user]: ['1:4096'] })
})

test('a user who is asked for twice is not described', async () => {
  expect(await described(['nobody', 'nobody', 'noone'])).toEqual({
    nobody: 'DUPLICATE_RESOURCE',
    noone: 'RESOURCE_NOT_FOUND',
  })
})
