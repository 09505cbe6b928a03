import { type BrokerUnderTest, brokerKind } from './broker-under-test.ts'

/** Starts a broker of the kind that this run is about (`ODRADEK_COMPAT_BROKER`), with configs in Kafka's names. */
export async function startBroker(configs: Readonly<Record<string, string>> = {}): Promise<BrokerUnderTest> {
  switch (brokerKind()) {
    case 'odradek':
      return await (await import('./odradek.ts')).startOdradek(configs)
    case 'kafka':
      return await (await import('./kafka.ts')).startKafka(configs)
    case 'docker':
      return await (await import('./docker.ts')).startDocker(configs)
  }
}
