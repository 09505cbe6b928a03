import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isInstalled, run } from '../brokers/child-process.ts'
import { howToFetch, mayFetch } from '../brokers/fetching.ts'
import { alone, cacheFolder, fetching, Missing } from './cache.ts'

/**
 * A folder with node-rdkafka, compiled for this Node against the system's librdkafka. It is fetched and built outside
 * of the project's own packages, as it takes a compiler and minutes.
 */
export async function nodeRdkafka(version: string): Promise<string> {
  const folder = cacheFolder(`node-rdkafka-${version}-abi${process.versions.modules}`)
  const done = join(folder, 'built')
  await alone(folder, async () => {
    if (existsSync(done)) return
    if (!mayFetch) throw new Missing(`node-rdkafka is not in ${folder}: ${howToFetch}`)
    for (const program of ['g++', 'make', 'python3', 'pkg-config']) {
      if (!(await isInstalled(program))) throw new Missing(`${program} is not installed`)
    }
    await fetching(
      "the system's librdkafka with its headers (Debian: librdkafka-dev)",
      run({ file: 'pkg-config', args: ['--exists', 'rdkafka'] }, 10_000),
    )
    const nodeFolder = dirname(dirname(process.execPath))
    if (!existsSync(join(nodeFolder, 'include/node/node.h'))) {
      throw new Missing(`this Node has no headers in ${nodeFolder}/include`)
    }
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'package.json'), '{ "private": true }\n')
    const packages = [`node-rdkafka@${version}`, 'node-gyp@11.5.0']
    const npm = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', ...packages]
    await fetching('node-rdkafka', run({ file: 'npm', args: npm, cwd: folder, env: withoutNpm() }, 120_000))
    const gyp = [join(folder, 'node_modules/node-gyp/bin/node-gyp.js'), 'rebuild', `--nodedir=${nodeFolder}`]
    const cwd = join(folder, 'node_modules/node-rdkafka')
    const env = { ...withoutNpm(), BUILD_LIBRDKAFKA: '0' }
    // What does not compile with this machine's library and compiler is not to be had here.
    await fetching('node-rdkafka', run({ file: process.execPath, args: gyp, cwd, env }, 400_000))
    await writeFile(done, '')
  })
  return folder
}

/** The environment without what an npm around us has put there: it would install for that one's folder. */
function withoutNpm(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)/i.test(name)))
}
