import { isInstalled } from '../brokers/child-process.ts'
import { fetchedJars, kafkaVersion } from '../brokers/kafka-jars.ts'

export const streamsVersion = process.env.ODRADEK_STREAMS_VERSION ?? '4.3.0'

/** The folder with the jars of Kafka Streams, filled by Maven on first use (about 100 MB). */
export async function streamsJars(): Promise<string> {
  if (!(await isInstalled('java', '-version'))) throw new Error('java (17 or newer) is not installed here')
  if (kafkaVersion < '4') throw new Error('its clients need a broker of Kafka 4')
  return await fetchedJars('kafka-streams', `kafka-streams-${streamsVersion}`, [
    ['org.apache.kafka', 'kafka-streams', streamsVersion],
    ['org.slf4j', 'slf4j-simple', '1.7.36'],
  ])
}
