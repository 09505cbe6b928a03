/**
 * The words in which messages are declared. A field is a type with versions as suffixes:
 *
 *     groupInstanceId: string.nullable().from(3).default(null)
 *
 * The suffixes may come in any order, and each gives a new field. From a declaration follow two static types: the
 * decoded one, in which every field is present whatever the version (a field that the version doesn't have reads
 * as its default), and the encodable one, in which a field may be left out when it has a declared default, is
 * tagged, or isn't in all versions.
 *
 * Source: apache/kafka `clients/src/main/resources/common/message/README.md`; KIP-482 (flexible versions).
 */

/** Kafka's "no topic": the all-zero uuid in the text form that the whole broker uses. */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'

/** Beyond every version, as the end of an open range. */
export const NO_END = 32767

export type ScalarKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'bigint64'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'
  | 'recordChunks'

export type FieldType =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'array'; readonly element: FieldType }
  | { readonly kind: 'struct'; readonly fields: readonly NamedSpec[] }

export interface FieldSpec {
  readonly type: FieldType
  /** First version that has the field. */
  readonly from: number
  /** Last version that has the field. */
  readonly until: number
  /** First version in which null is allowed; undefined when it never is. */
  readonly nullableFrom: number | undefined
  /** The declared default; undefined stands for the type's own: 0, '', [], no bytes, a struct of defaults. */
  readonly fallback: unknown
  readonly tag: number | undefined
  /** First version in which the field is tagged. */
  readonly tagFrom: number
  /** Whether flexible versions write the field in the old form too (the client id of request headers). */
  readonly rigid: boolean
}

export interface NamedSpec extends FieldSpec {
  readonly name: string
}

/** A field as a message declares it: `D` is its decoded type, `E` what an encoder takes, `O` whether it may be left out. */
export class Field<D, E, O extends boolean> {
  declare readonly decoded: D
  declare readonly encodable: E
  declare readonly optional: O

  constructor(readonly spec: FieldSpec) {}

  /** The field exists from this version on. */
  from(version: number): Field<D, E, true> {
    return new Field({ ...this.spec, from: version })
  }

  /** The field exists up to this version, inclusive. */
  until(version: number): Field<D, E, true> {
    return new Field({ ...this.spec, until: version })
  }

  /** Null is allowed, from this version on. */
  nullable(fromVersion = 0): Field<D | null, E | null, O> {
    return new Field({ ...this.spec, nullableFrom: fromVersion })
  }

  /** What the field reads as when it is not on the wire, and is written as when the value leaves it out. */
  default(value: E | null): Field<D, E, true> {
    return new Field({ ...this.spec, fallback: value })
  }

  /** The field is optional on the wire (KIP-482): written behind the others, and only when it differs from its default. */
  tag(tag: number, fromVersion?: number): Field<D, E, true> {
    return new Field({ ...this.spec, tag, tagFrom: fromVersion ?? 0 })
  }

  /** The field keeps the form of the versions before flexible ones. */
  rigid(): Field<D, E, O> {
    return new Field({ ...this.spec, rigid: true })
  }
}

export type AnyField = Field<unknown, unknown, boolean>
export type Fields = Readonly<Record<string, AnyField>>

type Flat<T> = { [K in keyof T]: T[K] }
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K]['optional'] extends true ? K : never }[keyof F]

/** What decoding gives: every field, at every version. */
export type DecodedFields<F extends Fields> = { [K in keyof F]: F[K]['decoded'] }

/** What an encoder takes. */
export type EncodableFields<F extends Fields> = Flat<
  { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: F[K]['encodable'] } & {
    readonly [K in OptionalKeys<F>]?: F[K]['encodable'] | undefined
  }
>

export const bool = scalar<boolean>('bool')
export const int8 = scalar<number>('int8')
export const int16 = scalar<number>('int16')
export const uint16 = scalar<number>('uint16')
export const int32 = scalar<number>('int32')
export const uint32 = scalar<number>('uint32')
/** A 64-bit integer that is never beyond ±2^53 among well-behaved peers: offsets, producer ids, times of day in ms. */
export const int64 = scalar<number>('int64')
/** A 64-bit integer of which any value may come: timestamps that clients choose, and Kafka's 2^63-1 for "none". */
export const bigint64 = scalar<bigint>('bigint64')
export const float64 = scalar<number>('float64')
/** 16 bytes, as 22 characters of base64url without padding. */
export const uuid = scalar<string>('uuid')
export const string = scalar<string>('string')
/** Decoded as a slice of the frame: copy what is to be kept for long. */
export const bytes = new Field<Buffer, Uint8Array, false>(plainSpec({ kind: 'bytes' }))
/** Record batches in a request: a slice of the frame. */
export const records = new Field<Buffer, Uint8Array, false>(plainSpec({ kind: 'records' }))
/** Record batches in a response: an encoder takes the slices that a log gave and passes them on uncopied. */
export const recordChunks = new Field<Buffer, readonly Uint8Array[], false>(
  plainSpec({ kind: 'recordChunks' }),
)

export function array<D, E, O extends boolean>(element: Field<D, E, O>): Field<D[], readonly E[], false> {
  return new Field(plainSpec({ kind: 'array', element: element.spec.type }))
}

export function struct<F extends Fields>(fields: F): Field<DecodedFields<F>, EncodableFields<F>, false> {
  return new Field(plainSpec({ kind: 'struct', fields: namedSpecs(fields) }))
}

/** The declaration as data, in declared order. */
export function namedSpecs(fields: Fields): readonly NamedSpec[] {
  return Object.entries(fields).map(([name, field]) => ({ name, ...field.spec }))
}

function scalar<T>(kind: ScalarKind): Field<T, T, false> {
  return new Field(plainSpec({ kind }))
}

/** A type without suffixes, as an array's element has. */
export function plainSpec(type: FieldType): FieldSpec {
  return {
    type,
    from: 0,
    until: NO_END,
    nullableFrom: undefined,
    fallback: undefined,
    tag: undefined,
    tagFrom: 0,
    rigid: false,
  }
}
