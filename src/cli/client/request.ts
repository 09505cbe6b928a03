import type { Broker } from 'kafkajs'
import { errorName } from '../../wire/errors.ts'
import type { Api } from '../../wire/schema/api.ts'
import type { Message } from '../../wire/schema/message.ts'
import { CliFailure, propertyOf } from '../failure.ts'

/** What kafkajs's connections take from its own request classes. */
interface RawConnection {
  send(exchange: {
    request: { apiKey: number; apiVersion: number; apiName: string; encode(): Promise<EncodedBody> }
    response: {
      decode(payload: Buffer): Promise<{ clientSideThrottleTime: number }>
      parse(answer: unknown): unknown
    }
  }): Promise<unknown>
}

interface EncodedBody {
  readonly buf: Buffer
  readonly buffer: Buffer
}

/**
 * Sends a request of our own over one of kafkajs's connections, which brings TLS, login, timeouts and throttling.
 * kafkajs has no IncrementalAlterConfigs, keeps the broker's explanation of a refusal to itself, and decodes fetched
 * batches without telling where they end; with our own declarations we get all three.
 *
 * Takes the highest version that both sides know before the flexible ones, whose header kafkajs doesn't write.
 */
export async function request<QD, Q, R, RE>(
  broker: Broker,
  api: Api<Message<QD, Q>, Message<R, RE>>,
  value: Q,
): Promise<R> {
  const version = versionFor(broker, api)
  const body = Buffer.concat(api.request.encode(value, version))
  const answers: R[] = []
  await connectionOf(broker).send({
    request: {
      apiKey: api.key,
      apiName: api.name,
      apiVersion: version,
      encode: async () => ({ buf: body, buffer: body }),
    },
    response: {
      async decode(payload) {
        const answer = api.response.decode(payload, version)
        answers.push(answer)
        const throttleMs = propertyOf(answer, 'throttleTimeMs')
        return { clientSideThrottleTime: typeof throttleMs === 'number' ? throttleMs : 0 }
      },
      parse: (answer) => answer,
    },
  })
  const [answer] = answers
  if (answer === undefined) throw new CliFailure('environment', `${api.name} was not answered`)
  return answer
}

function versionFor(broker: Broker, api: Api<unknown, unknown>): number {
  const theirs = propertyOf(propertyOf(broker, 'versions'), String(api.key))
  const [low, high] = [propertyOf(theirs, 'minVersion'), propertyOf(theirs, 'maxVersion')]
  if (typeof low !== 'number' || typeof high !== 'number')
    throw new CliFailure('environment', `the broker doesn't offer ${api.name}`)
  const version = Math.min(api.maxVersion, api.flexibleFrom - 1, high)
  if (version < low || version < api.minVersion)
    throw new CliFailure('environment', `the broker offers ${api.name} only in versions ${low} to ${high}`)
  return version
}

function connectionOf(broker: Broker): RawConnection {
  const pool = propertyOf(broker, 'connectionPool')
  if (!isRawConnection(pool))
    throw new CliFailure('environment', 'this release of kafkajs hides its connections')
  return pool
}

function isRawConnection(value: unknown): value is RawConnection {
  return typeof propertyOf(value, 'send') === 'function'
}

/** Throws what a response says about one item, in the broker's own words if it has some. */
export function throwIfRefused(
  subject: string,
  { errorCode, errorMessage }: { errorCode: number; errorMessage?: string | null },
): void {
  if (errorCode === 0) return
  const name = errorName(errorCode)
  throw new CliFailure('environment', `${subject}: ${name}${errorMessage ? `: ${errorMessage}` : ''}`)
}
