import { assert } from './assert.ts'
import {
  type Disk,
  type DiskEntry,
  DiskError,
  type DiskErrorCode,
  type DiskFile,
  type DiskLock,
} from './disk.ts'
import { MemoryFile } from './memory-file.ts'
import { MemoryFolder, MemoryTree } from './memory-tree.ts'
import type { Random } from './random.ts'

export type DiskOperation = 'read' | 'write' | 'sync' | 'open'

export interface MemoryDiskOptions {
  /** Keeps apart what is synced from what is not, so that `crash` can be called. Costs memory and copying. */
  readonly crashable?: boolean
  /** Size of the volume; unlimited if not given. */
  readonly capacityBytes?: number
}

/**
 * Files in memory, for tests and for brokers that needn't outlive their process. It can be told to fail as real disks
 * do: full, faulty, slow, with flipped bits, or losing what was not synced.
 */
export class MemoryDisk implements Disk {
  /** Asked before every operation on a file; throws a `DiskError` to make it fail. */
  beforeOperation: (operation: DiskOperation, path: string) => void = () => undefined
  /** Asked by each operation off the main thread, which waits for the answer before it does anything. */
  delay: (operation: DiskOperation, path: string) => Promise<void> | undefined = () => undefined
  capacityBytes: number

  readonly #crashable: boolean
  #tree = new MemoryTree<MemoryFile>()
  #durableTree = new MemoryTree<MemoryFile>()
  #unsyncedMoves: ((tree: MemoryTree<MemoryFile>) => void)[] = []
  #usedBytes = 0
  #locks = new Set<string>()
  #machineRestarted: boolean | undefined
  /** Counts the lives of the process; a handle from an earlier one is dead. */
  #life = 0

  constructor(options: MemoryDiskOptions = {}) {
    this.#crashable = options.crashable ?? false
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY
  }

  open(path: string): DiskFile {
    this.beforeOperation('open', path)
    const file = this.#tree.file(path)
    if (file === undefined) throw new DiskError('NOT_FOUND', path, `${path}: no such file`)
    return this.#handle(file, path)
  }

  openOrCreate(path: string): DiskFile {
    this.beforeOperation('open', path)
    return this.#handle(this.#tree.file(path) ?? this.#create(path), path)
  }

  sizeOf(path: string): number | undefined {
    return this.#tree.file(path)?.cached.sizeBytes
  }

  readWhole(path: string): Buffer | undefined {
    this.beforeOperation('read', path)
    return this.#tree.file(path)?.cached.toBuffer()
  }

  writeWhole(path: string, content: Buffer | string): void {
    this.beforeOperation('write', path)
    const file = this.#tree.file(path) ?? this.#create(path)
    this.#resize(file, 0)
    this.#write(file, path, [Buffer.from(content)], 0)
  }

  replaceWhole(path: string, content: Buffer | string): void {
    this.beforeOperation('write', path)
    this.beforeOperation('sync', path)
    const file = new MemoryFile(this.#crashable)
    this.#write(file, path, [Buffer.from(content)], 0)
    file.sync()
    this.#usedBytes -= this.#tree.file(path)?.cached.sizeBytes ?? 0
    this.#move((tree) => tree.put(path, file))
    this.#commitMoves()
  }

  async replaceWholeAsync(path: string, content: Buffer | string): Promise<void> {
    const life = this.#life
    await this.delay('sync', path)
    this.#checkLife(life, path)
    this.replaceWhole(path, content)
  }

  list(folder: string): DiskEntry[] {
    const entries = [...(this.#tree.folder(folder)?.children ?? [])]
    return entries
      .map(([name, entry]) => ({ name, isFolder: entry instanceof MemoryFolder }))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  makeFolder(folder: string): void {
    this.#move((tree) => tree.makeFolder(folder))
  }

  rename(from: string, to: string): void {
    this.#move((tree) => tree.rename(from, to))
  }

  remove(path: string): void {
    const file = this.#tree.file(path)
    if (file === undefined) return
    this.#usedBytes -= file.cached.sizeBytes
    this.#move((tree) => tree.remove(path))
  }

  async removeAsync(path: string): Promise<void> {
    this.remove(path)
  }

  async removeFolder(folder: string): Promise<void> {
    const found = this.#tree.folder(folder)
    if (found === undefined) return
    this.#usedBytes -= bytesIn(found)
    this.#move((tree) => tree.remove(folder))
  }

  async syncFolder(folder: string): Promise<void> {
    const life = this.#life
    await this.delay('sync', folder)
    this.#checkLife(life, folder)
    this.beforeOperation('sync', folder)
    this.#commitMoves()
  }

  space(): { freeBytes: number; totalBytes: number } | undefined {
    if (this.capacityBytes === Number.POSITIVE_INFINITY) return undefined
    return { freeBytes: Math.max(0, this.capacityBytes - this.#usedBytes), totalBytes: this.capacityBytes }
  }

  lock(path: string): DiskLock {
    if (this.#locks.has(path)) throw new DiskError('LOCKED', path, `${path}: in use by this process`)
    this.#locks.add(path)
    const life = this.#life
    return {
      machineRestarted: this.#machineRestarted,
      release: () => {
        if (life !== this.#life) return
        this.#locks.delete(path)
        this.#machineRestarted = undefined
      },
    }
  }

  /** The process dies: handles and locks are gone, what was written stays. */
  killProcess(): void {
    this.#life++
    this.#machineRestarted = this.#locks.size > 0 ? false : undefined
    this.#locks.clear()
  }

  /**
   * The machine loses power: of what was not synced, a part chosen by `random` is left, the last write torn; with
   * `scattered` any part, not just the earlier.
   */
  crash(random: Random, options: { scattered?: boolean } = {}): void {
    assert(this.#crashable, 'the disk was made without keeping apart what is synced')
    const wasLocked = this.#locks.size > 0
    this.killProcess()
    this.#machineRestarted = wasLocked ? true : undefined
    for (const move of this.#unsyncedMoves.splice(0, random.below(this.#unsyncedMoves.length + 1)))
      move(this.#durableTree)
    this.#unsyncedMoves = []
    this.#tree = this.#durableTree.map((file) => file.afterPowerCut(random, options.scattered ?? false))
    this.#durableTree = this.#tree.map((file) => file)
    this.#usedBytes = bytesIn(this.#tree.folder('') ?? new MemoryFolder())
  }

  /** Flips one bit, on the medium and in the cache. */
  flipBit(path: string, position: number, bit: number): void {
    this.#tree.file(path)?.flipBit(position, bit)
  }

  #create(path: string): MemoryFile {
    const file = new MemoryFile(this.#crashable)
    this.#move((tree) => tree.put(path, file))
    return file
  }

  #move(move: (tree: MemoryTree<MemoryFile>) => void): void {
    move(this.#tree)
    if (this.#crashable) this.#unsyncedMoves.push(move)
  }

  // As journaling file systems do: syncing anything writes the journal, and with it every earlier change of names.
  #commitMoves(): void {
    for (const move of this.#unsyncedMoves.splice(0)) move(this.#durableTree)
  }

  #resize(file: MemoryFile, sizeBytes: number): void {
    this.#usedBytes += sizeBytes - file.cached.sizeBytes
    file.resize(sizeBytes)
  }

  #write(file: MemoryFile, path: string, chunks: readonly Buffer[], position: number): void {
    let at = position
    for (const chunk of chunks) {
      const growth = Math.max(0, at + chunk.length - file.cached.sizeBytes)
      const room = this.capacityBytes - this.#usedBytes
      const fits = growth <= room ? chunk : chunk.subarray(0, Math.max(0, chunk.length - (growth - room)))
      this.#usedBytes += Math.max(0, at + fits.length - file.cached.sizeBytes)
      file.write(fits, at)
      at += fits.length
      if (fits.length < chunk.length) throw new DiskError('NO_SPACE', path, `${path}: no space left`)
    }
  }

  #checkLife(life: number, path: string): void {
    if (life !== this.#life) throw new DiskError('IO', path, `${path}: the process that opened it is dead`)
  }

  #handle(file: MemoryFile, path: string): DiskFile {
    const life = this.#life
    const before = (operation: DiskOperation): void => {
      this.#checkLife(life, path)
      this.beforeOperation(operation, path)
    }
    const readSync = (target: Buffer, position: number): number => {
      before('read')
      return file.cached.read(target, position)
    }
    const writeSync = (chunks: readonly Buffer[], position: number): void => {
      before('write')
      this.#write(file, path, chunks, position)
    }
    return {
      sizeBytes: () => file.cached.sizeBytes,
      readSync,
      read: async (target, position) => {
        await this.delay('read', path)
        return readSync(target, position)
      },
      writeSync,
      write: async (chunks, position) => {
        await this.delay('write', path)
        writeSync(chunks, position)
      },
      sync: async () => {
        const count = file.unsyncedCount
        await this.delay('sync', path)
        before('sync')
        file.sync(count)
      },
      truncate: (sizeBytes) => {
        before('write')
        this.#resize(file, sizeBytes)
      },
      close: () => undefined,
    }
  }
}

function bytesIn(folder: MemoryFolder<MemoryFile>): number {
  let total = 0
  for (const entry of folder.children.values())
    total += entry instanceof MemoryFolder ? bytesIn(entry) : entry.cached.sizeBytes
  return total
}

/** A failure for `beforeOperation` to throw. */
export function injectedFailure(code: DiskErrorCode, path: string): DiskError {
  return new DiskError(code, path, `${path}: injected ${code}`)
}
