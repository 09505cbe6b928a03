import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { OneBroker } from '../../replication/one-broker.fixture.ts'
import { errorName } from '../../wire/errors.ts'
import { alterUserScramCredentialsHandler } from './alter-user-scram-credentials.ts'
import { Broker } from './group-broker.fixture.ts'

let broker: OneBroker

afterEach(() => broker.close())

/** The example of RFC 7677, section 3: user `user` with password `pencil`. */
const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const authMessage = [
  'n=user,r=rOprNGfwEbeRWgbNEkqO',
  `r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
  `c=biws,r=${nonce}`,
].join(',')
const clientProof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64')
const serverSignature = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

test('what is stored proves the login of the standard’s own example, both ways', async () => {
  broker = await OneBroker.open()
  const { metadata } = broker
  const handler = alterUserScramCredentialsHandler(metadata, (work) => work())
  const saltedPassword = pbkdf2Sync('pencil', salt, 4096, 32, 'sha256')
  const upsertion = { name: 'user', mechanism: 1, iterations: 4096, salt, saltedPassword }
  const answer = await new Broker().call(handler, 0, { deletions: [], upsertions: [upsertion] })
  expect(answer.results.map(({ errorCode }) => errorName(errorCode))).toEqual(['NONE'])

  const [credential] = [...metadata.image.scramCredentials.values()]
  if (credential === undefined) throw new Error('nothing was stored')
  const clientSignature = createHmac('sha256', credential.storedKey).update(authMessage).digest()
  const clientKey = Buffer.from(clientProof.map((byte, at) => byte ^ (clientSignature[at] ?? 0)))
  expect(createHash('sha256').update(clientKey).digest()).toEqual(credential.storedKey)
  expect(createHmac('sha256', credential.serverKey).update(authMessage).digest('base64')).toBe(
    serverSignature,
  )
  expect(credential).toMatchObject({ user: 'user', mechanism: 1, iterations: 4096, salt })
})
