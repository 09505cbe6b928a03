import { DiskError } from './disk.ts'

/** A folder of a tree: names to files (of any kind `F`) and folders. */
export class MemoryFolder<F> {
  readonly children = new Map<string, F | MemoryFolder<F>>()
}

/** Folders and files by path, as a file system keeps them. */
export class MemoryTree<F> {
  #root = new MemoryFolder<F>()

  get(path: string): F | MemoryFolder<F> | undefined {
    const { folder, name } = this.#locate(path)
    return name === '' ? folder : folder?.children.get(name)
  }

  folder(path: string): MemoryFolder<F> | undefined {
    const found = this.get(path)
    return found instanceof MemoryFolder ? found : undefined
  }

  file(path: string): F | undefined {
    const found = this.get(path)
    return found instanceof MemoryFolder ? undefined : found
  }

  /** Puts a file in its place, over another file if there is one. Its folder must be there. */
  put(path: string, entry: F | MemoryFolder<F>): void {
    const { folder, name } = this.#locate(path)
    if (folder === undefined) throw notFound(path)
    folder.children.set(name, entry)
  }

  /** Makes a folder and those that it lies in. */
  makeFolder(path: string): void {
    let folder = this.#root
    for (const name of namesOf(path)) {
      const found = folder.children.get(name)
      const next = found instanceof MemoryFolder ? found : new MemoryFolder<F>()
      folder.children.set(name, next)
      folder = next
    }
  }

  rename(from: string, to: string): void {
    const entry = this.get(from)
    if (entry === undefined) throw notFound(from)
    this.put(to, entry)
    this.remove(from)
  }

  remove(path: string): void {
    const { folder, name } = this.#locate(path)
    folder?.children.delete(name)
  }

  /** A tree of the same shape whose files are made from this one's. */
  map<G>(file: (file: F) => G): MemoryTree<G> {
    const copy = new MemoryTree<G>()
    copy.#root = mapFolder(this.#root, file)
    return copy
  }

  #locate(path: string): { folder: MemoryFolder<F> | undefined; name: string } {
    const names = namesOf(path)
    const name = names.pop() ?? ''
    let folder: MemoryFolder<F> | undefined = this.#root
    for (const step of names) {
      const next: F | MemoryFolder<F> | undefined = folder?.children.get(step)
      folder = next instanceof MemoryFolder ? next : undefined
    }
    return { folder, name }
  }
}

function mapFolder<F, G>(folder: MemoryFolder<F>, file: (file: F) => G): MemoryFolder<G> {
  const copy = new MemoryFolder<G>()
  for (const [name, entry] of folder.children)
    copy.children.set(name, entry instanceof MemoryFolder ? mapFolder(entry, file) : file(entry))
  return copy
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

function notFound(path: string): DiskError {
  return new DiskError('NOT_FOUND', path, `${path}: no such file or folder`)
}
