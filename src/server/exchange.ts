import type { ConnectionInfo, RequestContext } from './handler.ts'

/** A request and the answer that it is to get, from the moment its frame is whole until its answer has left. */
export class Exchange implements RequestContext {
  apiVersion = 0
  clientId: string | null = null
  correlationId = 0
  /** Time that the broker has spent on it; counted while a quota limits it. */
  workedMs = 0
  /** Of the request's frame. */
  readonly sizeBytes: number
  /** The answer's frame; empty for a request that gets none. Undefined while it is being worked on. */
  answer: readonly Buffer[] | undefined
  sent: (() => void)[] | undefined

  constructor(
    readonly connection: ConnectionInfo,
    /** Bytes of the request's frame that are still reserved for it: until it is answered, or waits for others. */
    public reservedBytes: number,
  ) {
    this.sizeBytes = reservedBytes
  }

  onSent(callback: () => void): void {
    this.sent ??= []
    this.sent.push(callback)
  }

  /** The answer has left, or never will. */
  finish(): void {
    const callbacks = this.sent
    this.sent = undefined
    if (callbacks !== undefined) for (const callback of callbacks) callback()
  }
}
