import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { RunningProcess } from '../brokers/child-process.ts'
import { broker } from '../target.ts'

export interface Application {
  readonly kind: 'words' | 'join'
  /** classic or streams */
  readonly protocol: string
  readonly id: string
}

const program = fileURLToPath(new URL('./Application.java', import.meta.url))
export const jvm = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx384m']

/** Starts `Application.java` with its stores in a folder; it is killed when the test ends. */
export function startApplication(
  jars: string,
  { kind, protocol, id }: Application,
  folder: string,
): RunningProcess {
  const log = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
  const args = [...jvm, log, '-cp', join(jars, '*'), program, kind, protocol, broker.bootstrap, id, folder]
  const application = new RunningProcess('the application', { file: 'java', args })
  onTestFinished(async () => await application.kill())
  return application
}

/** An empty folder that is removed when the test ends. */
export async function stateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'odradek-streams-'))
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }))
  return folder
}
