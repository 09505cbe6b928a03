import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

/**
 * The rules of the house: which room may import from which, how long a file may be, and who may touch the
 * outside world. Function length is checked by Biome (`noExcessiveLinesPerFunction` in biome.json).
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const sourceFiles = listTypeScript(join(root, 'src'))

/** Each folder with the folders that it may import from, besides itself. */
const mayImport: Record<string, readonly string[]> = {
  runtime: [],
  wire: [],
  storage: ['runtime', 'wire'],
  replication: ['runtime', 'wire', 'storage'],
  coordinator: ['runtime', 'wire', 'storage', 'replication'],
  server: ['runtime', 'wire', 'storage', 'replication', 'coordinator'],
  testkit: ['runtime', 'wire', 'storage', 'replication', 'coordinator', 'server'],
  cli: ['runtime', 'wire', 'storage', 'replication', 'coordinator', 'server', 'testkit'],
}

const outsideWorld: readonly [pattern: RegExp, what: string][] = [
  [
    /from '(?:node:)?(?:fs|fs\/promises|net|tls|dgram|child_process|worker_threads|os)'/,
    'files, sockets or processes',
  ],
  [
    /import\('(?:node:)?(?:fs|fs\/promises|net|tls|dgram|child_process|worker_threads|os)'\)/,
    'files, sockets or processes',
  ],
  [/\bset(?:Timeout|Interval|Immediate)\(/, 'timers'],
  [/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bprocess\.hrtime/, 'the clock'],
  [/\bMath\.random\(|\brandomBytes\(|\brandomUUID\(/, 'chance'],
]

test('every folder imports only from folders further left', () => {
  const wrong: string[] = []
  for (const file of sourceFiles) {
    const room = roomOf(file)
    if (room === undefined) continue
    for (const target of relativeImports(file)) {
      const targetRoom = roomOf(target)
      const allowed = mayImport[room]
      if (allowed === undefined) wrong.push(`${show(file)}: folder "${room}" is not in the plan`)
      else if (targetRoom !== room && !allowed.includes(targetRoom ?? ''))
        wrong.push(`${show(file)} imports ${show(target)}`)
    }
  }
  expect(wrong).toEqual([])
})

/** Reads the code of the package that it loads, as an import would if Node imported WebAssembly. */
const loader = join('src', 'wire', 'compression', 'zstd-wasm.ts')

test('only the runtime touches files, sockets, timers, the clock and chance', () => {
  const wrong: string[] = []
  for (const file of sourceFiles) {
    if (roomOf(file) === 'runtime' || isTest(file) || file === join(root, loader)) continue
    const text = readFileSync(file, 'utf8')
    for (const [pattern, what] of outsideWorld) {
      if (pattern.test(text)) wrong.push(`${show(file)} touches ${what}`)
    }
  }
  expect(wrong).toEqual([])
})

test('no file is longer than 400 lines', () => {
  const folders = ['src', 'test', 'compat-tests', 'bench', 'scripts']
  const long = folders
    .flatMap((folder) => listTypeScript(join(root, folder)))
    .filter((file) => readFileSync(file, 'utf8').split('\n').length - 1 > 400)
  expect(long.map(show)).toEqual([])
})

test('no file or folder has a name that says nothing', () => {
  const empty = /(?:^|[/-])(?:utils?|helpers?|common|misc|managers?|types)(?:[/.-]|$)/
  expect(sourceFiles.map(show).filter((file) => empty.test(file))).toEqual([])
})

test('only src/server/table.ts lists the handlers', () => {
  const importers = sourceFiles.filter(
    (file) => !isTest(file) && relativeImports(file).filter((target) => isHandler(target)).length > 1,
  )
  expect(importers.map(show).filter((file) => !isHandler(join(root, file)))).toEqual(
    importers.length === 0 ? [] : ['src/server/table.ts'],
  )
})

function listTypeScript(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
}

function relativeImports(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/(?:from|import|import\() ?'(\.{1,2}\/[^']+)'/g)].map((match) =>
    resolve(dirname(file), match[1] ?? ''),
  )
}

/** The folder under `src` that a file lies in; nothing for `src/index.ts`, the public face. */
function roomOf(file: string): string | undefined {
  const [top, room, ...rest] = relative(root, file).split(sep)
  return top === 'src' && rest.length > 0 ? room : undefined
}

function isHandler(file: string): boolean {
  return show(file).startsWith('src/server/handlers/')
}

function isTest(file: string): boolean {
  return file.endsWith('.test.ts')
}

function show(file: string): string {
  return relative(root, file).split(sep).join('/')
}
