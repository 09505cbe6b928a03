import { CliFailure } from '../failure.ts'
import type { StartSettings } from './settings.ts'

/** What is needed here of a running broker. */
export interface RunningBroker {
  readonly bootstrap: string
  close(): Promise<void>
  /** Resolves when it is closed, rejects when it had to give up. */
  readonly closed: Promise<void>
}

/** Starts the broker that the settings ask for. */
export async function openBroker(_settings: StartSettings): Promise<RunningBroker> {
  throw new CliFailure('environment', 'this build has no broker yet')
}
