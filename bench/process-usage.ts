import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** What a process has used so far. */
export interface ProcessUsage {
  /** Processor time of all its threads, user and system. */
  readonly cpuSeconds: number
  readonly residentBytes: number
}

/** `/proc` counts in ticks of 10 ms on every Linux that Node runs on (USER_HZ). */
const TICKS_PER_SECOND = 100
const PAGE_BYTES = 4096

/** Reads it at once, so that it belongs to the moment of the call: from `/proc` where there is one, else from `ps`. */
export function usageOf(pid: number): ProcessUsage {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
}

function fromProc(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The second field, a name in brackets, may hold anything; what follows starts with field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[14 - 3]) + Number(fields[15 - 3])
  return { cpuSeconds: ticks / TICKS_PER_SECOND, residentBytes: Number(fields[24 - 3]) * PAGE_BYTES }
}

function fromPs(pid: number): ProcessUsage {
  const [time = '', rssKiB = ''] = execFileSync('ps', ['-o', 'time=,rss=', '-p', String(pid)], {
    encoding: 'utf8',
  })
    .trim()
    .split(/\s+/)
  return { cpuSeconds: secondsOf(time), residentBytes: Number(rssKiB) * 1024 }
}

/** `[days-][hours:]minutes:seconds[.hundredths]`, as the many kinds of `ps` print it. */
function secondsOf(time: string): number {
  const [days, clock] = time.includes('-') ? time.split('-') : ['0', time]
  const seconds = (clock ?? '').split(':').reduce((total, part) => total * 60 + Number(part), 0)
  return Number(days) * 86_400 + seconds
}
