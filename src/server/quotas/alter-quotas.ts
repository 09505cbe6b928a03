/**
 * Decides what AlterClientQuotas changes. Rules, their order and their words are those of apache/kafka
 * `ClientQuotaControlManager` 4.4, asked of a running one.
 */
import {
  type ClientQuota,
  clientQuotaKey,
  type QuotaEntity,
  type QuotaEntityType,
  quotaEntityTypes,
} from '../../replication/metadata/client-records.ts'
import { KafkaError } from '../../wire/errors.ts'

/** An entity as a request spells it: of a type named twice the last name counts. */
export type AskedEntity = ReadonlyMap<string, string | null>

export interface QuotaAlteration {
  readonly entity: AskedEntity
  readonly ops: readonly QuotaOperation[]
}

export interface QuotaOperation {
  readonly key: string
  readonly value: number
  readonly remove: boolean
}

export interface QuotaChange {
  readonly key: string
  /** Nothing is left of the entity's quotas when this is empty. */
  readonly values: ReadonlyMap<string, number>
}

/** What a request comes to: changes to make, and one outcome for each entity, which may be an error. */
export interface QuotaDecision {
  readonly changes: readonly QuotaChange[]
  readonly outcomes: ReadonlyMap<AskedEntity, KafkaError | undefined>
}

const MAX_INT = 0x7fff_ffff
const MAX_LONG = 2 ** 63
const EPSILON = 1e-6

type LimitKind = 'INT' | 'LONG' | 'DOUBLE'

const clientLimits: ReadonlyMap<string, LimitKind> = new Map([
  ['producer_byte_rate', 'LONG'],
  ['consumer_byte_rate', 'LONG'],
  ['request_percentage', 'DOUBLE'],
  ['controller_mutation_rate', 'DOUBLE'],
])
const ipLimits: ReadonlyMap<string, LimitKind> = new Map([['connection_creation_rate', 'INT']])

export function decideQuotas(
  current: ReadonlyMap<string, ClientQuota>,
  alterations: readonly QuotaAlteration[],
): QuotaDecision {
  const changes: QuotaChange[] = []
  const outcomes = new Map<AskedEntity, KafkaError | undefined>()
  const seen = new Map<string, AskedEntity>()
  for (const { entity, ops } of alterations) {
    const name = inKafkasWords(entity)
    const double = seen.get(name)
    if (double === undefined) seen.set(name, entity)
    // The first alteration of an entity is made though the answer is about the second.
    const isDouble = double !== undefined || new Set(ops.map(({ key }) => key)).size < ops.length
    const decided = isDouble
      ? invalid(`Ignoring duplicate entity ClientQuotaEntity(entries=${name})`)
      : decide(current, entity, ops)
    if (!(decided instanceof KafkaError)) changes.push(decided)
    outcomes.set(double ?? entity, decided instanceof KafkaError ? decided : undefined)
  }
  return { changes, outcomes }
}

function decide(
  current: ReadonlyMap<string, ClientQuota>,
  asked: AskedEntity,
  ops: readonly QuotaOperation[],
): QuotaChange | KafkaError {
  const entity = parseEntity(asked)
  if (entity instanceof KafkaError) return entity
  const limits = entity.has('ip') ? ipLimits : clientLimits
  const key = clientQuotaKey(entity)
  const values = new Map(current.get(key)?.values)
  for (const op of ops) {
    const problem = op.remove ? undefined : problemOf(limits.get(op.key), op)
    if (problem !== undefined) return invalid(problem)
    if (op.remove) values.delete(op.key)
    else values.set(op.key, op.value)
  }
  return { key, values }
}

function parseEntity(asked: AskedEntity): QuotaEntity | KafkaError {
  const entity = new Map<QuotaEntityType, string | null>()
  for (const [name, value] of asked) {
    const type = quotaEntityTypes.find((each) => each === name)
    if (type === undefined) return invalid(`Unhandled client quota entity type: ${name}`)
    if (value === '') return invalid(`Empty ${type} not supported`)
    entity.set(type, value)
  }
  if (entity.size === 0) return invalid('Invalid empty client quota entity')
  const ip = entity.get('ip')
  if (ip === undefined) return entity
  if (entity.size > 1)
    return invalid('Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId')
  if (ip !== null && !isAddress(ip)) return invalid(`${ip} is not a valid IP or resolvable host.`)
  return entity
}

/** An IP address, or the one host name that means the same everywhere: no other name is looked up. */
function isAddress(text: string): boolean {
  if (text === 'localhost') return true
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return text.split('.').every((part) => Number(part) <= 255)
  return /^(?=.*:)[0-9a-f:.]{2,45}$/i.test(text)
}

function problemOf(kind: LimitKind | undefined, { key, value }: QuotaOperation): string | undefined {
  if (kind === undefined) return `Invalid configuration key ${key}`
  if (!Number.isFinite(value)) return `Quota ${key} must be a finite number`
  if (value <= 0) return `Quota ${key} must be greater than 0`
  if (kind === 'DOUBLE') return undefined
  if (value > (kind === 'INT' ? MAX_INT : MAX_LONG))
    return `Proposed value for ${key} is too large for ${kind === 'INT' ? 'an INT' : 'a LONG'}.`
  const isFraction = Math.abs(Math.trunc(value + EPSILON) - value) > EPSILON
  return isFraction ? `${key} cannot be a fractional value.` : undefined
}

function inKafkasWords(entity: AskedEntity): string {
  return `{${[...entity]
    .sort()
    .map(([type, name]) => `${type}=${name}`)
    .join(', ')}}`
}

function invalid(why: string): KafkaError {
  return new KafkaError('INVALID_REQUEST', why)
}
