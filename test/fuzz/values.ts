/**
 * Values for the fields of requests, from the declarations: what clients would say (names that exist, small offsets,
 * known epochs), what the type allows at its edges, and what comes by chance.
 */
import type { FieldSpec, FieldType, NamedSpec, ScalarKind } from '../../src/wire/schema/field.ts'
import { isNullable, isPresent, type Layout } from '../../src/wire/schema/layout.ts'
import type { Chance } from './chance.ts'
import { type Acquaintance, factFor } from './learnt.ts'
import { producedRecords } from './produced.ts'

/** What a client can know of the broker. */
export interface World {
  readonly topics: readonly string[]
  readonly topicIds: readonly string[]
  /** Keys of the APIs that it offers. */
  readonly served: ReadonlySet<number>
}

const groups = ['g-0', 'g-1', 'g-2', 'g-3', '']
/** A group is of the kind that first comes: most stay with those who speak their protocol. */
const groupsOf: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^ConsumerGroup/, ['c-0', 'c-1', 'c-0', 'c-1', 'g-0']],
  [/Share/, ['s-0', 's-1', 's-0', 's-1', 'g-0']],
  [/^Streams/, ['k-0', 'k-1', 'k-0', 'k-1', 'g-0']],
]
const members = ['', '', 'm-0', 'm-1', 'AAAAAAAAAAAAAAAAAAAAAg']
const instances = ['static-0', 'static-1']
const transactionalIds = ['t-0', 't-1', '']
const protocolTypes = ['consumer', 'consumer', 'consumer', 'consumer', 'connect']
const assignors = ['uniform', 'range', 'uniform', 'range', 'none-such']
const protocols = ['range', 'range', 'roundrobin', 'consumer', '']
const topicConfigs = [
  'cleanup.policy',
  'retention.ms',
  'segment.bytes',
  'max.message.bytes',
  'compression.type',
  'message.timestamp.type',
  'min.insync.replicas',
  'no.such.config',
  '',
]
const configValues = ['compact', 'delete', '1', '-1', '1048576', 'zstd', 'gzip', 'LogAppendTime', 'x', '']
const invalidNames = ['', '.', '..', 'a/b', '../../etc', 'ü', 'x'.repeat(250), '__consumer_offsets', '\0']
const oddText = [
  '',
  ' ',
  '\u0000',
  '𝔬𝔡𝔯𝔞𝔡𝔢𝔨',
  '%s%n',
  'x'.repeat(300),
  '\ud800',
  '"}{',
  'constructor',
  '__proto__',
]

/** Plausible texts by the path of field names; the first that matches counts. */
const texts: readonly (readonly [RegExp, readonly string[] | 'topic'])[] = [
  [/configs\.name$|configurationKeys|configNames?$/, topicConfigs],
  [/configs\.value$/, configValues],
  [/resourceName$/, 'topic'],
  [/group|^key$|coordinatorKeys/i, groups],
  [/instance/i, instances],
  [/member/i, members],
  [/transactional/i, transactionalIds],
  [/protocolType$/, protocolTypes],
  [/assignor/i, assignors],
  [/rackId$/, ['r-0', 'r-1']],
  [/protocol/i, protocols],
  [/topic|name$/i, 'topic'],
]

const numbers: readonly (readonly [RegExp, readonly number[]])[] = [
  // A request that may wait long only occupies its connection.
  [/maxWait/i, [0, 0, 1, 5, 20]],
  [/minBytes/i, [0, 1, 1, 1000, 2147483647]],
  [/bytes/i, [0, 1, 100, 1_048_576, 52_428_800, 2147483647, -1]],
  [/sessionTimeout/i, [6000, 6000, 10_000, 10]],
  [/timeout/i, [10, 100, 6000, 10_000, 0, -1]],
  [/numPartitions|^count$|\.count$/i, [1, 2, 3, -1, 0, 10_000_000, 2147483647, -2147483648]],
  [/replicationFactor/i, [1, 1, 1, -1, 0, 2, 32767]],
  [/partition|index/i, [0, 0, 0, 1, 2, 3, -1, 2147483647]],
  [/replicaId|brokerId|nodeId/i, [-1, -1, -2, 0, 1, 2]],
  [/generation/i, [-1, 0, 1, 2, 3]],
  [/sessionId/i, [0, 0, 1, 2147483647]],
  [/(?:member|shareSession)Epoch/i, [0, 0, 0, 1, -1, -2]],
  [/epoch/i, [-1, -1, 0, 0, 1, 2]],
  [/acquireMode/i, [0, 0, 1]],
  [/acks/i, [-1, -1, 1, 0, 2]],
  [/timestamp/i, [-1, -2, -3, -4, -5, -6, 0, 1_800_000_000_000]],
  [/offset/i, [0, 0, 1, 2, 10, 1000, -1, -2, 4503599627370496]],
  [/producerId/i, [-1, 0, 1, 2, 1000]],
  [/resourceType/i, [2, 2, 2, 8, 32, 4, 0, 127]],
  [/configOperation/i, [0, 1, 2, 3, -1]],
  [/isolation/i, [0, 1]],
  [/keyType/i, [0, 0, 1, 2]],
]

const edges: Partial<Record<ScalarKind, readonly number[]>> = {
  int8: [-128, -1, 0, 1, 127],
  int16: [-32768, -1, 0, 1, 32767],
  uint16: [0, 1, 65535],
  int32: [-2147483648, -1, 0, 1, 2147483647],
  uint32: [0, 1, 4294967295],
  int64: [-Number.MAX_SAFE_INTEGER, -1, 0, 1, Number.MAX_SAFE_INTEGER],
}
const bigEdges = [-(2n ** 63n), -1n, -2n, 0n, 1n, 1_800_000_000_000n, 2n ** 63n - 1n]

/** How many of a list clients send, where any other number is refused at once. */
const counts: readonly (readonly [RegExp, readonly number[]])[] = [
  [/acknowledgementBatches$/, [0, 0, 0, 1]],
  [/acknowledgeTypes$/, [1, 1, 1, 0, 2]],
  [/topicPartitions$|forgottenTopicsData$/, [0, 0, 1]],
  [/subscribedTopicNames$|protocols$/, [1, 1, 2, 0]],
]

/** Makes the values of one request. */
export class Values {
  constructor(
    private readonly chance: Chance,
    private readonly layout: Layout,
    private readonly world: World,
    /** How many in a hundred values are not what a client would say. */
    private readonly oddPercent: number,
    /** Whom the request is about, as far as it goes on from earlier ones. */
    private readonly about: Acquaintance = new Map(),
    /** The API's name. */
    private readonly api = '',
  ) {}

  struct(fields: readonly NamedSpec[], path = ''): Record<string, unknown> {
    const value: Record<string, unknown> = {}
    for (const field of fields) {
      if (!isPresent(field, this.layout)) continue
      const mayBeLeftOut = field.fallback !== undefined || field.tag !== undefined
      if (mayBeLeftOut && this.chance.once(3)) continue
      value[field.name] = this.#field(field, path === '' ? field.name : `${path}.${field.name}`)
    }
    return value
  }

  #field(field: NamedSpec, path: string): unknown {
    if (field.type.kind === 'records') return producedRecords(this.chance, this.layout.version, this.about)
    const mayBeNull = isNullable(field, this.layout)
    const isKnown = factFor(this.about, field.name, this.chance) !== undefined
    if (mayBeNull && this.chance.once(isOptional(field) && !isKnown ? 2 : 10)) return null
    return this.#value(field.type, path)
  }

  #value(type: FieldType, path: string): unknown {
    if (type.kind === 'array') {
      const count = this.chance.once(30) ? this.chance.below(40) : this.#count(path)
      return Array.from({ length: count }, () => this.#value(type.element, path))
    }
    if (type.kind === 'struct') return this.struct(type.fields, path)
    const known = this.about.size === 0 ? undefined : this.#known(type.kind, path)
    if (known !== undefined && !this.chance.once(10)) return known
    const isOdd = this.chance.below(100) < this.oddPercent
    return isOdd ? this.#odd(type.kind) : this.#plausible(type.kind, path)
  }

  #known(kind: ScalarKind, path: string): unknown {
    const fact = factFor(this.about, path.slice(path.lastIndexOf('.') + 1), this.chance)
    if (typeof fact === 'string') return kind === 'string' || kind === 'uuid' ? fact : undefined
    const limits = edges[kind]
    if (fact === undefined || limits === undefined) return undefined
    return Math.min(Math.max(fact, limits[0] ?? 0), limits.at(-1) ?? 0)
  }

  #count(path: string): number {
    const usual = counts.find(([pattern]) => pattern.test(path))?.[1]
    return usual === undefined ? this.chance.between(0, 2) : this.chance.pick(usual)
  }

  #plausible(kind: ScalarKind, path: string): unknown {
    switch (kind) {
      case 'bool':
        return this.chance.once(path === 'isRenewAck' ? 10 : 2)
      case 'string':
        return this.#text(path)
      case 'uuid':
        return this.chance.pick(this.world.topicIds)
      case 'bytes':
        return this.chance.bytes(this.chance.below(30))
      case 'bigint64':
        return BigInt(this.#number('int64', path))
      default:
        return this.#number(kind, path)
    }
  }

  #text(path: string): string {
    const known = texts.find(([pattern]) => pattern.test(path))?.[1] ?? oddText
    if (known === groups)
      return this.chance.pick(groupsOf.find(([pattern]) => pattern.test(this.api))?.[1] ?? groups)
    if (known !== 'topic') return this.chance.pick(known)
    return this.chance.pick(this.chance.once(10) ? invalidNames : this.world.topics)
  }

  #number(kind: ScalarKind, path: string): number {
    const name = path.slice(path.lastIndexOf('.') + 1)
    const known = numbers.find(([pattern]) => pattern.test(name))?.[1]
    const number = known === undefined ? this.chance.between(-1, 3) : this.chance.pick(known)
    const limits = edges[kind]
    return limits === undefined ? number : Math.min(Math.max(number, limits[0] ?? 0), limits.at(-1) ?? 0)
  }

  #odd(kind: ScalarKind): unknown {
    switch (kind) {
      case 'bool':
        return true
      case 'string':
        return this.chance.pick(oddText)
      case 'uuid':
        return this.chance.bytes(16).toString('base64url')
      case 'bytes':
      case 'records':
      case 'recordChunks':
        return this.chance.bytes(this.chance.below(300))
      case 'bigint64':
        return this.chance.pick(bigEdges)
      case 'float64':
        return this.chance.pick([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300])
      default:
        return this.chance.pick(edges[kind] ?? [0])
    }
  }
}

/** A field that is null by default says something special when it isn't: a transaction, a static member. */
function isOptional(field: FieldSpec): boolean {
  return field.fallback === null
}
