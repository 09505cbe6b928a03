import type { Assignor } from './assignor.ts'
import { assignRange } from './range-assignor.ts'
import { assignUniform } from './uniform-assignor.ts'

const assignors: Readonly<Record<string, Assignor>> = { uniform: assignUniform, range: assignRange }

/** The server-side assignor of that name (KIP-848). */
export function assignorNamed(name: string): Assignor | undefined {
  return Object.hasOwn(assignors, name) ? assignors[name] : undefined
}
