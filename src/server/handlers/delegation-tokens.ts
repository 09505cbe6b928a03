/**
 * The four APIs of delegation tokens (KIP-48) on a listener without logins: whoever nobody knows can't have a token that
 * stands for him (apache/kafka `KafkaApis.allowTokenRequests`).
 */
import { createDelegationToken } from '../../wire/apis/create-delegation-token.ts'
import { describeDelegationToken } from '../../wire/apis/describe-delegation-token.ts'
import { expireDelegationToken } from '../../wire/apis/expire-delegation-token.ts'
import { renewDelegationToken } from '../../wire/apis/renew-delegation-token.ts'
import { KafkaError } from '../../wire/errors.ts'
import type { Handler } from '../handler.ts'

/** Who everybody is on a listener without logins. */
const ANONYMOUS = { type: 'User', name: 'ANONYMOUS' }
const NO_TIME = -1

export const createDelegationTokenHandler: Handler<typeof createDelegationToken> = {
  api: createDelegationToken,
  handle: notAllowed,
  refuse({ ownerPrincipalType, ownerPrincipalName }, error) {
    const hasOwner =
      ownerPrincipalType !== null &&
      ownerPrincipalType !== '' &&
      ownerPrincipalName !== null &&
      ownerPrincipalName !== ''
    return {
      errorCode: error.code,
      principalType: hasOwner ? ownerPrincipalType : ANONYMOUS.type,
      principalName: hasOwner ? ownerPrincipalName : ANONYMOUS.name,
      tokenRequesterPrincipalType: ANONYMOUS.type,
      tokenRequesterPrincipalName: ANONYMOUS.name,
      issueTimestampMs: NO_TIME,
      expiryTimestampMs: NO_TIME,
      maxTimestampMs: NO_TIME,
      tokenId: '',
      hmac: Buffer.alloc(0),
    }
  },
}

export const renewDelegationTokenHandler: Handler<typeof renewDelegationToken> = {
  api: renewDelegationToken,
  handle: notAllowed,
  refuse: (_request, error) => ({ errorCode: error.code, expiryTimestampMs: NO_TIME }),
}

export const expireDelegationTokenHandler: Handler<typeof expireDelegationToken> = {
  api: expireDelegationToken,
  handle: notAllowed,
  refuse: (_request, error) => ({ errorCode: error.code, expiryTimestampMs: NO_TIME }),
}

export const describeDelegationTokenHandler: Handler<typeof describeDelegationToken> = {
  api: describeDelegationToken,
  handle: notAllowed,
  refuse: (_request, error) => ({ errorCode: error.code, tokens: [] }),
}

function notAllowed(): never {
  throw new KafkaError('DELEGATION_TOKEN_REQUEST_NOT_ALLOWED')
}
