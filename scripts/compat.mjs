// Runs the compatibility suites: `npm run compat -- --broker kafka [clients, files or vitest options]`.
// --broker odradek (default; builds first) | kafka (Apache Kafka from its jars) | docker (its image)
// --card      writes the outcomes into docs/compatibility.md
// --foreign   only the clients in other languages
// --help      says so, with the names of the clients
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values, tokens } = parseArgs({
  options: {
    broker: { type: 'string', default: process.env.ODRADEK_COMPAT_BROKER ?? 'odradek' },
    card: { type: 'boolean', default: false },
    foreign: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
  strict: false,
  tokens: true,
})
if (values.help) {
  console.log(usage())
  process.exit(0)
}
const own = new Set(
  tokens.flatMap((token) => {
    if (token.kind !== 'option' || !['broker', 'card', 'foreign'].includes(token.name)) return []
    return token.name !== 'broker' || token.inlineValue ? [token.index] : [token.index, token.index + 1]
  }),
)
// A client is named by its folder; as a filter its bare name would match others too (rdkafka, librdkafka).
const rest = process.argv
  .slice(2)
  .filter((_, index) => !own.has(index))
  .map((given) => (existsSync(`${root}compat-tests/${given}`) ? `compat-tests/${given}/` : given))
const projects = values.foreign ? ['foreign'] : ['compat', 'foreign']

if (values.broker === 'odradek') run([`${root}scripts/build.mjs`])
const chosen = projects.flatMap((name) => ['--project', name])
run([`${root}node_modules/vitest/vitest.mjs`, 'run', ...chosen, ...rest])

function usage() {
  return `npm run compat -- [options] [client | file | vitest's options]...

--broker odradek   this tree, built first (default)
         kafka     Apache Kafka from its jars
         docker    Apache Kafka from its image
--card             write the outcomes into docs/compatibility.md
--foreign          only the clients in other languages
--help             this text

Clients: ${clients().join(' ')}
What else is given goes to vitest: -t NAME runs the cases of that name. More: compat-tests/README.md`
}

function clients() {
  const tests = `${root}compat-tests/`
  return readdirSync(tests, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => readdirSync(tests + name).some((file) => file.endsWith('.test.ts')))
}

function run(args) {
  const env = {
    ...process.env,
    ODRADEK_COMPAT_BROKER: values.broker,
    ODRADEK_COMPAT_FETCH: '1',
    ...(values.card && { ODRADEK_COMPAT_CARD: '1' }),
  }
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
