import type { Logger } from '../runtime/log.ts'
import { apiVersions } from '../wire/apis/api-versions.ts'
import { EncodeError } from '../wire/encode-error.ts'
import { errorCodes, KafkaError } from '../wire/errors.ts'
import { encodeResponseFrame } from '../wire/frame.ts'
import { decodeRequestHeader } from '../wire/header.ts'
import type { Api } from '../wire/schema/api.ts'
import { WireError } from '../wire/wire-error.ts'
import type { Connection } from './connection.ts'
import type { Exchange } from './exchange.ts'
import type { Handler } from './handler.ts'
import type { Throttling } from './quotas/throttling.ts'

/** The handlers of all served APIs, by API key. */
export type HandlerTable = ReadonlyMap<number, Handler<Api>>

/**
 * Takes a frame to its handler and the handler's answer back to the connection. Errors have three ways out, and this
 * is where they part: a KafkaError becomes the API's own refusal, a WireError closes the connection, and anything else
 * is a bug of ours, which stops the broker unless only the answer is at fault (EncodeError).
 */
export class Dispatcher {
  constructor(
    private readonly table: HandlerTable,
    private readonly logger: Logger,
    /** Told of an error that no client can be blamed for. */
    private readonly onBug: (error: unknown) => void,
    private readonly throttling?: Throttling,
  ) {}

  /** Throws WireError when the frame holds no request that this broker serves; the connection can't go on then. */
  dispatch(frame: Buffer, exchange: Exchange, connection: Connection): void {
    const header = decodeRequestHeader(frame)
    const handler = this.table.get(header.apiKey)
    if (handler === undefined) throw new WireError(`no API has the key ${header.apiKey}`)
    exchange.apiVersion = header.apiVersion
    exchange.clientId = header.clientId
    exchange.correlationId = header.correlationId
    if (header.apiVersion < handler.api.minVersion || header.apiVersion > handler.api.maxStableVersion) {
      this.#refuseVersion(handler.api, exchange, connection)
      return
    }
    const startMs = this.throttling?.isActive ? this.throttling.start() : 0
    const request = this.#decode(handler.api, frame, header.apiVersion, header.bodyAt)
    try {
      const answer = this.#handle(handler, request, exchange)
      if (this.throttling?.isActive) this.throttling.worked(exchange, startMs)
      if (answer instanceof Promise) this.#answerLater(handler, request, exchange, connection, answer)
      else this.#answer(handler.api, exchange, connection, answer)
    } catch (error) {
      this.#failed(error, handler.api, exchange, connection)
    }
  }

  #decode(api: Api, frame: Buffer, version: number, bodyAt: number): unknown {
    try {
      return api.request.decode(frame, version, bodyAt)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      throw new WireError(`malformed ${api.name} v${version} request: ${error.message}`)
    }
  }

  #handle(handler: Handler<Api>, request: unknown, exchange: Exchange): unknown {
    try {
      return handler.handle(request, exchange)
    } catch (error) {
      return this.#refusal(handler, request, exchange, error)
    }
  }

  #answerLater(
    handler: Handler<Api>,
    request: unknown,
    exchange: Exchange,
    connection: Connection,
    answer: Promise<unknown>,
  ): void {
    if (handler.mayWait) connection.releaseMemory(exchange)
    answer
      .catch((error: unknown) => this.#refusal(handler, request, exchange, error))
      .then((value) => this.#answer(handler.api, exchange, connection, value))
      .catch((error: unknown) => this.#failed(error, handler.api, exchange, connection))
  }

  #refusal(handler: Handler<Api>, request: unknown, exchange: Exchange, error: unknown): unknown {
    if (error instanceof KafkaError) return handler.refuse(request, error, exchange)
    throw error
  }

  #answer(api: Api, exchange: Exchange, connection: Connection, found: unknown): void {
    const answer = this.throttling?.isActive
      ? this.throttling.answered(api, exchange, connection, found)
      : found
    exchange.answer =
      answer === undefined
        ? []
        : encodeResponseFrame(api, exchange.apiVersion, exchange.correlationId, answer)
    connection.answered(exchange)
  }

  /** A version that isn't known ends the connection, except for ApiVersions, with which clients find that out. */
  #refuseVersion(api: Api, exchange: Exchange, connection: Connection): void {
    const { key, minVersion, maxVersion } = api
    if (key !== apiVersions.key) throw new WireError(`${api.name} has no version ${exchange.apiVersion}`)
    exchange.answer = encodeResponseFrame(apiVersions, 0, exchange.correlationId, {
      errorCode: errorCodes.UNSUPPORTED_VERSION,
      // Releases from before v3 told nothing of what they have instead (KIP-511).
      apiKeys: maxVersion >= 3 ? [{ apiKey: key, minVersion, maxVersion }] : [],
    })
    connection.answered(exchange)
  }

  #failed(error: unknown, api: Api, exchange: Exchange, connection: Connection): void {
    if (!(error instanceof WireError)) {
      this.logger.error({ api: api.name, version: exchange.apiVersion, err: error }, 'a request hit a bug')
      // What can't be said to one client leaves the state as it is; the others are not to suffer for it.
      if (!(error instanceof EncodeError)) this.onBug(error)
    }
    exchange.answer = []
    connection.answered(exchange)
    connection.close(error instanceof WireError ? error.message : 'a request hit a bug')
  }
}
