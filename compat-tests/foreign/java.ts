import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, isInstalled, run } from '../brokers/child-process.ts'
import { Missing } from './cache.ts'

const quiet = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=off', '-Dlog4j2.level=OFF']
const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...quiet]
const frame = fileURLToPath(new URL('../java', import.meta.url))

/**
 * A Java program: the class `main` of a folder, compiled with what it names of that folder and of `java/`, where the
 * frame of all programs is. Jars that cannot be had are `Missing`.
 */
export async function javaProgram(
  sources: string,
  main: string,
  jars: () => Promise<string>,
): Promise<Command> {
  for (const program of ['java', 'javac']) {
    if (!(await isInstalled(program, '-version'))) throw new Missing(`${program} is not installed`)
  }
  const folder = await jars().catch((error: unknown) => {
    throw new Missing(error instanceof Error ? error.message.slice(0, 500) : String(error))
  })
  const libs = join(folder, '*')
  const classes = await mkdtemp(join(tmpdir(), 'odradek-java-'))
  process.once('exit', () => rmSync(classes, { recursive: true, force: true }))
  const from = ['-sourcepath', [sources, frame].join(delimiter), '-implicit:class']
  const args = ['-nowarn', '-d', classes, '-cp', libs, ...from, join(sources, `${main}.java`)]
  await run({ file: 'javac', args }, 60_000)
  return { file: 'java', args: [...jvm, '-cp', [libs, classes].join(delimiter), main] }
}
