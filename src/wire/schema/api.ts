/**
 * An API of the protocol: a number, a range of versions, a request and a response.
 */
import type { DecodedFields, EncodableFields, Fields } from './field.ts'
import { Message } from './message.ts'

export interface Api<Request = Message<unknown, unknown>, Response = Message<unknown, unknown>> {
  readonly key: number
  /** Kafka's name, such as `OffsetFetch`. */
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
  /** Last version that Kafka offers to clients unless it is told to offer unfinished ones too. */
  readonly maxStableVersion: number
  /** Infinity when no version is flexible. */
  readonly flexibleFrom: number
  readonly request: Request
  readonly response: Response
}

export interface ApiDeclaration<Q extends Fields, R extends Fields> {
  readonly key: number
  readonly name: string
  /** First and last version, inclusive. */
  readonly versions: readonly [number, number]
  /** First flexible version (KIP-482); left out when there is none. */
  readonly flexible?: number
  /** Last finished version; left out when all are. */
  readonly stable?: number
  readonly request: Q
  readonly response: R
}

export function api<Q extends Fields, R extends Fields>(
  declaration: ApiDeclaration<Q, R>,
): Api<Message<DecodedFields<Q>, EncodableFields<Q>>, Message<DecodedFields<R>, EncodableFields<R>>> {
  const { key, name, versions } = declaration
  const flexible = declaration.flexible ?? Number.POSITIVE_INFINITY
  return {
    key,
    name,
    minVersion: versions[0],
    maxVersion: versions[1],
    maxStableVersion: declaration.stable ?? versions[1],
    flexibleFrom: flexible,
    request: new Message({ name: `${name}Request`, versions, flexible, fields: declaration.request }),
    response: new Message({ name: `${name}Response`, versions, flexible, fields: declaration.response }),
  }
}

/** A decoded request. */
export type RequestOf<A extends Api> = A['request']['decoded']
/** What a handler answers with: fields with defaults may be left out. */
export type ResponseOf<A extends Api> = A['response']['encodable']
/** What a client reads. */
export type DecodedResponseOf<A extends Api> = A['response']['decoded']
/** What a client sends. */
export type EncodableRequestOf<A extends Api> = A['request']['encodable']
