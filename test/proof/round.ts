/**
 * One round of the proof: records go through a chain of two links, while the chain's processes and the broker are killed
 * at places that the seed chooses; then everything is read and compared with what was given.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import type { BrokerUnderTest } from '../../compat-tests/brokers/broker-under-test.ts'
import { Chance } from '../fuzz/chance.ts'
import { Ledger } from './ledger.ts'
import { readThrough, watch } from './readers.ts'
import { type Client, Workers } from './workers.ts'

export interface RoundOptions {
  readonly seed: number
  readonly round: number
  readonly records: number
  readonly processes: number
  /** How often one of the processes, and how often the broker, is killed. */
  readonly processKills: number
  readonly brokerKills: number
  /** How long nothing may move before the round is given up. */
  readonly patienceMs: number
}

export interface RoundOutcome {
  readonly seconds: number
  readonly wrong: readonly string[]
  /** How many processes ended by themselves, and what the last one said. */
  readonly endedByThemselves: number
  readonly complaint: string | undefined
}

interface Kill {
  /** How much of the output must have been seen. */
  readonly afterRecords: number
  readonly afterMs: number
  readonly victim: 'broker' | number
}

const PARTITIONS = { source: 4, middle: 3, target: 5 }
const KEYS = 97
const BATCH = 500

export async function runRound(
  broker: BrokerUnderTest,
  client: Client,
  options: RoundOptions,
): Promise<RoundOutcome> {
  const began = performance.now()
  const chance = Chance.of(options.seed, options.round)
  const id = `proof-${options.seed}-${options.round}-${Date.now().toString(36)}`
  const topics = { source: `${id}-source`, middle: `${id}-middle`, target: `${id}-target` }
  const kafka = patientKafka(broker.bootstrap)
  await makeTopics(kafka, topics)
  const ledger = new Ledger()
  const task = {
    bootstrap: broker.bootstrap,
    groupId: id,
    links: [[topics.source, topics.middle] as const, [topics.middle, topics.target] as const],
    protocol: chance.once(2) ? ('classic' as const) : ('consumer' as const),
  }
  const plan = planned(options, chance)
  const live = await watch(kafka, topics.target, `${id}-live`, (record) => ledger.sawLive(record))
  const over = new AbortController()
  const workers = new Workers(client, task, options.processes, (n) => chance.below(2 ** 31) + n)
  try {
    await Promise.all([
      give(kafka, topics.source, ledger, options.records, chance),
      trouble(broker, workers, ledger, { plan, signal: over.signal }),
      arrival(ledger, workers, options),
    ])
    await workers.end()
    await live.end()
    const wrong = ledger.verdict(await readThrough(kafka, topics.target, PARTITIONS.target, `${id}-final`))
    const { complaints } = workers
    return {
      seconds: (performance.now() - began) / 1_000,
      wrong,
      endedByThemselves: complaints.length,
      complaint: complaints.at(-1),
    }
  } finally {
    over.abort()
    await workers.end()
    await live.end()
  }
}

/** Kills lie anywhere in the work, so that each hits something. */
function planned({ records, processes, processKills, brokerKills }: RoundOptions, chance: Chance): Kill[] {
  const kill = (victim: Kill['victim']) => ({
    afterRecords: chance.below(Math.floor(records * 0.95)),
    afterMs: chance.below(300),
    victim,
  })
  const kills = [
    ...Array.from({ length: processKills }, () => kill(chance.below(processes))),
    ...Array.from({ length: brokerKills }, () => kill('broker')),
  ]
  return kills.sort((one, other) => one.afterRecords - other.afterRecords)
}

async function trouble(
  broker: BrokerUnderTest,
  workers: Workers,
  ledger: Ledger,
  { plan, signal }: { plan: readonly Kill[]; signal: AbortSignal },
): Promise<void> {
  for (const { afterRecords, afterMs, victim } of plan) {
    while (ledger.liveCount < afterRecords && !signal.aborted) await delay(10)
    await delay(afterMs)
    if (signal.aborted) return
    if (victim === 'broker') {
      await broker.kill()
      await broker.start()
    } else workers.kill(victim)
  }
}

/** Resolves when all records have been seen in the output; rejects when none comes any more. */
async function arrival(
  ledger: Ledger,
  workers: Workers,
  { records, patienceMs }: RoundOptions,
): Promise<void> {
  let seen = -1
  let since = performance.now()
  while (ledger.liveCount < records) {
    if (ledger.liveCount !== seen) {
      seen = ledger.liveCount
      since = performance.now()
    }
    if (performance.now() - since > patienceMs) {
      const last = workers.complaints.at(-1) ?? 'nothing'
      throw new Error(
        `${seen} of ${records} records have come and no more for ${patienceMs} ms; ${workers.complaints.length} processes ended by themselves, the last said ${last}`,
      )
    }
    await delay(20)
  }
}

/** Gives the records to the chain by an idempotent producer, which is sent again what it does not know the fate of. */
async function give(
  kafka: Kafka,
  topic: string,
  ledger: Ledger,
  records: number,
  chance: Chance,
): Promise<void> {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  try {
    for (let given = 0; given < records; given += BATCH) {
      const messages = Array.from({ length: Math.min(BATCH, records - given) }, () => {
        const key = `key-${chance.below(KEYS)}`
        return { key, value: ledger.give(key) }
      })
      await producer.send({ topic, messages })
    }
  } finally {
    await producer.disconnect()
  }
}

async function makeTopics(
  kafka: Kafka,
  topics: Readonly<Record<keyof typeof PARTITIONS, string>>,
): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const { source, middle, target } = topics
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      { topic: source, numPartitions: PARTITIONS.source },
      { topic: middle, numPartitions: PARTITIONS.middle },
      { topic: target, numPartitions: PARTITIONS.target },
    ],
  })
  await admin.disconnect()
}

/** A client that waits for a broker to come back. */
function patientKafka(bootstrap: string): Kafka {
  return new Kafka({
    clientId: 'proof',
    brokers: [bootstrap],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    retry: { initialRetryTime: 20, maxRetryTime: 300, retries: 500 },
  })
}
