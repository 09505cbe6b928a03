/**
 * SaslHandshake v0–1 and SaslAuthenticate v0–2 on a listener without logins: nobody is to authenticate here, and who
 * tries is told so, as Kafka tells him on a PLAINTEXT listener (`KafkaApis.handleSaslHandshakeRequest`).
 */
import { saslAuthenticate } from '../../wire/apis/sasl-authenticate.ts'
import { saslHandshake } from '../../wire/apis/sasl-handshake.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

export const saslHandshakeHandler: Handler<typeof saslHandshake> = {
  api: saslHandshake,
  handle() {
    throw new KafkaError('ILLEGAL_SASL_STATE')
  },
  refuse: (_request, error) => ({ errorCode: error.code, mechanisms: [] }),
}

export const saslAuthenticateHandler: Handler<typeof saslAuthenticate> = {
  api: saslAuthenticate,
  handle() {
    throw new KafkaError(
      'ILLEGAL_SASL_STATE',
      'SaslAuthenticate request received after successful authentication',
    )
  },
  refuse: (_request, error) => ({
    errorCode: error.code,
    errorMessage: error.message,
    authBytes: Buffer.alloc(0),
    sessionLifetimeMs: 0,
  }),
}
