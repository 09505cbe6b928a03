/**
 * What answers have told: member ids and epochs, sessions, producers, topic ids, records that were acquired. A frame that
 * takes them up gets past the checks at which one of chance ends. What belongs together stays together, as a client's
 * would: a member with its group and epoch, a producer with its epoch and transactional id.
 */
import type { Api } from '../../src/wire/schema/api.ts'
import type { NamedSpec } from '../../src/wire/schema/field.ts'
import type { Chance } from './chance.ts'

export type Fact = string | number

/** What fields mean, by their names: what one answer calls so, another request may call otherwise. */
const meanings: ReadonlyMap<string, string> = new Map(
  Object.entries({
    group: ['groupId', 'groupIds', 'groups', 'groupsNames'],
    member: ['memberId'],
    epoch: ['generationId', 'memberEpoch', 'generationIdOrMemberEpoch'],
    instance: ['groupInstanceId', 'instanceId'],
    protocolType: ['protocolType'],
    protocolName: ['protocolName'],
    producer: ['producerId', 'v3AndBelowProducerId'],
    producerEpoch: ['producerEpoch', 'v3AndBelowProducerEpoch'],
    transaction: ['transactionalId', 'transactionalIds', 'v3AndBelowTransactionalId'],
    session: ['sessionId'],
    sessionEpoch: ['sessionEpoch', 'shareSessionEpoch'],
    client: ['clientInstanceId'],
    subscription: ['subscriptionId'],
    topic: ['topicId', 'topicIds'],
    stateEpoch: ['stateEpoch'],
    firstOffset: ['firstOffset', 'startOffset', 'baseOffset'],
    lastOffset: ['lastOffset'],
  }).flatMap(([meaning, names]) => names.map((name) => [name, meaning] as const)),
)

/** Who is known apart: each with the facts that make one of the kind, the last of which the broker gives. */
const kinds: readonly (readonly [kind: string, by: readonly string[]])[] = [
  ['member', ['group', 'member']],
  ['transaction', ['transaction', 'producer']],
  ['producer', ['producer']],
  ['session', ['session']],
  ['client', ['client']],
  ['topic', ['topic']],
]

/** What somebody may have several of; of the rest only the first, so that it isn't mixed with another's. */
const several = new Set(['topic'])

const MAX_OF_A_KIND = 64
const MAX_VALUES = 8
const MAX_DEPTH = 8
const MEMBER_ID_REQUIRED = 79

/** Facts that belong together, by meaning. */
export type Acquaintance = ReadonlyMap<string, readonly Fact[]>

export class Learnt {
  readonly #known = new Map<string, Map<string, Acquaintance>>()
  /** The APIs whose requests name somebody of a kind. */
  readonly #concerned = new Map<string, readonly Api[]>()

  /** `spared` is never taken up: a frame that deletes a topic by its id is in its right, but not the canary's. */
  constructor(
    apis: readonly Api[],
    private readonly spared: ReadonlySet<Fact>,
  ) {
    const fields = [...new Set(apis)].map((api) => [api, meaningsIn(api.request.fields)] as const)
    for (const [kind, by] of kinds) {
      const concerned = fields.filter(([, meant]) => by.every((meaning) => meant.has(meaning)))
      this.#concerned.set(
        kind,
        concerned.map(([api]) => api),
      )
    }
  }

  /** Takes in a request and what it was answered, unless it was refused. */
  learn(request: unknown, response: unknown): void {
    const code = isObject(response) ? (response.errorCode ?? 0) : -1
    if (code !== 0 && code !== MEMBER_ID_REQUIRED) return
    const told = new Map<string, Fact[]>()
    collect(response, told, 0)
    const topics = told.get('topic')?.filter((topicId) => !this.spared.has(topicId)) ?? []
    if (topics.length > 0) told.set('topic', topics)
    else told.delete('topic')
    const asked = new Map<string, Fact[]>()
    collect(request, asked, 0)
    const sessionEpoch = asked.get('sessionEpoch')?.[0]
    if (typeof sessionEpoch === 'number') told.set('sessionEpoch', [sessionEpoch + 1])
    this.#keep(asked, told)
  }

  /** Somebody known, and an API that has to do with them. */
  meet(chance: Chance): { readonly acquaintance: Acquaintance; readonly api: Api } | undefined {
    if (this.#known.size === 0) return undefined
    const [kind, ofKind] = chance.pick([...this.#known])
    const acquaintance = chance.pick([...ofKind.values()])
    const apis = this.#concerned.get(kind) ?? []
    return apis.length === 0 ? undefined : { acquaintance, api: chance.pick(apis) }
  }

  /** A client may say what it likes of itself: somebody new is only whom an answer names. */
  #keep(asked: Acquaintance, told: Acquaintance): void {
    const facts = new Map([...asked, ...told])
    for (const [kind, by] of kinds) {
      if (!by.every((meaning) => isIdentity(facts.get(meaning)?.[0]))) continue
      const key = by.map((meaning) => facts.get(meaning)?.[0]).join('/')
      const ofKind = this.#known.get(kind) ?? new Map<string, Acquaintance>()
      const before = ofKind.get(key)
      if (before === undefined && !told.has(by.at(-1) ?? '')) continue
      this.#known.set(kind, ofKind)
      ofKind.delete(key)
      ofKind.set(key, new Map([...asked, ...(before ?? []), ...told]))
      const [oldest] = ofKind.keys()
      if (ofKind.size > MAX_OF_A_KIND && oldest !== undefined) ofKind.delete(oldest)
      return
    }
  }
}

function isIdentity(fact: Fact | undefined): boolean {
  return fact !== undefined && fact !== '' && fact !== 0 && fact !== -1
}

/** What is known for a field, if anything is. */
export function factFor(acquaintance: Acquaintance, field: string, chance: Chance): Fact | undefined {
  const facts = acquaintance.get(meanings.get(field) ?? '')
  return facts === undefined || facts.length === 0 ? undefined : chance.pick(facts)
}

function meaningsIn(fields: readonly NamedSpec[], found = new Set<string>()): Set<string> {
  for (const { name, type } of fields) {
    const meaning = meanings.get(name)
    if (meaning !== undefined) found.add(meaning)
    let inner = type
    while (inner.kind === 'array') inner = inner.element
    if (inner.kind === 'struct') meaningsIn(inner.fields, found)
  }
  return found
}

function collect(value: unknown, facts: Map<string, Fact[]>, depth: number, name = ''): void {
  if (typeof value === 'string' || typeof value === 'number') {
    const meaning = meanings.get(name)
    if (meaning === undefined) return
    const values = facts.get(meaning) ?? []
    facts.set(meaning, values)
    if (values.length < (several.has(meaning) ? MAX_VALUES : 1)) values.push(value)
  } else if (depth < MAX_DEPTH && Array.isArray(value)) {
    for (const element of value.slice(0, MAX_VALUES)) collect(element, facts, depth + 1, name)
  } else if (depth < MAX_DEPTH && isObject(value)) {
    for (const [key, field] of Object.entries(value)) collect(field, facts, depth + 1, key)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Buffer.isBuffer(value)
}
