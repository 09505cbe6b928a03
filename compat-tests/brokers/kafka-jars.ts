import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { BrokerUnavailable } from './broker-under-test.ts'
import { isInstalled, run } from './child-process.ts'
import { howToFetch, mayFetch } from './fetching.ts'

export const kafkaVersion = process.env.ODRADEK_KAFKA_VERSION ?? '4.4.0'

/**
 * The folder with Apache Kafka's jars: `ODRADEK_KAFKA_LIBS` when set, else a folder in the user's cache, filled by
 * Maven on first use (about 100 MB).
 */
export async function kafkaJars(): Promise<string> {
  if (!(await isInstalled('java', '-version'))) {
    throw new BrokerUnavailable('Apache Kafka needs java (17 or newer), which is not installed here')
  }
  const given = process.env.ODRADEK_KAFKA_LIBS
  if (given !== undefined) return given
  return await fetchedJars('kafka_', `kafka-${kafkaVersion}`, [
    ['org.apache.kafka', 'kafka_2.13', kafkaVersion],
    ['org.slf4j', 'slf4j-simple', '1.7.36'],
  ])
}

type Artifact = readonly [groupId: string, artifactId: string, version: string]

/**
 * A folder of the user's cache with the jars of some artifacts and what they need, fetched by Maven when there is none
 * that begins with `main` yet. Throws `BrokerUnavailable` if it can't be filled here.
 */
export async function fetchedJars(
  main: string,
  name: string,
  artifacts: readonly Artifact[],
): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const folder = join(cache, 'odradek', name)
  const libs = join(folder, 'libs')
  if (existsSync(libs) && readdirSync(libs).some((file) => file.startsWith(main))) return libs
  if (!mayFetch) throw new BrokerUnavailable(`the jars of ${name} are not in ${libs}: ${howToFetch}`)
  if (!(await isInstalled('mvn'))) {
    throw new BrokerUnavailable(
      `the jars of ${name} are not in ${libs} and mvn, which fetches them, is not installed`,
    )
  }
  await fetchJars(folder, libs, artifacts)
  return libs
}

/** Fetches beside the final place and renames at the end, so that what was cut short is not taken for whole. */
async function fetchJars(folder: string, libs: string, artifacts: readonly Artifact[]): Promise<void> {
  const unfinished = join(folder, `libs-${process.pid}`)
  await mkdir(unfinished, { recursive: true })
  await writeFile(join(unfinished, 'pom.xml'), pom(artifacts))
  const copy = ['-q', '-B', '-f', join(unfinished, 'pom.xml'), 'dependency:copy-dependencies']
  await run({ file: 'mvn', args: [...copy, `-DoutputDirectory=${unfinished}`] }, 300_000)
  await rm(join(unfinished, 'pom.xml'))
  await rm(libs, { recursive: true, force: true })
  await rename(unfinished, libs)
}

function pom(artifacts: readonly Artifact[]): string {
  const dependencies = artifacts.map(
    ([groupId, artifactId, version]) =>
      `<dependency><groupId>${groupId}</groupId><artifactId>${artifactId}</artifactId><version>${version}</version></dependency>`,
  )
  return `<project><modelVersion>4.0.0</modelVersion><groupId>odradek</groupId><artifactId>jars</artifactId>
<version>1</version><dependencies>${dependencies.join('\n')}</dependencies></project>
`
}
