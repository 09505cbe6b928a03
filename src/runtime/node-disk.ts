import {
  closeSync,
  constants,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { rm, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Disk, DiskEntry, DiskFile, DiskLock } from './disk.ts'
import { lockFile } from './node-disk-lock.ts'
import { attempt, diskError, NodeFile, systemCode } from './node-file.ts'

/** Windows opens no folders for syncing; NTFS journals its own metadata. */
const SYNCS_FOLDERS = process.platform !== 'win32'

/** A folder of the machine's file system. It is made if it isn't there. */
export class NodeDisk implements Disk {
  readonly #root: string

  constructor(root: string) {
    this.#root = resolve(root)
    attempt(this.#root, () => mkdirSync(this.#root, { recursive: true }))
  }

  open(path: string): DiskFile {
    const full = this.#full(path)
    return new NodeFile(
      attempt(full, () => openSync(full, 'r+')),
      full,
    )
  }

  openOrCreate(path: string): DiskFile {
    const full = this.#full(path)
    return new NodeFile(
      attempt(full, () => openSync(full, CREATE_FLAGS)),
      full,
    )
  }

  sizeOf(path: string): number | undefined {
    const full = this.#full(path)
    return attempt(full, () => statSync(full, { throwIfNoEntry: false })?.size)
  }

  readWhole(path: string): Buffer | undefined {
    const full = this.#full(path)
    try {
      return readFileSync(full)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      throw diskError(error, full)
    }
  }

  writeWhole(path: string, content: Buffer | string): void {
    const full = this.#full(path)
    attempt(full, () => writeFileSync(full, content))
  }

  replaceWhole(path: string, content: Buffer | string): void {
    const full = this.#full(path)
    attempt(full, () => {
      const beside = `${full}.tmp`
      const descriptor = openSync(beside, 'w')
      try {
        writeAll(descriptor, Buffer.from(content))
        fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
      renameSync(beside, full)
      syncFolderNow(dirname(full))
    })
  }

  // Only what waits for the medium leaves the main thread: each further hop would cost more than the call itself.
  async replaceWholeAsync(path: string, content: Buffer | string): Promise<void> {
    const full = this.#full(path)
    try {
      const beside = `${full}.tmp`
      const descriptor = openSync(beside, 'w')
      try {
        writeAll(descriptor, Buffer.from(content))
        await syncDescriptor(descriptor)
      } finally {
        closeSync(descriptor)
      }
      renameSync(beside, full)
      await syncFullFolder(dirname(full))
    } catch (error) {
      throw diskError(error, full)
    }
  }

  list(folder: string): DiskEntry[] {
    const full = this.#full(folder)
    try {
      const entries = readdirSync(full, { withFileTypes: true })
      return entries
        .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
        .sort((one, other) => (one.name < other.name ? -1 : 1))
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return []
      throw diskError(error, full)
    }
  }

  makeFolder(folder: string): void {
    const full = this.#full(folder)
    try {
      mkdirSync(full)
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return
      if (systemCode(error) !== 'ENOENT') throw diskError(error, full)
      attempt(full, () => mkdirSync(full, { recursive: true }))
    }
  }

  rename(from: string, to: string): void {
    const full = this.#full(from)
    attempt(full, () => renameSync(full, this.#full(to)))
  }

  remove(path: string): void {
    const full = this.#full(path)
    try {
      unlinkSync(full)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw diskError(error, full)
    }
  }

  async removeAsync(path: string): Promise<void> {
    const full = this.#full(path)
    try {
      await unlink(full)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw diskError(error, full)
    }
  }

  async removeFolder(folder: string): Promise<void> {
    const full = this.#full(folder)
    try {
      await rm(full, { recursive: true, force: true, maxRetries: 3 })
    } catch (error) {
      throw diskError(error, full)
    }
  }

  async syncFolder(folder: string): Promise<void> {
    const full = this.#full(folder)
    try {
      await syncFullFolder(full)
    } catch (error) {
      throw diskError(error, full)
    }
  }

  space(): { freeBytes: number; totalBytes: number } | undefined {
    try {
      const volume = statfsSync(this.#root)
      return { freeBytes: volume.bavail * volume.bsize, totalBytes: volume.blocks * volume.bsize }
    } catch {
      return undefined
    }
  }

  lock(path: string): DiskLock {
    return lockFile(this.#full(path))
  }

  #full(path: string): string {
    return join(this.#root, path)
  }
}

/** Opens for reading and writing, made if missing, never cut: 'a+' would ignore positions, 'w+' would empty it. */
const CREATE_FLAGS = constants.O_RDWR | constants.O_CREAT

function writeAll(descriptor: number, content: Buffer): void {
  for (let at = 0; at < content.length; ) at += writeSync(descriptor, content, at)
}

function syncFolderNow(full: string): void {
  if (!SYNCS_FOLDERS) return
  const descriptor = openSync(full, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

async function syncFullFolder(full: string): Promise<void> {
  if (!SYNCS_FOLDERS) return
  const descriptor = openSync(full, 'r')
  try {
    await syncDescriptor(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function syncDescriptor(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(descriptor, (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}
