/**
 * The WebAssembly build of zstd, made ready at once. The package's own `init()` reads and compiles asynchronously, while
 * what decides about a produced batch is synchronous: a broker would have to load it at every start, for 15 ms, as nobody
 * can know that no batch with zstd comes. Its emscripten module takes an instance that was made elsewhere
 * (`instantiateWasm`), so it's loaded by the first batch that needs it. The package's version is pinned: with
 * 0.0.x npm takes no other. Its file is read here and not by src/runtime: that is loading code, as `require` does it.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export type WasmZstd = Pick<typeof import('@bokuweb/zstd-wasm'), 'compress' | 'decompress'>

interface Emscripten {
  /** Hands over an instance that has these imports; what `receive` returns is returned. */
  instantiateWasm?: (imports: object, receive: (instance: object) => unknown) => unknown
  init(): void
}

/** What is used of the global, which the types of Node 20 leave out. */
declare const WebAssembly: {
  readonly Module: new (code: Buffer) => object
  readonly Instance: new (module: object, imports: object) => object
}

const PACKAGE = '@bokuweb/zstd-wasm'

const requireModule = createRequire(import.meta.url)

/** Throws when the package isn't there, or isn't what it was. */
export function loadWasmZstd(): WasmZstd {
  const folder = dirname(requireModule.resolve(PACKAGE))
  const code = new WebAssembly.Module(readFileSync(join(folder, 'zstd.wasm')))
  const { Module: emscripten }: { Module: Emscripten } = requireModule(join(folder, 'module.js'))
  let isReceived = false
  emscripten.instantiateWasm = (imports, receive) => {
    const exports = receive(new WebAssembly.Instance(code, imports))
    isReceived = true
    return exports
  }
  emscripten.init()
  if (!isReceived) throw new Error(`${PACKAGE} did not take its WebAssembly instance`)
  return requireModule(PACKAGE)
}
