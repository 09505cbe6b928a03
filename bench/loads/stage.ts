import { execFile } from 'node:child_process'
import { freemem } from 'node:os'
import { promisify } from 'node:util'
import { host } from '../ask.ts'
import type { Site } from '../contenders/site.ts'
import type { Extent } from '../loader/job.ts'
import type { Loaders } from '../run-loader.ts'
import type { Workspace } from '../workspace.ts'

const MB = 1e6
const TOUCHED_AT_ONCE_BYTES = 100 * MB

const run = promisify(execFile)

/** A running broker, and what is needed to load it. */
export interface Stage {
  readonly site: Site
  readonly loaders: Loaders
  readonly workspace: Workspace
  readonly scale: Scale
  /** Whether the broker has its data in files. */
  readonly onDisk: boolean
}

/** How long everything takes. */
export interface Scale {
  readonly starts: number
  readonly produceWarmup: Extent
  readonly produce: Extent
  /** Bytes of the topic that fetches are made from. */
  readonly fetchTopicBytes: number
  readonly timedWarmup: Extent
  readonly timed: Extent
  /** More than a load writes. */
  readonly warmBytes: number
  /** After so long without work a broker has given back what it can. */
  readonly restMs: number
}

const forever = Number.MAX_SAFE_INTEGER

export const fullScale: Scale = {
  starts: 7,
  produceWarmup: { bytes: 400 * MB, ms: 4_000 },
  produce: { bytes: 1_000 * MB, ms: 8_000 },
  fetchTopicBytes: 512 * MB,
  timedWarmup: { bytes: forever, ms: 700 },
  timed: { bytes: forever, ms: 2_500 },
  warmBytes: 3_000 * MB,
  restMs: 20_000,
}

export const quickScale: Scale = {
  starts: 3,
  produceWarmup: { bytes: 100 * MB, ms: 1_000 },
  produce: { bytes: 300 * MB, ms: 2_000 },
  fetchTopicBytes: 256 * MB,
  timedWarmup: { bytes: forever, ms: 300 },
  timed: { bytes: forever, ms: 1_000 },
  warmBytes: 1_000 * MB,
  restMs: 1_000,
}

export function addressOf(site: Site) {
  return { host, port: site.port, brokerPid: site.pid }
}

/** Has the kernel write out what earlier loads left behind, so that it isn't charged to the next. */
export async function settle(): Promise<void> {
  await run('sync').catch(() => undefined)
}

/**
 * Before a load that fills the page cache: in a virtual machine the first touch of a page that the host has not given yet, or has taken
 * back since, costs ten times what writing to it does (2.4 instead of 0.2 seconds per GB were seen), and whoever happens
 * to come first pays it.
 */
export async function warmUpMemory({ scale }: Stage): Promise<void> {
  const sizeBytes = Math.min(scale.warmBytes, freemem() / 2)
  // A process of its own gives back what it touched when it ends.
  const script = `const kept = []
for (let left = ${sizeBytes}; left > 0; left -= ${TOUCHED_AT_ONCE_BYTES}) kept.push(Buffer.alloc(${TOUCHED_AT_ONCE_BYTES}, 1))`
  await run(process.execPath, ['-e', script])
}
