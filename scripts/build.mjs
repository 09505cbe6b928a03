// Bundles the two entry points. One file per entry keeps a cold start short: Node resolves and compiles one
// module instead of several hundred. Dependencies stay outside, so native ones load as their packages intend; of the
// development ones, those that the sources import are inside: the portable checksum, which every start needs.
import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

rmSync(`${root}dist`, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: ['src/index.ts', 'src/cli/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: Object.keys(dependencies),
  sourcemap: false,
  legalComments: 'inline',
  logLevel: 'warning',
})
chmodSync(`${root}dist/cli/main.js`, 0o755)

if (process.argv.includes('--types')) {
  const tsc = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
}
