/**
 * SaslAuthenticate v0–2. Carries one step of a SASL exchange after SaslHandshake v1 (KIP-152).
 *
 * v1 tells how long the session lasts before the client must authenticate again (KIP-368), v2 is flexible.
 */
import { api } from '../schema/api.ts'
import { bytes, int16, int64, string } from '../schema/field.ts'

export const saslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  versions: [0, 2],
  flexible: 2,
  request: { authBytes: bytes },
  response: {
    errorCode: int16,
    errorMessage: string.nullable(),
    authBytes: bytes,
    sessionLifetimeMs: int64.from(1),
  },
})
