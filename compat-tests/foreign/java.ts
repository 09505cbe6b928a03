import { rmSync } from 'node:fs'
import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Command, isInstalled, run } from '../brokers/child-process.ts'
import { Missing } from './cache.ts'

const quiet = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=off', '-Dlog4j2.level=OFF']
const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...quiet]

/** A single-file Java program with the jars of a folder. Fetching that fails is `Missing`. */
export async function javaProgram(file: string, jars: () => Promise<string>): Promise<Command> {
  return { file: 'java', args: [...jvm, '-cp', join(await fetchedFor('java', jars), '*'), file] }
}

/** A Java program of several files, of which `main` is the first class. */
export async function compiledProgram(
  sources: string,
  main: string,
  jars: () => Promise<string>,
): Promise<Command> {
  const libs = join(await fetchedFor('javac', jars), '*')
  const classes = await mkdtemp(join(tmpdir(), 'odradek-java-'))
  process.once('exit', () => rmSync(classes, { recursive: true, force: true }))
  const files = (await readdir(sources)).filter((name) => name.endsWith('.java'))
  const args = ['-nowarn', '-d', classes, '-cp', libs, ...files]
  await run({ file: 'javac', args, cwd: sources }, 60_000)
  return { file: 'java', args: [...jvm, '-cp', [libs, classes].join(delimiter), main] }
}

async function fetchedFor(program: string, jars: () => Promise<string>): Promise<string> {
  if (!(await isInstalled(program, '-version'))) throw new Missing(`${program} is not installed`)
  return await jars().catch((error: unknown) => {
    throw new Missing(error instanceof Error ? error.message.slice(0, 500) : String(error))
  })
}
