/**
 * The frames of a run. The n-th frame follows from the seed and n alone, so a failure is told by two numbers. Requests
 * are made from the declarations and kept as templates, since making one costs more than a broker takes to answer it.
 * One in a few goes on from what was answered earlier in the run; those are told by their bytes.
 */
import { apis } from '../../src/wire/catalog.ts'
import { encodeRequestFrame } from '../../src/wire/frame.ts'
import type { Api } from '../../src/wire/schema/api.ts'
import { Chance } from './chance.ts'
import type { Learnt } from './learnt.ts'
import { Values, type World } from './values.ts'

export interface FuzzFrame {
  readonly n: number
  /** What was done to it. */
  readonly kind: string
  /** Whether it goes on from earlier answers, so that it can not be made again without them. */
  readonly isSequel: boolean
  /** In the pieces in which they are written; length prefix included. */
  readonly chunks: readonly Buffer[]
  /** The request that the bytes are, when they were not tampered with. */
  readonly request: { readonly api: Api; readonly version: number } | undefined
  /** How many times it is sent before an answer is awaited. */
  readonly copies: number
  /** Whether the client takes its answers. */
  readonly isRead: boolean
}

interface Template {
  readonly api: Api
  readonly version: number
  readonly bytes: Buffer
  readonly isSequel?: boolean
}

/** Changes a frame in place, or gives another one. */
type Tamper = (template: Buffer, chance: Chance) => Buffer

const TEMPLATES = 30_000
/** One frame in so many goes on from earlier ones. */
const SEQUELS = 3
const LENGTH_BYTES = 4
/** More than a connection may have under way. */
const MAX_COPIES = 100
const CORRELATION_AT = 8
/** SyncGroup; the keys before it are produce, fetch, metadata, offsets and groups. */
const LAST_OF_EVERYDAY = 14
const MAX_FRAME_BYTES = 100 * 1024 * 1024

/** What a broker serves is sent most, and of that what producers, consumers and groups send; the rest now and then. */
function weighted(served: ReadonlySet<number>): readonly Api[] {
  return apis.flatMap((api) => {
    const weight = served.has(api.key) ? (api.key <= LAST_OF_EVERYDAY ? 24 : 8) : 1
    return Array.from({ length: weight }, () => api)
  })
}

export class FrameSource {
  readonly #templates: (Template | undefined)[] = []
  readonly #apis: readonly Api[]

  constructor(
    readonly seed: number,
    private readonly world: World,
    private readonly learnt?: Learnt,
  ) {
    this.#apis = weighted(world.served)
  }

  frame(n: number): FuzzFrame {
    const chance = Chance.of(this.seed, n)
    const template = (chance.once(SEQUELS) && this.#sequel(chance)) || this.#template(chance.below(TEMPLATES))
    const bytes = Buffer.from(template.bytes)
    bytes.writeInt32BE(chance.between(-2147483648, 2147483647), CORRELATION_AT)
    const [kind, tamper] = chance.pick(tampers)
    const request = tamper === undefined ? { api: template.api, version: template.version } : undefined
    const tampered = tamper?.(bytes, chance) ?? bytes
    const chunks = chance.once(20) ? split(tampered, chance) : [tampered]
    const { isSequel = false } = template
    const name = `${template.api.name} v${template.version}, ${kind}`
    const copies = tamper === undefined && chance.once(50) ? chance.between(2, MAX_COPIES) : 1
    return { n, kind: name, isSequel, chunks, request, copies, isRead: !chance.once(200) }
  }

  /** A request about somebody whom earlier answers have told of. */
  #sequel(chance: Chance): Template | undefined {
    const met = this.learnt?.meet(chance)
    if (met === undefined) return undefined
    const { api, acquaintance } = met
    const version = chance.between(api.minVersion, api.maxVersion)
    const odd = chance.pick([0, 0, 2])
    const values = new Values(chance, api.request.layout(version), this.world, odd, acquaintance, api.name)
    const value = values.struct(api.request.fields)
    const bytes = Buffer.concat(encodeRequestFrame(api, version, 0, 'fuzz', value))
    return { api, version, bytes, isSequel: true }
  }

  #template(index: number): Template {
    const known = this.#templates[index]
    if (known !== undefined) return known
    const template = makeTemplate(Chance.of(~this.seed, index), this.#apis, this.world)
    this.#templates[index] = template
    return template
  }
}

function makeTemplate(chance: Chance, from: readonly Api[], world: World): Template {
  const api = chance.pick(from)
  const version = chance.between(api.minVersion, api.maxVersion)
  const odd = chance.pick([0, 2, 30])
  const values = new Values(chance, api.request.layout(version), world, odd, undefined, api.name)
  const clientId = chance.pick(['fuzz', '', null, 'é'])
  const value = values.struct(api.request.fields)
  return { api, version, bytes: Buffer.concat(encodeRequestFrame(api, version, 0, clientId, value)) }
}

/** What is done to frames, each as often as it stands here; `undefined` leaves them as they are. */
const tampers: readonly (readonly [string, Tamper | undefined])[] = [
  ['as it is', undefined],
  ['as it is', undefined],
  ['as it is', undefined],
  ['as it is', undefined],
  ['bits flipped', flipBits],
  ['bits flipped', flipBits],
  ['bytes changed', changeBytes],
  ['bytes changed', changeBytes],
  ['an absurd number', absurdNumber],
  ['an absurd number', absurdNumber],
  ['cut short', cutShort],
  ['extended', extended],
  ['bytes of chance', bytesOfChance],
  ['unknown API or version', unknownApi],
  ['a wrong length', wrongLength],
]

function flipBits(bytes: Buffer, chance: Chance): Buffer {
  for (let count = chance.between(1, 3); count > 0; count--) {
    const at = chance.between(LENGTH_BYTES, bytes.length - 1)
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << chance.below(8)), at)
  }
  return bytes
}

function changeBytes(bytes: Buffer, chance: Chance): Buffer {
  for (let count = chance.between(1, 4); count > 0; count--)
    bytes.writeUInt8(
      chance.pick([0, 1, 0x7f, 0x80, 0xff, chance.below(256)]),
      chance.between(LENGTH_BYTES, bytes.length - 1),
    )
  return bytes
}

/** A length, count or number anywhere becomes negative or huge. */
function absurdNumber(bytes: Buffer, chance: Chance): Buffer {
  const number = chance.pick([-1, -2, -2147483648, 2147483647, 0x7fff_ff00, 0x0100_0000, 65_536, 0])
  const body = LENGTH_BYTES + 10
  if (bytes.length < body + 4) return bytes
  const at = chance.between(body, bytes.length - 4)
  const form = chance.below(4)
  if (form === 0) bytes.writeInt16BE(chance.pick([-1, -2, -32768, 32767]), at)
  else if (form === 1) bytes.set([0xff, 0xff, 0xff, chance.pick([0x7f, 0x0f, 0xff])], at)
  else bytes.writeInt32BE(number, at)
  return bytes
}

function cutShort(bytes: Buffer, chance: Chance): Buffer {
  return relengthed(bytes.subarray(0, chance.between(LENGTH_BYTES, bytes.length - 1)))
}

function extended(bytes: Buffer, chance: Chance): Buffer {
  return relengthed(Buffer.concat([bytes, chance.bytes(chance.between(1, 50))]))
}

function bytesOfChance(_bytes: Buffer, chance: Chance): Buffer {
  const body = chance.bytes(chance.below(chance.once(10) ? 5000 : 60))
  return relengthed(Buffer.concat([Buffer.alloc(LENGTH_BYTES), body]))
}

function unknownApi(bytes: Buffer, chance: Chance): Buffer {
  if (chance.once(2)) bytes.writeInt16BE(chance.between(-32768, 32767), LENGTH_BYTES)
  else bytes.writeInt16BE(chance.pick([-32768, -1, 0, 99, 32767, chance.below(20)]), LENGTH_BYTES + 2)
  return bytes
}

/** The length field says something else than how long the frame is. */
function wrongLength(bytes: Buffer, chance: Chance): Buffer {
  const lengths = [-1, -2147483648, 2147483647, MAX_FRAME_BYTES + 1, 0, 3, bytes.length, bytes.length + 100]
  const length = chance.once(500) ? MAX_FRAME_BYTES : chance.pick(lengths)
  bytes.writeInt32BE(length, 0)
  return bytes
}

function relengthed(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeInt32BE(copy.length - LENGTH_BYTES, 0)
  return copy
}

function split(bytes: Buffer, chance: Chance): Buffer[] {
  const chunks: Buffer[] = []
  let at = 0
  while (at < bytes.length && chunks.length < 50) {
    const end = Math.min(bytes.length, at + chance.between(1, chance.once(2) ? 3 : 100))
    chunks.push(bytes.subarray(at, end))
    at = end
  }
  if (at < bytes.length) chunks.push(bytes.subarray(at))
  return chunks
}
