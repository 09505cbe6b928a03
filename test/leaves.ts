import type { NamedSpec } from '../src/wire/schema/field.ts'

type Change = (field: NamedSpec, value: unknown) => unknown

/** The value with every field passed through `change`, innermost first. */
export function withValues(
  fields: readonly NamedSpec[],
  value: Record<string, unknown>,
  change: Change,
): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .filter((field) => field.name in value)
      .map((field) => [field.name, changed(field, value[field.name], change)]),
  )
}

function changed(field: NamedSpec, value: unknown, change: Change): unknown {
  const { type } = field
  if (type.kind === 'array' && Array.isArray(value))
    return change(
      field,
      value.map((item: unknown) => changed({ ...field, type: type.element }, item, change)),
    )
  if (type.kind === 'struct' && typeof value === 'object' && value !== null)
    return change(field, withValues(type.fields, Object.fromEntries(Object.entries(value)), change))
  return change(field, value)
}

/** How often each plain value occurs anywhere in a structure: kafkajs has its own names and shapes. */
export function countLeaves(
  value: unknown,
  skip = '',
  counts = new Map<string, number>(),
): Map<string, number> {
  if (Buffer.isBuffer(value)) {
    if (value.length > 0) count(counts, value.toString('hex'))
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (key !== skip) countLeaves(item, skip, counts)
    }
  } else if (value !== null && value !== undefined && value !== '') {
    count(counts, plain(String(value)))
  }
  return counts
}

function count(counts: Map<string, number>, leaf: string): void {
  counts.set(leaf, (counts.get(leaf) ?? 0) + 1)
}

/** Uuids in the broker's own form. */
function plain(text: string): string {
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
  return isUuid ? Buffer.from(text.replaceAll('-', ''), 'hex').toString('base64url') : text
}
