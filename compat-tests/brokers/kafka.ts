import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { kafkaConfigs } from './broker-under-test.ts'
import { type Command, run } from './child-process.ts'
import { freePort } from './free-port.ts'
import { kafkaJars } from './kafka-jars.ts'
import { startProcessBroker } from './process-broker.ts'

/** A short life in tests gains more from a quick start than from the best machine code. */
const jvm = ['-Xms256m', '-Xmx768m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
const clusterId = 'MkU3OEVBNTcwNTJENDM2Qk'

/** Apache Kafka out of its jars: one node that is broker and controller at once (KRaft). */
export async function startKafka(configs: Readonly<Record<string, string>> = {}): Promise<BrokerUnderTest> {
  const classpath = join(await kafkaJars(), '*')
  return await startProcessBroker({
    kind: 'kafka',
    ready: () => /Kafka Server started/,
    startTimeoutMs: 45_000,
    stopTimeoutMs: 30_000,
    prepare: async (folder, host, port) => {
      const properties = join(folder, 'server.properties')
      await writeFile(properties, serverProperties(folder, host, port, await freePort(), configs))
      await run(formatCommand(classpath, properties), 45_000)
    },
    command: (folder) => ({
      file: 'java',
      args: [...jvm, '-cp', classpath, 'kafka.Kafka', join(folder, 'server.properties')],
    }),
  })
}

/** Prepares the data folder that a `server.properties` names. */
export function formatCommand(classpath: string, properties: string): Command {
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties]
  return { file: 'java', args: [...jvm, '-cp', classpath, ...format] }
}

export function serverProperties(
  folder: string,
  host: string,
  port: number,
  controllerPort: number,
  configs: Readonly<Record<string, string>> = {},
): string {
  const own: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${host}:${controllerPort}`,
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${host}:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(folder, 'data'),
  }
  return Object.entries({ ...own, ...kafkaConfigs, ...configs })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
