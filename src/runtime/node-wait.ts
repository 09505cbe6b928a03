import { setTimeout as after } from 'node:timers/promises'

/**
 * Waits, and keeps the process alive meanwhile, as a command line tool must that has nothing else open. Resolves
 * early, without error, when `stop` is aborted.
 */
export async function waitMs(delayMs: number, stop?: AbortSignal): Promise<void> {
  await after(delayMs, undefined, stop === undefined ? {} : { signal: stop }).catch(() => undefined)
}
