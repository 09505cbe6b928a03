import { join } from 'node:path'
import type { Command } from '../brokers/child-process.ts'
import { isInstalled } from '../brokers/child-process.ts'
import { Missing } from './cache.ts'

/** A single-file Java program with the jars of a folder. Fetching that fails is `Missing`. */
export async function javaProgram(file: string, jars: () => Promise<string>): Promise<Command> {
  if (!(await isInstalled('java', '-version'))) throw new Missing('java is not installed')
  const libs = await jars().catch((error: unknown) => {
    throw new Missing(error instanceof Error ? error.message.slice(0, 500) : String(error))
  })
  const quiet = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=off']
  const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...quiet]
  return { file: 'java', args: [...jvm, '-cp', join(libs, '*'), file] }
}
