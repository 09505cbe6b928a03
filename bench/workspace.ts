import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const GIB = 1024 ** 3

/** A folder for everything that is written while measuring; it is gone when this process is. */
export class Workspace {
  readonly folder: string
  #count = 0

  private constructor(folder: string) {
    this.folder = folder
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  }

  static async open(): Promise<Workspace> {
    return new Workspace(await mkdtemp(join(tmpdir(), 'odradek-bench-')))
  }

  async newFolder(name: string): Promise<string> {
    const folder = join(this.folder, `${name}-${this.#count++}`)
    await mkdir(folder)
    return folder
  }

  async keep(bytes: Buffer): Promise<string> {
    const file = join(this.folder, `frame-${this.#count++}`)
    await writeFile(file, bytes)
    return file
  }

  /** Bundles a program of `bench/`, dependencies included, so that it starts fast, and returns its file. */
  async bundle(entry: string): Promise<string> {
    const outfile = join(this.folder, `${entry.replaceAll('/', '-')}.cjs`)
    await build({
      absWorkingDir: root,
      entryPoints: [`bench/${entry}.ts`],
      outfile,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20.19',
      logLevel: 'warning',
    })
    return outfile
  }

  /**
   * Writes a few GB and deletes them. Memory that a virtual machine has not touched yet is several times slower at its
   * first use, which would be charged to whoever comes first.
   */
  async warmPageCache(gib: number): Promise<void> {
    const file = join(this.folder, 'warm')
    const block = Buffer.alloc(8 * 1024 * 1024, 1)
    const sizeBytes = Math.min(gib * GIB, freemem() / 2)
    const handle = await open(file, 'w')
    for (let written = 0; written < sizeBytes; written += block.length) await handle.write(block)
    await handle.close()
    await rm(file)
  }
}
