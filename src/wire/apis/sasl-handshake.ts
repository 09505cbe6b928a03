/**
 * SaslHandshake v0–1. The client names a SASL mechanism; the broker says whether it has it, and which it has.
 *
 * After v0 the mechanism's tokens follow as bare frames without headers; after v1 they come in SaslAuthenticate
 * requests (KIP-152). There is no flexible version.
 */
import { api } from '../schema/api.ts'
import { array, int16, string } from '../schema/field.ts'

export const saslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  request: { mechanism: string },
  response: { errorCode: int16, mechanisms: array(string) },
})
