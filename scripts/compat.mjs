// Runs the compatibility suites: `npm run compat -- --broker kafka [files or vitest options]`.
// --broker odradek (default; builds first) | kafka (Apache Kafka from its jars) | docker (its image)
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values, tokens } = parseArgs({
  options: { broker: { type: 'string', default: process.env.ODRADEK_COMPAT_BROKER ?? 'odradek' } },
  strict: false,
  tokens: true,
})
const own = new Set(
  tokens.flatMap((token) => {
    if (token.kind !== 'option' || token.name !== 'broker') return []
    return token.inlineValue ? [token.index] : [token.index, token.index + 1]
  }),
)
const rest = process.argv.slice(2).filter((_, index) => !own.has(index))

if (values.broker === 'odradek') run([`${root}scripts/build.mjs`])
run([`${root}node_modules/vitest/vitest.mjs`, 'run', '--project', 'compat', ...rest])

function run(args) {
  const env = { ...process.env, ODRADEK_COMPAT_BROKER: values.broker, ODRADEK_COMPAT_FETCH: '1' }
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
