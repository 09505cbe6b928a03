import type { Admin, Cluster, Consumer, Kafka } from 'kafkajs'
import { nodeClock } from '../../runtime/node-clock.ts'
import { nodeNetwork } from '../../runtime/node-network.ts'
import { CliFailure } from '../failure.ts'
import { registerCodecs } from './codecs.ts'
import type { BrokerAddress, Connection } from './connection.ts'

export type KafkaJs = typeof import('kafkajs')

/** A cluster that was reached, through kafkajs, which is loaded only now: 45 ms that a broker's start needn't pay. */
export interface KafkaClient {
  readonly kafka: Kafka
  readonly kafkaJs: KafkaJs
}

/** What kafkajs makes newer releases of Node say at every connection: a timer of its request queue is set to the past. */
const NOISE = 'TimeoutNegativeWarning'
const CONNECT_TIMEOUT_MS = 5000
const REQUEST_TIMEOUT_MS = 30_000
/** Enough for a leader to be elected, short enough to watch: about 6 s in all. */
const retry = { initialRetryTime: 100, retries: 6, maxRetryTime: 2000 }

/** Checks that somebody listens and makes a client that logs nothing. */
export async function openClient(connection: Connection): Promise<KafkaClient> {
  await requireReachable(connection.brokers)
  hideNoise()
  const kafkaJs = (await import('kafkajs')).default
  registerCodecs(kafkaJs)
  const kafka = new kafkaJs.Kafka({
    clientId: 'odradek',
    brokers: connection.brokers.map(({ host, port }) => `${host}:${port}`),
    logLevel: kafkaJs.logLevel.NOTHING,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry,
    ...(connection.tls ? { ssl: true } : {}),
    ...(connection.sasl === undefined ? {} : { sasl: connection.sasl }),
  })
  return { kafka, kafkaJs }
}

/** Node prints warnings by a listener of its own, which has to go for one of them to be left out. */
function hideNoise(): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name !== NOISE) process.stderr.write(`odradek: ${warning.name}: ${warning.message}\n`)
  })
}

/**
 * kafkajs retries a refused connection for seconds before it says so. One look beforehand turns the commonest
 * mistake, a broker that isn't running, into an answer at once.
 */
async function requireReachable(brokers: readonly BrokerAddress[]): Promise<void> {
  const reasons: string[] = []
  for (const address of brokers) {
    // Its parser cuts addresses at the first colon (tulios/kafkajs#1589).
    if (address.host.includes(':')) {
      throw new CliFailure('usage', `write ${address.host} as a host name: IPv6 addresses can't be used here`)
    }
    const reason = await unreachable(address)
    if (reason === undefined) return
    reasons.push(reason)
  }
  throw new CliFailure('environment', reasons.join('; '))
}

function unreachable({ host, port }: BrokerAddress): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = nodeClock.setTimer(CONNECT_TIMEOUT_MS, () => resolve(`${host}:${port} doesn't answer`))
    nodeNetwork.connect({ host, port }).then(
      (stream) => {
        timer.cancel()
        stream.destroy()
        resolve(undefined)
      },
      (error: unknown) => {
        timer.cancel()
        resolve(error instanceof Error ? error.message : String(error))
      },
    )
  })
}

/** Does something with an admin client and always closes it. */
export async function withAdmin<Result>(
  connection: Connection,
  use: (admin: Admin, client: KafkaClient) => Promise<Result>,
): Promise<Result> {
  const client = await openClient(connection)
  const admin = client.kafka.admin()
  await admin.connect()
  try {
    return await use(admin, client)
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

/**
 * kafkajs's own view of the cluster, with the plain requests its consumers are made of. It is handed out in one
 * place only, to the assignor of a consumer; that consumer is never run, so no group comes into being. It is what
 * lets us read partitions without a group and commit for a group that isn't ours, as kcat and Kafka's tools do.
 */
export function clusterOf(kafka: Kafka, options: { readUncommitted?: boolean } = {}): Cluster {
  let found: Cluster | undefined
  const assigner: PartitionAssigner = ({ cluster }) => {
    found = cluster
    return {
      name: 'none',
      version: 0,
      assign: async () => [],
      protocol: () => ({ name: 'none', metadata: none }),
    }
  }
  const consumer: Consumer = kafka.consumer({
    groupId: 'odradek-never-joined',
    partitionAssigners: [assigner],
    allowAutoTopicCreation: false,
    readUncommitted: options.readUncommitted ?? false,
  })
  if (found === undefined)
    throw new CliFailure('environment', `kafkajs gave no cluster to ${typeof consumer}`)
  return found
}

type PartitionAssigner = import('kafkajs').PartitionAssigner

const none = Buffer.alloc(0)

/** Does something with a cluster and always closes it. */
export async function withCluster<Result>(
  kafka: Kafka,
  options: { readUncommitted?: boolean },
  use: (cluster: Cluster) => Promise<Result>,
): Promise<Result> {
  const cluster = clusterOf(kafka, options)
  await cluster.connect()
  try {
    return await use(cluster)
  } finally {
    await cluster.disconnect().catch(() => undefined)
  }
}
