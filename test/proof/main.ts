/**
 * `npm run proof`: exactly once, proven by other people's clients. A chain of consume, transform, produce runs while its
 * processes and the broker are killed (-9) at random; in the end a read_committed reader must see each record once and
 * in the order of its key, and aborted data never.
 *
 *     npm run proof -- --client kafkajs|java --rounds 20 --records 100000 --seed 7
 *     npm run proof -- --seed 7 --from 12 --rounds 1      one round of an earlier run again
 *     npm run proof -- --broker kafka                     the same against Apache Kafka
 */
import { parseArgs } from 'node:util'
import { startBroker } from '../../compat-tests/brokers/start.ts'
import { runRound } from './round.ts'
import { javaClient, kafkajsClient } from './workers.ts'

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
process.env.ODRADEK_COMPAT_FETCH ??= '1'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rounds: { type: 'string', default: '20' },
    from: { type: 'string', default: '0' },
    records: { type: 'string', default: '100000' },
    client: { type: 'string', default: 'kafkajs' },
    broker: { type: 'string', default: 'odradek' },
    processes: { type: 'string', default: '3' },
    'process-kills': { type: 'string', default: '6' },
    'broker-kills': { type: 'string', default: '3' },
  },
})
if (values.client !== 'kafkajs' && values.client !== 'java') throw new Error('--client is kafkajs or java')
process.env.ODRADEK_COMPAT_BROKER = values.broker
const client = values.client === 'java' ? await javaClient() : kafkajsClient()
const [seed, from, rounds] = [Number(values.seed), Number(values.from), Number(values.rounds)]
const options = {
  seed,
  records: Number(values.records),
  processes: Number(values.processes),
  processKills: Number(values['process-kills']),
  brokerKills: Number(values['broker-kills']),
  patienceMs: 90_000,
}
console.log(
  `seed ${seed}, ${client.name}: ${rounds} rounds of ${options.records} records through two links, ${options.processes} processes, ${options.processKills} of them and ${options.brokerKills} times the broker killed in each`,
)
const broker = await startBroker({
  // A member of the new protocol that was killed is not waited for longer than one of the old protocol.
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.session.timeout.ms': '2000',
  'group.consumer.min.heartbeat.interval.ms': '100',
  'group.consumer.heartbeat.interval.ms': '300',
})
let failed = 0
try {
  for (let round = from; round < from + rounds; round++) if (!(await proven(round))) failed++
} finally {
  await broker.dispose()
  await client.dispose()
}
console.log(
  failed === 0 ? `seed ${seed}: all ${rounds} rounds hold` : `seed ${seed}: ${failed} rounds failed`,
)
process.exit(failed === 0 ? 0 : 1)

async function proven(round: number): Promise<boolean> {
  try {
    const { seconds, wrong, endedByThemselves, complaint } = await runRound(broker, client, {
      ...options,
      round,
    })
    const ended = endedByThemselves === 0 ? '' : `, ${endedByThemselves} processes ended by themselves`
    console.log(`round ${round}: ${wrong.length === 0 ? 'holds' : 'FAILED'}, ${seconds.toFixed(1)} s${ended}`)
    if (wrong.length === 0) return true
    console.log(`${wrong.slice(0, 20).join('\n')}\n${wrong.length} in all; ${complaint ?? ''}`)
  } catch (error) {
    console.log(`round ${round}: FAILED\n${error instanceof Error ? error.stack : String(error)}`)
    // It may have been left dead, which the next round is not to suffer from.
    await broker.kill()
    await broker.start()
  }
  console.log(
    `again with: npm run proof -- --client ${values.client} --seed ${seed} --from ${round} --rounds 1`,
  )
  return false
}
