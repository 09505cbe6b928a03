import { describe, expect, test } from 'vitest'
import { apiByKey } from '../src/wire/catalog.ts'
import type { NamedSpec } from '../src/wire/schema/field.ts'
import { encodable } from './all-messages.ts'
import { goldenStruct } from './golden/golden-values.ts'
import { countLeaves, withValues } from './leaves.ts'
import {
  misreadAnswers,
  type PlatformaticApi,
  platformaticApis,
  readerOver,
  sentRequests,
} from './platformatic-protocol.ts'

/** @platformatic/kafka speaks the flexible versions that kafkajs doesn't. */
describe('@platformatic/kafka, with its own encoders and decoders', () => {
  test.each(sentRequests.map(([name, args]) => [name, args] as const))(
    'sends %s, which is read to the last byte',
    (name, args) => {
      const { api: foreign, createRequest } = spoken(name)
      const apiVersion = foreign.version
      const api = declared(foreign.key)
      const sent = createRequest(...args).buffer
      expect(api.request.explain(sent, apiVersion).end).toBe(sent.length)
      const again = Buffer.concat(api.request.encode(api.request.decode(sent, apiVersion), apiVersion))
      expect(again.toString('hex')).toBe(sent.toString('hex'))
    },
  )

  test.each([...platformaticApis.keys()].filter((name) => !misreadAnswers.has(name)))(
    'understands the answer to %s',
    (name) => {
      const { api, parseResponse } = spoken(name)
      const { key: apiKey, version: apiVersion } = api
      const { response, name: apiName } = declared(apiKey)
      const golden = goldenStruct(response.fields, response.layout(apiVersion), `platformatic/${apiName}`)
      const value = withValues(response.fields, golden, acceptable)
      const reader = readerOver(Buffer.concat(response.encode(encodable(response.fields, value), apiVersion)))
      const understood = countLeaves(parseResponse(1, apiKey, apiVersion, reader))
      for (const [leaf, count] of countLeaves(value))
        expect(understood.get(leaf) ?? 0, `${leaf} in ${name}`).toBeGreaterThanOrEqual(count)
    },
  )
})

function spoken(name: string): PlatformaticApi {
  const api = platformaticApis.get(name)
  if (api === undefined) throw new Error(`@platformatic/kafka has no ${name}`)
  return api
}

function declared(apiKey: number) {
  const api = apiByKey(apiKey)
  if (api === undefined) throw new Error(`API ${apiKey} is not declared`)
  return api
}

/** The client throws at error codes, looks into record batches, and doesn't keep tagged fields. */
function acceptable(field: NamedSpec, value: unknown): unknown {
  if (field.tag !== undefined) return undefined
  if (field.type.kind === 'recordChunks') return Buffer.alloc(0)
  return field.name.endsWith('rrorCode') ? 0 : value
}
