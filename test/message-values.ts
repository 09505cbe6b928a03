import fc from 'fast-check'
import type { FieldSpec, FieldType, NamedSpec } from '../src/wire/schema/field.ts'
import { isNullable, isPresent, type Layout } from '../src/wire/schema/layout.ts'

/** Any value of a message at one version, as decoding would give it; fields that may be left out sometimes are. */
export function anyStruct(fields: readonly NamedSpec[], layout: Layout): fc.Arbitrary<object> {
  const present = fields.filter((field) => isPresent(field, layout))
  return fc.record(Object.fromEntries(present.map((field) => [field.name, anyField(field, layout)])))
}

function anyField(spec: NamedSpec, layout: Layout): fc.Arbitrary<unknown> {
  const value = anyNullable(spec, layout)
  return mayBeLeftOut(spec) ? fc.option(value, { nil: undefined, freq: 4 }) : value
}

function anyNullable(spec: FieldSpec, layout: Layout): fc.Arbitrary<unknown> {
  const value = anyValue(spec.type, layout)
  return isNullable(spec, layout) ? fc.option(value, { nil: null, freq: 3 }) : value
}

function mayBeLeftOut(spec: FieldSpec): boolean {
  return spec.fallback !== undefined || spec.tag !== undefined
}

function anyValue(type: FieldType, layout: Layout): fc.Arbitrary<unknown> {
  if (type.kind === 'array') return fc.array(anyValue(type.element, layout), { maxLength: 3 })
  if (type.kind === 'struct') return anyStruct(type.fields, layout)
  return scalars[type.kind]
}

const blob = fc.uint8Array({ maxLength: 24 }).map((bytes) => Buffer.from(bytes))
const longBlob = fc.integer({ min: 100, max: 3000 }).map((sizeBytes) => Buffer.alloc(sizeBytes, sizeBytes))
const anyBlob = fc.oneof({ weight: 9, arbitrary: blob }, { weight: 1, arbitrary: longBlob })

const text = fc.string({ unit: 'binary', maxLength: 12 })
const plainText = fc.string({ maxLength: 30 })
const longText = fc.integer({ min: 100, max: 400 }).map((length) => 'é'.repeat(length))
const anyText = fc.oneof(
  { weight: 4, arbitrary: plainText },
  { weight: 4, arbitrary: text },
  { weight: 1, arbitrary: longText },
)

const scalars = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32768, max: 32767 }),
  uint16: fc.integer({ min: 0, max: 65535 }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 0xffff_ffff }),
  int64: fc.maxSafeInteger(),
  bigint64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  float64: fc.double(),
  uuid: fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((bytes) => Buffer.from(bytes).toString('base64url')),
  string: anyText,
  bytes: anyBlob,
  records: anyBlob,
  recordChunks: anyBlob,
}
