/** A broken assumption of the broker's own: a bug, never a client's fault. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Stops the broker when an assumption of its own doesn't hold. Not for checking what clients send. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}
