import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer } from 'testcontainers'
import { answers } from './answers.ts'
import { BrokerUnavailable, type BrokerUnderTest, kafkaConfigs } from './broker-under-test.ts'
import { freePort } from './free-port.ts'
import { kafkaVersion } from './kafka-jars.ts'

const host = '127.0.0.1'
const image = process.env.ODRADEK_KAFKA_IMAGE ?? `apache/kafka:${kafkaVersion}`

/** Apache Kafka out of its image. The port on the host is fixed, so that it survives restarts of the container. */
export async function startDocker(configs: Readonly<Record<string, string>> = {}): Promise<BrokerUnderTest> {
  const client = await getContainerRuntimeClient().catch((error: unknown) => {
    throw new BrokerUnavailable(`no container engine answers here: ${String(error)}`)
  })
  const port = await freePort()
  const started: StartedTestContainer = await new GenericContainer(image)
    .withEnvironment(environment(port, configs))
    .withExposedPorts({ container: 9092, host: port })
    .start()
  const container = client.container.getById(started.getId())

  const start = async (): Promise<void> => {
    await client.container.start(container)
    await answers(host, port, 60_000)
  }
  const stop = async (): Promise<void> => {
    await client.container.stop(container, { timeout: 30 })
  }
  const dispose = async (): Promise<void> => {
    await container.remove({ force: true, v: true }).catch(() => {})
  }
  await answers(host, port, 60_000).catch(async (error: unknown) => {
    await dispose()
    throw error
  })
  return {
    kind: 'docker',
    host,
    port,
    bootstrap: `${host}:${port}`,
    stop,
    kill: async () => {
      await container.kill()
      await container.wait()
    },
    start,
    restart: async () => {
      await stop()
      await start()
    },
    dispose,
  }
}

/** All of it, since the image drops its own defaults as soon as one variable is given. */
function environment(port: number, own: Readonly<Record<string, string>>): Record<string, string> {
  const configs: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': '1@localhost:9093',
    listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    'advertised.listeners': `PLAINTEXT://${host}:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    ...kafkaConfigs,
    ...own,
  }
  return Object.fromEntries(
    Object.entries(configs).map(([name, value]) => [
      `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`,
      value,
    ]),
  )
}
