import { describe, expect, test } from 'vitest'
import { createAcls } from '../../src/wire/apis/create-acls.ts'
import { createDelegationToken } from '../../src/wire/apis/create-delegation-token.ts'
import { deleteAcls } from '../../src/wire/apis/delete-acls.ts'
import { describeAcls } from '../../src/wire/apis/describe-acls.ts'
import { describeDelegationToken } from '../../src/wire/apis/describe-delegation-token.ts'
import { expireDelegationToken } from '../../src/wire/apis/expire-delegation-token.ts'
import { renewDelegationToken } from '../../src/wire/apis/renew-delegation-token.ts'
import { saslAuthenticate } from '../../src/wire/apis/sasl-authenticate.ts'
import { saslHandshake } from '../../src/wire/apis/sasl-handshake.ts'
import { errorName } from '../../src/wire/errors.ts'
import { ConnectionClosed } from '../raw-client.ts'
import { useBroker } from './broker.ts'

const broker = useBroker()

const [UNKNOWN, ANY, TOPIC, LITERAL, READ, ALLOW] = [0, 1, 2, 3, 3, 3] as const

const anything = {
  resourceTypeFilter: ANY,
  resourceNameFilter: null,
  patternTypeFilter: LITERAL,
  principalFilter: null,
  hostFilter: null,
  operation: ANY,
  permissionType: ANY,
}

const rule = {
  resourceType: TOPIC,
  resourceName: 'x',
  resourcePatternType: LITERAL,
  principal: 'User:a',
  host: '*',
  operation: READ,
  permissionType: ALLOW,
}

describe('without an authorizer', () => {
  test('rules are neither told, made nor deleted: SECURITY_DISABLED for each', async () => {
    for (const version of await broker.versions(describeAcls, 1))
      expect(await broker.ask(describeAcls, version, anything)).toMatchObject({
        errorCode: 54,
        errorMessage: 'No Authorizer is configured on the broker',
        resources: [],
      })
    for (const version of await broker.versions(createAcls, 1)) {
      const { results } = await broker.ask(createAcls, version, { creations: [rule, rule] })
      expect(results.map(({ errorCode }) => errorName(errorCode))).toEqual(Array(2).fill('SECURITY_DISABLED'))
      expect((await broker.ask(createAcls, version, { creations: [] })).results).toEqual([])
    }
    for (const version of await broker.versions(deleteAcls, 1)) {
      const { filterResults } = await broker.ask(deleteAcls, version, { filters: [anything] })
      expect(filterResults).toMatchObject([{ errorCode: 54, matchingAcls: [] }])
    }
  })

  test('a filter or rule with an element of unknown kind ends the connection', async () => {
    const describing = await broker.connect()
    const filter = { ...anything, resourceTypeFilter: UNKNOWN }
    await expect(describing.request(describeAcls, 3, filter)).rejects.toThrow(ConnectionClosed)
    const creating = await broker.connect()
    const creations = [{ ...rule, operation: UNKNOWN }]
    await expect(creating.request(createAcls, 3, { creations })).rejects.toThrow(ConnectionClosed)
    const deleting = await broker.connect()
    const filters = [{ ...anything, permissionType: UNKNOWN }]
    await expect(deleting.request(deleteAcls, 3, { filters })).rejects.toThrow(ConnectionClosed)
  })
})

describe('a listener without logins', () => {
  test('has no mechanism to offer, and nobody authenticates', async () => {
    for (const version of await broker.versions(saslHandshake)) {
      const client = await broker.connect()
      const answer = await client.request(saslHandshake, version, { mechanism: 'PLAIN' })
      expect(answer).toEqual({ errorCode: 34, mechanisms: [] })
      client.close()
    }
    for (const version of await broker.versions(saslAuthenticate)) {
      const answer = await broker.ask(saslAuthenticate, version, { authBytes: Buffer.from('x') })
      expect(errorName(answer.errorCode)).toBe('ILLEGAL_SASL_STATE')
    }
  })

  test('gives no tokens: who would they be for', async () => {
    const hmac = Buffer.from('x')
    for (const version of await broker.versions(createDelegationToken, 1)) {
      const request = {
        ownerPrincipalType: null,
        ownerPrincipalName: null,
        renewers: [],
        maxLifetimeMs: 1000,
      }
      expect(await broker.ask(createDelegationToken, version, request)).toMatchObject({
        errorCode: 64,
        principalType: 'User',
        principalName: 'ANONYMOUS',
        tokenRequesterPrincipalName: version >= 3 ? 'ANONYMOUS' : '',
        issueTimestampMs: -1,
        tokenId: '',
      })
    }
    for (const version of await broker.versions(renewDelegationToken, 1))
      expect(await broker.ask(renewDelegationToken, version, { hmac, renewPeriodMs: 1 })).toMatchObject({
        errorCode: 64,
        expiryTimestampMs: -1,
      })
    for (const version of await broker.versions(expireDelegationToken, 1))
      expect(await broker.ask(expireDelegationToken, version, { hmac, expiryTimePeriodMs: 1 })).toMatchObject(
        { errorCode: 64, expiryTimestampMs: -1 },
      )
    for (const version of await broker.versions(describeDelegationToken, 1))
      expect(await broker.ask(describeDelegationToken, version, { owners: null })).toMatchObject({
        errorCode: 64,
        tokens: [],
      })
  })
})
