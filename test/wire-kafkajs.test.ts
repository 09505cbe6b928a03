import { describe, expect, test } from 'vitest'
import { apiByKey } from '../src/wire/catalog.ts'
import { encodeRequestFrame, encodeResponseFrame } from '../src/wire/frame.ts'
import { decodeRequestHeader } from '../src/wire/header.ts'
import type { NamedSpec } from '../src/wire/schema/field.ts'
import { encodable } from './all-messages.ts'
import { goldenStruct } from './golden/golden-values.ts'
import { exchanges, kafkajsFrame } from './kafkajs-protocol.ts'

const cases = exchanges().map(({ name, make }) => [name, make] as const)

/** What kafkajs reads over without keeping it. */
const skippedByKafkajs: Readonly<Record<string, string>> = { AlterPartitionReassignments: 'errorMessage' }

describe('kafkajs, with its own encoders and decoders', () => {
  test.each(cases)('sends %s, which is read to the last byte', async (_name, make) => {
    const exchange = make()
    const sent = await kafkajsFrame(exchange, 12_345)
    const { header, api, body, end } = readRequest(sent.subarray(4))
    expect(header).toMatchObject({
      apiVersion: exchange.request.apiVersion,
      correlationId: 12_345,
      clientId: 'kafkajs-test',
    })
    expect(end).toBe(sent.length - 4)
    const again = encodeRequestFrame(api, header.apiVersion, 12_345, 'kafkajs-test', body)
    expect(Buffer.concat(again).toString('hex')).toBe(sent.toString('hex'))
  })

  test.each(cases)('understands the answer to %s', async (name, make) => {
    const { request, response } = make()
    const api = apiByKey(request.apiKey)
    if (api === undefined) throw new Error(`${name} is not declared`)
    const layout = api.response.layout(request.apiVersion)
    const value = withoutRecords(
      api.response.fields,
      goldenStruct(api.response.fields, layout, `kafkajs/${api.name}`),
    )
    const answer = encodeResponseFrame(api, request.apiVersion, 1, encodable(api.response.fields, value))
    const bytes = Buffer.concat(answer)
    expect(bytes.readInt32BE(0)).toBe(bytes.length - 4)
    const understood = countLeaves(await response.decode(bytes.subarray(8)))
    for (const [leaf, count] of countLeaves(value, skippedByKafkajs[api.name]))
      expect(understood.get(leaf) ?? 0, `${leaf} in ${name}`).toBeGreaterThanOrEqual(count)
  })
})

function readRequest(bytes: Buffer) {
  const header = decodeRequestHeader(bytes)
  const api = apiByKey(header.apiKey)
  if (api === undefined) throw new Error(`API ${header.apiKey} is not declared`)
  const { end } = api.request.explain(bytes, header.apiVersion, header.bodyAt)
  return { header, api, body: api.request.decode(bytes, header.apiVersion, header.bodyAt), end }
}

/** kafkajs looks into record batches, so there must be none of chance. */
function withoutRecords(
  fields: readonly NamedSpec[],
  value: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .filter((field) => field.name in value)
      .map((field) => [field.name, without(field, value[field.name])]),
  )
}

function without(field: Pick<NamedSpec, 'type'>, value: unknown): unknown {
  const { type } = field
  if (type.kind === 'recordChunks') return Buffer.alloc(0)
  if (type.kind === 'array' && Array.isArray(value))
    return value.map((item: unknown) => without({ type: type.element }, item))
  if (type.kind === 'struct' && typeof value === 'object' && value !== null)
    return withoutRecords(type.fields, Object.fromEntries(Object.entries(value)))
  return value
}

/** How often each plain value occurs anywhere in a structure: kafkajs has its own names and shapes. */
function countLeaves(value: unknown, skip = '', counts = new Map<string, number>()): Map<string, number> {
  if (Buffer.isBuffer(value)) {
    if (value.length > 0) count(counts, value.toString('hex'))
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (key !== skip) countLeaves(item, skip, counts)
    }
  } else if (value !== null && value !== undefined && value !== '') {
    count(counts, String(value))
  }
  return counts
}

function count(counts: Map<string, number>, leaf: string): void {
  counts.set(leaf, (counts.get(leaf) ?? 0) + 1)
}
