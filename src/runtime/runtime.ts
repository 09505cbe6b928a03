import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Logger } from './log.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'

/** Everything that a broker gets from outside itself. */
export interface Runtime {
  readonly clock: Clock
  readonly disk: Disk
  readonly network: Network
  readonly random: Random
  readonly logger: Logger
}
