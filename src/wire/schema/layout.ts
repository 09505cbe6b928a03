/**
 * What a declaration means at one version: which fields are on the wire, which are tagged, which may be null, how
 * small a value can be, and what a field that isn't there reads as.
 */
import { type FieldSpec, type FieldType, type NamedSpec, ZERO_UUID } from './field.ts'

/** The most array elements, counted over all arrays, that one message may hold; more is refused before allocating. */
export const MAX_ARRAY_ELEMENTS = 1_000_000

/** Kafka's longest string, in bytes (`Short.MAX_VALUE`), in every version. */
export const MAX_STRING_BYTES = 32767

const fixedSizes: Partial<Record<FieldType['kind'], number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  bigint64: 8,
  float64: 8,
  uuid: 16,
}

/** A version of a message with the one thing that changes how everything is written. */
export interface Layout {
  readonly version: number
  readonly flexible: boolean
}

export function isPresent(spec: FieldSpec, layout: Layout): boolean {
  return layout.version >= spec.from && layout.version <= spec.until
}

export function isTagged(spec: FieldSpec, layout: Layout): boolean {
  return (
    spec.tag !== undefined && layout.flexible && layout.version >= spec.tagFrom && isPresent(spec, layout)
  )
}

/**
 * Where a struct may be null, a byte in front says so: -1 for null, 1 for a struct. In a tagged field it is a varint
 * instead: 0 or 1 (what Kafka's generated classes write; its documentation doesn't mention it).
 */
export function isNullable(spec: FieldSpec, layout: Layout): boolean {
  return spec.nullableFrom !== undefined && layout.version >= spec.nullableFrom
}

/** Whether the field is written in the compact forms. */
export function isCompact(spec: FieldSpec, layout: Layout): boolean {
  return layout.flexible && !spec.rigid
}

/** The fields in the order of the wire, without the tagged ones. */
export function plainFields(fields: readonly NamedSpec[], layout: Layout): readonly NamedSpec[] {
  return fields.filter((field) => isPresent(field, layout) && !isTagged(field, layout))
}

/** The tagged fields in the order of their tags, as they must be written. */
export function taggedFields(fields: readonly NamedSpec[], layout: Layout): readonly NamedSpec[] {
  return fields
    .filter((field) => isTagged(field, layout))
    .sort((left, right) => (left.tag ?? 0) - (right.tag ?? 0))
}

/** Bytes of a type that always has the same size; undefined for the others. */
export function fixedSizeBytes(type: FieldType): number | undefined {
  return fixedSizes[type.kind]
}

/** Bytes of any value of the type if they are always the same, structs included; undefined otherwise. */
export function constantSizeBytes(type: FieldType, layout: Layout): number | undefined {
  if (type.kind !== 'struct') return fixedSizeBytes(type)
  if (taggedFields(type.fields, layout).length > 0) return undefined
  let total = layout.flexible ? 1 : 0
  for (const field of plainFields(type.fields, layout)) {
    if (field.type.kind === 'struct' && isNullable(field, layout)) return undefined
    const size = constantSizeBytes(field.type, layout)
    if (size === undefined) return undefined
    total += size
  }
  return total
}

/** The fewest bytes that a value of the type takes: what a claimed array length is measured against. */
export function leastSizeBytes(type: FieldType, layout: Layout): number {
  const fixed = fixedSizeBytes(type)
  if (fixed !== undefined) return fixed
  if (type.kind === 'struct') return leastFieldsBytes(type.fields, layout)
  if (layout.flexible) return 1
  return type.kind === 'string' ? 2 : 4
}

function leastFieldsBytes(fields: readonly NamedSpec[], layout: Layout): number {
  let total = layout.flexible ? 1 : 0
  for (const field of plainFields(fields, layout)) {
    const isOptionalStruct = field.type.kind === 'struct' && isNullable(field, layout)
    total += isOptionalStruct ? 1 : leastSizeBytes(field.type, layout)
  }
  return total
}

/** What the field reads as when it is not on the wire; a new value each time, for arrays and structs are mutable. */
export function absentValue(spec: FieldSpec): unknown {
  if (spec.fallback !== undefined) return Array.isArray(spec.fallback) ? [...spec.fallback] : spec.fallback
  switch (spec.type.kind) {
    case 'bool':
      return false
    case 'bigint64':
      return 0n
    case 'string':
      return ''
    case 'uuid':
      return ZERO_UUID
    case 'bytes':
      return Buffer.alloc(0)
    case 'records':
    case 'recordChunks':
      return null
    case 'array':
      return []
    case 'struct':
      return Object.fromEntries(spec.type.fields.map((field) => [field.name, absentValue(field)]))
    default:
      return 0
  }
}
