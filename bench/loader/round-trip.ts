import type { LoaderResult, RoundTripJob } from './job.ts'
import { Lane } from './lane.ts'
import { Meter } from './meter.ts'

/** Long enough for the reader's request to wait at the broker before the record is sent. */
const READER_AHEAD_MS = 1

/**
 * Measures from the moment in which a record is sent to the moment in which a reader has it. The reader's request waits
 * at the broker already, as that of a consumer with nothing to do does.
 */
export function runRoundTrips(job: RoundTripJob): Promise<LoaderResult> {
  return new Promise((resolve, reject) => {
    let connected = 0
    let meter: Meter | undefined
    let sentMs = 0
    let arrived = false
    let acknowledged = false
    const end = (settle: () => void) => {
      producer.close()
      reader.close()
      settle()
    }
    const onError = (error: Error) => end(() => reject(error))
    const next = () => {
      arrived = false
      acknowledged = false
      reader.send(1)
      setTimeout(() => {
        sentMs = performance.now()
        producer.send(1)
      }, READER_AHEAD_MS)
    }
    const onConnect = () => {
      connected++
      if (connected < 2) return
      meter = new Meter(job, job.warmup, job.measured)
      next()
    }
    const onTurn = () => {
      if (!arrived || !acknowledged || meter === undefined) return
      if (!meter.isDone) return next()
      const result = meter.result()
      end(() => resolve(result))
    }
    const producer = new Lane(job, job.produce, job.produceAnswer, 1, {
      onConnect,
      onError,
      onTurn,
      onAnswer: () => {
        acknowledged = true
      },
    })
    const reader = new Lane(job, job.fetch, job.fetchAnswer, 1, {
      onConnect,
      onError,
      onTurn,
      onAnswer: (payloadBytes) => {
        if (payloadBytes === 0) return onError(new Error('the reader was answered with nothing'))
        arrived = true
        meter?.count(payloadBytes, sentMs, performance.now())
      },
    })
  })
}
