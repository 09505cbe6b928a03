import { describe, expect, test } from 'vitest'
import { apiByKey } from '../src/wire/catalog.ts'
import { encodeRequestFrame, encodeResponseFrame } from '../src/wire/frame.ts'
import { decodeRequestHeader } from '../src/wire/header.ts'
import { encodable } from './all-messages.ts'
import { goldenStruct } from './golden/golden-values.ts'
import { exchanges, kafkajsFrame } from './kafkajs-protocol.ts'
import { countLeaves, withValues } from './leaves.ts'

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
    const golden = goldenStruct(api.response.fields, layout, `kafkajs/${api.name}`)
    // kafkajs looks into record batches, so there must be none of chance.
    const value = withValues(api.response.fields, golden, (field, kept) =>
      field.type.kind === 'recordChunks' ? Buffer.alloc(0) : kept,
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
