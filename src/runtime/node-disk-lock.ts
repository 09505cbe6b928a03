/**
 * One process per data folder.
 *
 * A lock that outlives its holder is worse than none, so the kernel holds it wherever it can be asked to: it lets go
 * of it however the process ends, and isn't fooled by reused process ids or by containers that each see their own.
 *
 * - macOS and the BSDs: the file is opened with O_EXLOCK. Windows: it is opened for nobody else to share (libuv's
 *   UV_FS_O_EXLOCK).
 * - Linux: Node has no flock(2), but a lock belongs to the open file, not to the process that asked for it. The command
 *   `flock` (util-linux, busybox) takes it on our descriptor and exits; it is ours until we close it. About 2 ms.
 * - Linux without that command: the file names its holder (process id, its start time, the boot it belongs to), and
 *   the lock counts while that very process lives. Limits: two takers in the same millisecond may both win, and a
 *   holder in another container or on another machine (a shared volume) is not seen.
 *
 * Apache Kafka locks the same file with fcntl, which flock doesn't see; on Linux `/proc/locks` tells.
 * On a network file system all of this is as good as its locks are.
 */
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs'
import { uptime } from 'node:os'
import { DiskError, type DiskLock } from './disk.ts'
import { diskError, systemCode } from './node-file.ts'

/** From <sys/fcntl.h> of macOS and the BSDs; Node hands numeric flags through. */
const BSD_O_EXLOCK = 0x20
const BSD_O_NONBLOCK = 0x4
/** From libuv's <uv/win.h>. */
const WINDOWS_EXLOCK = 0x1000_0000
const STARTED_AT = 'started at '
const STARTED_AT_TOLERANCE_SECONDS = 10
/** util-linux and busybox: the lock is held by another. */
const FLOCK_CONFLICT = 1

interface Owner {
  readonly pid: number
  readonly startedAt: string
  readonly bootId: string
}

/** Takes the lock or fails with `LOCKED`, naming the holder where it is known. `full` is made if it isn't there. */
export function lockFile(full: string): DiskLock {
  const isNew = !existsSync(full)
  const descriptor = openExclusively(full)
  try {
    const previous = parseOwner(readFileSync(descriptor, 'utf8'))
    if (process.platform === 'linux') claimOnLinux(full, descriptor, previous)
    if (process.platform === 'linux' && !isNew) refuseForeignHolder(full)
    const own = thisProcess()
    writeOwner(descriptor, JSON.stringify(own))
    return {
      machineRestarted: machineRestarted(previous, own),
      release: () => {
        writeOwner(descriptor, '')
        closeSync(descriptor)
      },
    }
  } catch (error) {
    closeSync(descriptor)
    throw diskError(error, full)
  }
}

function openExclusively(full: string): number {
  try {
    return openSync(full, constants.O_RDWR | constants.O_CREAT | exclusiveFlags())
  } catch (error) {
    const code = systemCode(error)
    if (exclusiveFlags() !== 0 && (code === 'EAGAIN' || code === 'EBUSY' || code === 'EWOULDBLOCK'))
      throw locked(full, undefined)
    throw diskError(error, full)
  }
}

function exclusiveFlags(): number {
  if (process.platform === 'win32') return WINDOWS_EXLOCK
  if (process.platform === 'darwin' || process.platform.endsWith('bsd')) return BSD_O_EXLOCK | BSD_O_NONBLOCK
  return 0
}

function claimOnLinux(full: string, descriptor: number, previous: Owner | undefined): void {
  const claim = spawnSync('flock', ['-n', '-x', '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] })
  if (claim.status === FLOCK_CONFLICT) throw locked(full, previous)
  if (claim.status !== 0 && previous !== undefined && isAlive(previous)) throw locked(full, previous)
}

/** Not for a file that was not there before: reading the kernel's list costs 15 to 25 ms, a fifth of a cold start. */
function refuseForeignHolder(full: string): void {
  const foreign = foreignHolder(full)
  if (foreign !== undefined) throw locked(full, foreign)
}

/** Another program's lock on the same file (fcntl), by the kernel's list: `1: POSIX ADVISORY WRITE 814 fe:00:12 0 EOF`. */
function foreignHolder(full: string): { pid: number } | undefined {
  const inode = statSync(full).ino
  for (const line of readIfThere('/proc/locks').split('\n')) {
    const [, kind, , , pid, where] = line.trim().split(/\s+/)
    if (kind === 'POSIX' && where?.split(':')[2] === String(inode) && Number(pid) !== process.pid)
      return { pid: Number(pid) }
  }
  return undefined
}

function isAlive(owner: Owner): boolean {
  return owner.bootId === bootId() && owner.startedAt !== '' && owner.startedAt === startOf(owner.pid)
}

function thisProcess(): Owner {
  return { pid: process.pid, startedAt: startOf(process.pid), bootId: bootId() }
}

/** Field 22 of `/proc/<pid>/stat`, in ticks since boot; the second field, a name in brackets, may hold anything. */
function startOf(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

/** What changes when the machine is restarted: Linux has an id for it, elsewhere the time of the start must do. */
function bootId(): string {
  const id = readIfThere('/proc/sys/kernel/random/boot_id').trim()
  return id === '' ? `${STARTED_AT}${Math.round(Date.now() / 1000 - uptime())}` : id
}

function machineRestarted(previous: Owner | undefined, own: Owner): boolean | undefined {
  if (previous === undefined) return undefined
  if (previous.bootId.startsWith(STARTED_AT) && own.bootId.startsWith(STARTED_AT)) {
    const seconds = (id: string): number => Number(id.slice(STARTED_AT.length))
    // The clock may have been set meanwhile; no machine is down and up again in so short a time.
    return Math.abs(seconds(previous.bootId) - seconds(own.bootId)) > STARTED_AT_TOLERANCE_SECONDS
  }
  return previous.bootId !== own.bootId
}

function writeOwner(descriptor: number, text: string): void {
  ftruncateSync(descriptor, 0)
  writeSync(descriptor, text, 0)
}

function parseOwner(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const { pid, startedAt, bootId }: Partial<Record<keyof Owner, unknown>> = value
    const known = typeof pid === 'number' && typeof startedAt === 'string' && typeof bootId === 'string'
    return known ? { pid, startedAt, bootId } : undefined
  } catch {
    return undefined
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function locked(full: string, owner: { pid: number } | undefined): DiskError {
  const holder = owner === undefined ? 'another process' : `process ${owner.pid}`
  return new DiskError('LOCKED', full, `${full}: the folder is in use by ${holder}`)
}
