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

export type DiskOperation = 'read' | 'write' | 'sync' | 'open' | 'rename' | 'remove'

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
  /** Whether the process that had the disk is dead: whatever of it is still running must change nothing. */
  #isDead = false

  constructor(options: MemoryDiskOptions = {}) {
    this.#crashable = options.crashable ?? false
    this.capacityBytes = options.capacityBytes ?? Number.POSITIVE_INFINITY
  }

  open(path: string): DiskFile {
    this.#before('open', path)
    const file = this.#tree.file(path)
    if (file === undefined) throw new DiskError('NOT_FOUND', path, `${path}: no such file`)
    return this.#handle(file, path)
  }

  openOrCreate(path: string): DiskFile {
    this.#before('open', path)
    return this.#handle(this.#tree.file(path) ?? this.#create(path), path)
  }

  sizeOf(path: string): number | undefined {
    return this.#tree.file(path)?.cached.sizeBytes
  }

  readWhole(path: string): Buffer | undefined {
    this.#before('read', path)
    return this.#tree.file(path)?.cached.toBuffer()
  }

  writeWhole(path: string, content: Buffer | string): void {
    this.#before('write', path)
    const file = this.#tree.file(path) ?? this.#create(path)
    this.#resize(file, 0)
    this.#write(file, path, [Buffer.from(content)], 0)
  }

  replaceWhole(path: string, content: Buffer | string): void {
    this.#before('write', path)
    this.#before('sync', path)
    const file = new MemoryFile(this.#crashable)
    this.#write(file, path, [Buffer.from(content)], 0)
    file.sync()
    this.#usedBytes -= this.#tree.file(path)?.cached.sizeBytes ?? 0
    this.#move((tree) => tree.put(path, file))
    this.#commitMoves()
  }

  async replaceWholeAsync(path: string, content: Buffer | string): Promise<void> {
    await this.delay('sync', path)
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
    this.#before('rename', from)
    this.#move((tree) => tree.rename(from, to))
  }

  remove(path: string): void {
    const file = this.#tree.file(path)
    if (file === undefined) return
    this.#before('remove', path)
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
    await this.delay('sync', folder)
    this.#before('sync', folder)
    this.#commitMoves()
  }

  space(): { freeBytes: number; totalBytes: number } | undefined {
    if (this.capacityBytes === Number.POSITIVE_INFINITY) return undefined
    return { freeBytes: Math.max(0, this.capacityBytes - this.#usedBytes), totalBytes: this.capacityBytes }
  }

  lock(path: string): DiskLock {
    if (this.#locks.has(path)) throw new DiskError('LOCKED', path, `${path}: in use by this process`)
    this.#locks.add(path)
    return {
      machineRestarted: this.#machineRestarted,
      release: () => {
        if (this.#isDead) return
        this.#locks.delete(path)
        this.#machineRestarted = undefined
      },
    }
  }

  /**
   * The process dies. What was written stays, locks are gone. Returns the disk as the next process finds it; this one is
   * of no more use to anyone.
   */
  killProcess(): MemoryDisk {
    return this.#nextLife(this.#tree, this.#durableTree, this.#unsyncedMoves, false)
  }

  /**
   * The machine loses power. Of what was not synced a part is left, chosen by `random`: the earlier, ending in a torn
   * write, or, with `scattered`, any. Returns the disk as the next process finds it.
   */
  crash(random: Random, options: { scattered?: boolean } = {}): MemoryDisk {
    assert(this.#crashable, 'the disk was made without keeping apart what is synced')
    const survivingMoves = this.#unsyncedMoves.slice(0, random.below(this.#unsyncedMoves.length + 1))
    for (const move of survivingMoves) move(this.#durableTree)
    const tree = this.#durableTree.map((file) => file.afterPowerCut(random, options.scattered ?? false))
    return this.#nextLife(
      tree,
      tree.map((file) => file),
      [],
      true,
    )
  }

  /** Flips one bit, on the medium and in the cache. */
  flipBit(path: string, position: number, bit: number): void {
    this.#tree.file(path)?.flipBit(position, bit)
  }

  #nextLife(
    tree: MemoryTree<MemoryFile>,
    durableTree: MemoryTree<MemoryFile>,
    unsyncedMoves: ((tree: MemoryTree<MemoryFile>) => void)[],
    machineRestarted: boolean,
  ): MemoryDisk {
    const next = new MemoryDisk({ crashable: this.#crashable, capacityBytes: this.capacityBytes })
    next.#tree = tree
    next.#durableTree = durableTree
    next.#unsyncedMoves = unsyncedMoves
    next.#usedBytes = bytesIn(tree.folder('') ?? new MemoryFolder())
    next.#machineRestarted = this.#locks.size > 0 ? machineRestarted : undefined
    this.#isDead = true
    return next
  }

  #create(path: string): MemoryFile {
    const file = new MemoryFile(this.#crashable)
    this.#move((tree) => tree.put(path, file))
    return file
  }

  #move(move: (tree: MemoryTree<MemoryFile>) => void): void {
    if (this.#isDead) throw new DiskError('IO', '', 'the process is dead')
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

  #before(operation: DiskOperation, path: string): void {
    if (this.#isDead) throw new DiskError('IO', path, `${path}: the process is dead`)
    this.beforeOperation(operation, path)
  }

  #handle(file: MemoryFile, path: string): DiskFile {
    const readSync = (target: Buffer, position: number): number => {
      this.#before('read', path)
      return file.cached.read(target, position)
    }
    const writeSync = (chunks: readonly Buffer[], position: number): void => {
      this.#before('write', path)
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
        this.#before('sync', path)
        file.sync(count)
      },
      truncate: (sizeBytes) => {
        this.#before('write', path)
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
