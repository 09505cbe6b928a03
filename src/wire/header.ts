/**
 * What stands between a frame's length and its body. Requests: v1 has API key, version, correlation id and client id;
 * v2, for flexible versions, adds tagged fields but keeps the client id's old form, so that a broker can read the
 * header of an ApiVersions request that is newer than itself. Responses: v0 has the correlation id, v1 adds tagged
 * fields; ApiVersions is always answered with v0, for the same reason (KIP-482, KIP-511).
 */
import { apiByKey } from './catalog.ts'
import type { Api } from './schema/api.ts'
import { int16, int32, string } from './schema/field.ts'
import { message } from './schema/message.ts'
import { WireError } from './wire-error.ts'

const API_VERSIONS_KEY = 18
/** Key, version and correlation id. */
const FIXED_REQUEST_HEADER_BYTES = 8

export const requestHeader = message({
  name: 'RequestHeader',
  versions: [1, 2],
  flexible: 2,
  fields: {
    requestApiKey: int16,
    requestApiVersion: int16,
    correlationId: int32,
    clientId: string.nullable().rigid(),
  },
})

export const responseHeader = message({
  name: 'ResponseHeader',
  versions: [0, 1],
  flexible: 1,
  fields: { correlationId: int32 },
})

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  /** Any int32; it comes back in the response. */
  readonly correlationId: number
  readonly clientId: string | null
  /** Where the request itself starts. */
  readonly bodyAt: number
}

export function requestHeaderVersion(api: Api | undefined, version: number): 1 | 2 {
  return api !== undefined && version >= api.flexibleFrom ? 2 : 1
}

export function responseHeaderVersion(api: Api, version: number): 0 | 1 {
  return version >= api.flexibleFrom && api.key !== API_VERSIONS_KEY ? 1 : 0
}

/**
 * Reads the header of a request, the frame's length already taken off. Neither key nor version need be known; an
 * unknown key is read in the older form. Throws WireError when the bytes hold no header.
 */
export function decodeRequestHeader(bytes: Buffer): RequestHeader {
  if (bytes.length < FIXED_REQUEST_HEADER_BYTES)
    throw new WireError(`a request of ${bytes.length} bytes has no header`, { offset: bytes.length })
  const apiKey = bytes.readInt16BE(0)
  const apiVersion = bytes.readInt16BE(2)
  const correlationId = bytes.readInt32BE(4)
  const version = requestHeaderVersion(apiByKey(apiKey), apiVersion)
  if (version === 2) return decodeFlexible(bytes, apiKey, apiVersion)
  const { clientId } = requestHeader.decode(bytes, version)
  return { apiKey, apiVersion, correlationId, clientId, bodyAt: behindClientId(bytes) }
}

function decodeFlexible(bytes: Buffer, apiKey: number, apiVersion: number): RequestHeader {
  const { correlationId, clientId } = requestHeader.decode(bytes, 2)
  const tagsAt = behindClientId(bytes)
  // No client is known to send tagged fields here, so the slow way to find their end is good enough.
  const bodyAt = bytes[tagsAt] === 0 ? tagsAt + 1 : requestHeader.explain(bytes, 2).end
  return { apiKey, apiVersion, correlationId, clientId, bodyAt }
}

function behindClientId(bytes: Buffer): number {
  const sizeBytes = bytes.readInt16BE(FIXED_REQUEST_HEADER_BYTES)
  return FIXED_REQUEST_HEADER_BYTES + 2 + Math.max(0, sizeBytes)
}

/** Reads the header of a response, the frame's length already taken off. */
export function decodeResponseHeader(
  bytes: Buffer,
  api: Api,
  version: number,
): { readonly correlationId: number; readonly bodyAt: number } {
  const headerVersion = responseHeaderVersion(api, version)
  const { correlationId } = responseHeader.decode(bytes, headerVersion)
  if (headerVersion === 0) return { correlationId, bodyAt: 4 }
  return { correlationId, bodyAt: bytes[4] === 0 ? 5 : responseHeader.explain(bytes, 1).end }
}
