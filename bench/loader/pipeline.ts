import type { LoaderResult, PipelineJob } from './job.ts'
import { Lane } from './lane.ts'
import { Meter } from './meter.ts'

/** Runs a pipeline job to its end; the connections are then dropped with whatever is under way. */
export function runPipeline(job: PipelineJob): Promise<LoaderResult> {
  return new Promise((resolve, reject) => {
    const lanes: Lane[] = []
    let connected = 0
    let meter: Meter | undefined
    const end = (settle: () => void) => {
      for (const lane of lanes) lane.close()
      settle()
    }
    const begin = () => {
      connected++
      if (connected < job.lanes.length) return
      meter = new Meter(job, job.warmup, job.measured)
      for (const lane of lanes) lane.send(job.outstanding)
    }
    for (const laneJob of job.lanes) {
      const lane: Lane = new Lane(job, laneJob, job.answer, job.outstanding, {
        onConnect: begin,
        onError: (error) => end(() => reject(error)),
        onAnswer: (payloadBytes, sentMs) => {
          if (meter?.isDone === false) meter.count(payloadBytes, sentMs, performance.now())
        },
        onTurn: () => {
          if (meter === undefined) return
          if (meter.isDone) {
            const result = meter.result()
            end(() => resolve(result))
          } else if (lane.underWay < job.outstanding) lane.send(job.outstanding - lane.underWay)
        },
      })
      lanes.push(lane)
    }
  })
}
