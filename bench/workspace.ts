import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

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
}
