import { fetchedJars } from '../brokers/kafka-jars.ts'

/** The newest that Maven Central has. */
export const toolsVersion = '4.3.1'

/**
 * The folder with the jars of Kafka's command-line tools, filled by Maven on first use (about 60 MB). `ConfigCommand`
 * is still in the broker's jar.
 */
export async function toolsJars(): Promise<string> {
  return await fetchedJars('kafka_', `kafka-tools-${toolsVersion}`, [
    ['org.apache.kafka', 'kafka-tools', toolsVersion],
    ['org.apache.kafka', 'kafka_2.13', toolsVersion],
    ['org.slf4j', 'slf4j-simple', '1.7.36'],
  ])
}
