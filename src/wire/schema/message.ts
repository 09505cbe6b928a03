/**
 * A declared message: its codecs, one per version, compiled when a version is first used.
 */
import { WireError } from '../wire-error.ts'
import { compileDecoder, type Decoder } from './compile-decoder.ts'
import { compileEncoder, type Encoder } from './compile-encoder.ts'
import { explain } from './explain.ts'
import { type DecodedFields, type EncodableFields, type Fields, type NamedSpec, namedSpecs } from './field.ts'
import type { Layout } from './layout.ts'
import { Writer } from './writer.ts'

export interface MessageDeclaration<F extends Fields> {
  readonly name: string
  /** First and last version, inclusive. */
  readonly versions: readonly [number, number]
  /** First flexible version (KIP-482); left out when there is none. */
  readonly flexible?: number
  readonly fields: F
}

/** Encoding is synchronous, so all messages share one writer. */
const writer = new Writer()

export class Message<D, E> {
  declare readonly decoded: D
  declare readonly encodable: E
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
  /** Infinity when no version is flexible. */
  readonly flexibleFrom: number
  readonly fields: readonly NamedSpec[]
  readonly #decoders: (Decoder<D> | undefined)[] = []
  readonly #encoders: (Encoder | undefined)[] = []

  constructor(declaration: MessageDeclaration<Fields>) {
    this.name = declaration.name
    this.minVersion = declaration.versions[0]
    this.maxVersion = declaration.versions[1]
    this.flexibleFrom = declaration.flexible ?? Number.POSITIVE_INFINITY
    this.fields = namedSpecs(declaration.fields)
  }

  /**
   * The value that starts at `at`. Byte fields are slices of `bytes`; bytes behind the value are not looked at.
   * Throws WireError, with field path and offset, when the bytes don't hold a value of this version.
   */
  decode(bytes: Buffer, version: number, at = 0): D {
    const decoder = this.#decoders[version] ?? this.#compileDecoder(version)
    const value = decoder(bytes, at)
    return value === undefined ? this.#explainFailure(bytes, version, at) : value
  }

  /** The value as chunks to be written one after the other; one chunk unless it is large or holds record batches. */
  encode(value: E, version: number): Buffer[] {
    writer.reset()
    return writer.finish(this.write(writer, value, version, 0))
  }

  /** Writes the value at position `at` of a writer and gives the position behind it. */
  write(target: Writer, value: E, version: number, at: number): number {
    const encoder = this.#encoders[version] ?? this.#compileEncoder(version)
    return encoder(target, value, at)
  }

  /** Decodes slowly and tells where the value ends; throws the same WireErrors as `decode`. */
  explain(bytes: Buffer, version: number, at = 0): { readonly value: unknown; readonly end: number } {
    return explain(this.fields, this.layout(version), bytes, at)
  }

  supports(version: number): boolean {
    return Number.isInteger(version) && version >= this.minVersion && version <= this.maxVersion
  }

  isFlexible(version: number): boolean {
    return version >= this.flexibleFrom
  }

  layout(version: number): Layout {
    return { version, flexible: this.isFlexible(version) }
  }

  #compileDecoder(version: number): Decoder<D> {
    if (!this.supports(version))
      throw new WireError(`${this.name} has no version ${version} (${this.minVersion} to ${this.maxVersion})`)
    const decoder = compileDecoder<D>(this.name, this.fields, this.layout(version))
    this.#decoders[version] = decoder
    return decoder
  }

  #compileEncoder(version: number): Encoder {
    if (!this.supports(version))
      throw new TypeError(`${this.name} has no version ${version} (${this.minVersion} to ${this.maxVersion})`)
    const encoder = compileEncoder(this.name, this.fields, this.layout(version))
    this.#encoders[version] = encoder
    return encoder
  }

  #explainFailure(bytes: Buffer, version: number, at: number): never {
    this.explain(bytes, version, at)
    throw new TypeError(`${this.name} v${version}: the compiled decoder refused what the declaration allows`)
  }
}

/** A message that belongs to no API: what groups store in their own bytes, keys and values of internal topics. */
export function message<F extends Fields>(
  declaration: MessageDeclaration<F>,
): Message<DecodedFields<F>, EncodableFields<F>> {
  return new Message(declaration)
}

/** The complete value of a message, as decoding gives it. */
export type DecodedOf<M extends { readonly decoded: unknown }> = M['decoded']
