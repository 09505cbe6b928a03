import { randomBytes, randomInt } from 'node:crypto'
import type { Random } from './random.ts'

/** The platform's own source of chance, fit for identifiers that must not be guessed. */
export const nodeRandom: Random = {
  bytes: (count: number) => randomBytes(count),
  below: (limit: number) => randomInt(limit),
}
