/**
 * What the cluster knows of its clients: quotas and SCRAM credentials, as keys and values of the metadata store.
 *
 *     /client-quotas/<entity>          limits by name, such as producer_byte_rate; the entity is of the form
 *                                      `client-id=app,user=alice`, and a type without a name stands for the default
 *     /scram/<user>/<mechanism>        what a login is checked against: never the password
 */
import { MetadataMalformed } from './metadata-malformed.ts'

export const CLIENT_QUOTAS = '/client-quotas/'
export const SCRAM = '/scram/'

export const quotaEntityTypes = ['client-id', 'ip', 'user'] as const

export type QuotaEntityType = (typeof quotaEntityTypes)[number]

/** Whom a quota is for. `null` is the default of the type: whoever has no quota by name. */
export type QuotaEntity = ReadonlyMap<QuotaEntityType, string | null>

export interface ClientQuota {
  readonly entity: QuotaEntity
  readonly values: ReadonlyMap<string, number>
}

/** In Kafka's form (`ScramCredential`): from the salted password, which can't be had back from it (RFC 5802). */
export interface ScramCredential {
  readonly user: string
  /** Kafka's number of the mechanism: 1 for SCRAM-SHA-256, 2 for SCRAM-SHA-512. */
  readonly mechanism: number
  readonly iterations: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

export function clientQuotaKey(entity: QuotaEntity): string {
  const parts = quotaEntityTypes.flatMap((type) => {
    const name = entity.get(type)
    if (name === undefined) return []
    return [name === null ? type : `${type}=${encodeURIComponent(name)}`]
  })
  return `${CLIENT_QUOTAS}${parts.join(',')}`
}

export function scramKey(user: string, mechanism: number): string {
  return `${SCRAM}${encodeURIComponent(user)}/${mechanism}`
}

export function formatQuotaValues(values: ReadonlyMap<string, number>): string {
  return JSON.stringify(Object.fromEntries(values))
}

export function parseClientQuota(key: string, value: string): ClientQuota {
  const entity = new Map<QuotaEntityType, string | null>()
  for (const part of key.slice(CLIENT_QUOTAS.length).split(',')) {
    const [name = '', encoded] = part.split('=')
    const type = quotaEntityTypes.find((each) => each === name)
    if (type === undefined) throw new MetadataMalformed('client quota', key)
    entity.set(type, encoded === undefined ? null : decodeURIComponent(encoded))
  }
  const values = new Map<string, number>()
  for (const [name, limit] of fieldsOf('client quota', value)) {
    if (typeof limit !== 'number') throw new MetadataMalformed('client quota', value)
    values.set(name, limit)
  }
  return { entity, values }
}

export function formatScram({ iterations, salt, storedKey, serverKey }: ScramCredential): string {
  return JSON.stringify({
    iterations,
    salt: salt.toString('base64'),
    storedKey: storedKey.toString('base64'),
    serverKey: serverKey.toString('base64'),
  })
}

export function parseScram(key: string, value: string): ScramCredential {
  const [user = '', mechanism] = key.slice(SCRAM.length).split('/')
  const fields = fieldsOf('SCRAM credential', value)
  const iterations = fields.get('iterations')
  // The value is a secret, and stays out of the error.
  if (typeof iterations !== 'number') throw new MetadataMalformed('SCRAM credential', key)
  const bytes = (name: string): Buffer => {
    const text = fields.get(name)
    if (typeof text !== 'string') throw new MetadataMalformed('SCRAM credential', key)
    return Buffer.from(text, 'base64')
  }
  return {
    user: decodeURIComponent(user),
    mechanism: Number(mechanism),
    iterations,
    salt: bytes('salt'),
    storedKey: bytes('storedKey'),
    serverKey: bytes('serverKey'),
  }
}

function fieldsOf(what: string, value: string): ReadonlyMap<string, unknown> {
  const parsed: unknown = JSON.parse(value)
  if (typeof parsed !== 'object' || parsed === null) throw new MetadataMalformed(what, value)
  return new Map(Object.entries(parsed))
}
