import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects all garbage now, for tests that ask whether something is kept (a `WeakRef` tells). */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  // A WeakRef that was made or looked at keeps what it points to until the turn is over.
  await nextTurn()
  if (typeof collect === 'function') collect()
}
