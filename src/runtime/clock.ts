/** A timer that can be taken back. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void
}

/**
 * Time, as the broker sees it. The Node implementation reads the real clock; the virtual one stands still until
 * a test moves it.
 */
export interface Clock {
  /** Milliseconds since 1970, as stamped on records. May jump when the machine's clock is set. */
  nowMs(): number
  /** Milliseconds that never go back, for deadlines and durations. The zero point means nothing. */
  monotonicMs(): number
  /** Calls back once, `delayMs` from now or a little later. Pending timers don't keep a process alive. */
  setTimer(delayMs: number, callback: () => void): Timer
  /**
   * Calls back once, after everything that has already arrived from sockets and files in this turn of the event
   * loop has been handled: the moment to write what the turn has gathered, in one go.
   */
  defer(callback: () => void): void
}
