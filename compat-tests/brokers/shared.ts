import { Kafka, logLevel, Partitioners } from 'kafkajs'
import type { TestProject } from 'vitest/node'
import { type BrokerKind, BrokerUnavailable, type BrokerUnderTest, brokerKind } from './broker-under-test.ts'
import { startBroker } from './start.ts'

/** The broker that all files of a run share; a file that stops or kills one starts its own. */
export interface SharedBroker {
  readonly kind: BrokerKind
  readonly host: string
  readonly port: number
  readonly bootstrap: string
  /** Set when this machine cannot run a broker of the kind asked for; every suite is then skipped. */
  readonly unavailable: string | undefined
}

declare module 'vitest' {
  interface ProvidedContext {
    broker: SharedBroker
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let broker: BrokerUnderTest | undefined
  try {
    broker = await startBroker()
  } catch (error) {
    if (!(error instanceof BrokerUnavailable)) throw error
    console.warn(`compat-tests are skipped: ${error.message}`)
    project.provide('broker', {
      kind: brokerKind(),
      host: '',
      port: 0,
      bootstrap: '',
      unavailable: error.message,
    })
    return async () => {}
  }
  if (broker.kind !== 'odradek') await useOnce(broker)
  const { kind, host, port, bootstrap } = broker
  project.provide('broker', { kind, host, port, bootstrap, unavailable: undefined })
  return async () => await broker.dispose()
}

/**
 * Apache Kafka makes its internal topics when a group or an idempotent producer first comes, and has those wait for it.
 * Tests are about what comes after.
 */
async function useOnce(broker: BrokerUnderTest): Promise<void> {
  const kafka = new Kafka({ clientId: 'first', brokers: [broker.bootstrap], logLevel: logLevel.NOTHING })
  const topic = 'first-use'
  const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner })
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 })
  await producer.connect()
  await producer.send({ topic, messages: [{ value: 'first' }] })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    consumer.run({ eachMessage: async () => resolve() }).catch(reject)
  })
  await Promise.all([producer.disconnect(), consumer.disconnect()])
}
