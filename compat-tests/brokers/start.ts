import { type BrokerUnderTest, brokerKind } from './broker-under-test.ts'

/** Starts a broker of the kind that this run is about (`ODRADEK_COMPAT_BROKER`). */
export async function startBroker(): Promise<BrokerUnderTest> {
  switch (brokerKind()) {
    case 'odradek':
      return await (await import('./odradek.ts')).startOdradek()
    case 'kafka':
      return await (await import('./kafka.ts')).startKafka()
    case 'docker':
      return await (await import('./docker.ts')).startDocker()
  }
}
