import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../../compat-tests/brokers/child-process.ts'
import { freePort } from '../../compat-tests/brokers/free-port.ts'
import { formatCommand, serverProperties } from '../../compat-tests/brokers/kafka.ts'
import { kafkaJars } from '../../compat-tests/brokers/kafka-jars.ts'
import { host } from '../ask.ts'
import type { Workspace } from '../workspace.ts'
import { type Contender, Site } from './site.ts'

/** What Kafka's own start script passes to Java. */
const jvm = [
  '-Xms1G',
  '-Xmx1G',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
]

/** Apache Kafka out of its jars with its defaults: one node that is broker and controller at once. */
export async function kafka(workspace: Workspace): Promise<Contender> {
  const classpath = join(await kafkaJars(), '*')
  return {
    name: 'kafka',
    async newSite() {
      const folder = await workspace.newFolder('kafka')
      const port = await freePort()
      const properties = join(folder, 'server.properties')
      await writeFile(properties, serverProperties(folder, host, port, await freePort()))
      await run(formatCommand(classpath, properties), 60_000)
      const program = {
        name: 'kafka',
        startTimeoutMs: 120_000,
        stopTimeoutMs: 120_000,
        command: { file: 'java', args: [...jvm, '-cp', classpath, 'kafka.Kafka', properties] },
      } as const
      return new Site(program, folder, join(folder, 'data'), port)
    },
  }
}
