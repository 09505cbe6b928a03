import type { ListenAddress } from '../runtime/network.ts'
import type { KafkaError } from '../wire/errors.ts'
import type { Api, RequestOf, ResponseOf } from '../wire/schema/api.ts'

/** What a handler knows of the connection that a request came over. */
export interface ConnectionInfo {
  readonly id: number
  /** The client's address without its port, in the form that Kafka shows: `/127.0.0.1`. */
  readonly clientHost: string
  /** The client's port; undefined where there is no network between. */
  readonly clientPort?: number
  /** Name of the listener that accepted the connection, such as `PLAINTEXT`. */
  readonly listener: string
  /** This end of the connection: the address at which this client reaches this broker. */
  readonly local: ListenAddress
  /** Name and version of the client software, once it has told them (ApiVersions v3+). */
  software: { readonly name: string; readonly version: string } | undefined
  /** Calls back once when the connection is gone; returns a function that takes the callback back. */
  onClose(callback: () => void): () => void
  /** Closes the connection, with a line in the log saying why. */
  close(reason: string): void
}

/** One request on its way through the broker. */
export interface RequestContext {
  readonly apiVersion: number
  readonly clientId: string | null
  readonly connection: ConnectionInfo
  /** Calls back when the response has left, or never will: the moment to give back buffers that it points into. */
  onSent(callback: () => void): void
}

/** What answers one API. */
export interface Handler<A extends Api> {
  readonly api: A
  /**
   * Whether the answer may have to wait for other clients, or for time to pass, as long as the client likes. Such a
   * request doesn't keep the memory reserved for it meanwhile: waiting must not cost others theirs.
   */
  readonly mayWait?: true
  /**
   * Runs in arrival order up to its first await. Answers `undefined` when the request gets no response at all
   * (Produce with acks=0). A KafkaError, thrown or rejected with, becomes the answer of `refuse`.
   */
  handle(request: RequestOf<A>, context: RequestContext): ResponseOf<A> | Promise<ResponseOf<A>> | undefined
  /** The response that refuses the whole request with one error, in the request's own shape. */
  refuse(request: RequestOf<A>, error: KafkaError, context: RequestContext): ResponseOf<A>
}
