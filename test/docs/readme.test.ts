import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Broker, startBroker } from '../../src/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')

describe('the examples of the README', () => {
  const snippets = [...readme.matchAll(/^## (.+)\n[^#]*?```js\n([\s\S]*?)```/gm)].map(
    ([, title = '', code = '']) => ({ title, code }),
  )
  let folder: string
  let broker: Broker

  beforeAll(async () => {
    // Inside the project, so that the examples find their packages, this one among them.
    folder = mkdtempSync(join(root, 'node_modules/.cache-readme-'))
    broker = await startBroker()
  })

  afterAll(async () => {
    await broker.close()
    rmSync(folder, { recursive: true, force: true })
  })

  test('there are two of them', () => {
    expect(snippets.map(({ title }) => title)).toEqual(['Use it from a service', 'Use it in a test'])
  })

  test('the service gets its order', async () => {
    expect(await run('Use it from a service')).toContain('alice ordered one umbrella')
  })

  test('the test has its topic at once', async () => {
    expect(await run('Use it in a test')).toContain("'orders'")
  })

  /** Runs an example as it is printed, but for the port: 9092 may be taken where the tests run. */
  async function run(title: string): Promise<string> {
    const code = snippets.find((snippet) => snippet.title === title)?.code ?? ''
    const file = join(folder, 'example.mjs')
    const self = `import { startBroker } from '${new URL('../../dist/index.js', import.meta.url)}'`
    writeFileSync(
      file,
      code.replace('localhost:9092', broker.bootstrap).replace("import { startBroker } from 'odradek'", self),
    )
    const environment = { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1', NODE_NO_WARNINGS: '1' }
    const { stdout } = await promisify(execFile)(process.execPath, [file], {
      env: environment,
      timeout: 20_000,
    })
    return stdout
  }
})

test('the generated parts of the docs are up to date', async () => {
  const tsx = join(root, 'node_modules/tsx/dist/cli.mjs')
  const check = promisify(execFile)(process.execPath, [tsx, 'scripts/generate-docs.ts', '--check'], {
    cwd: root,
  })
  await expect(check).resolves.toMatchObject({ stderr: '' })
})

test('the commands of the README are scripts of the package', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const named = [...readme.matchAll(/npm (?:run )?([a-z:]+)/g)].map(([, name]) => name)
  for (const name of new Set(named))
    if (name !== 'ci' && name !== 'pack') expect(scripts).toHaveProperty(String(name))
})
