import { run } from '../compat-tests/brokers/child-process.ts'
import type { LoaderJob, LoaderResult } from './loader/job.ts'
import type { KafkajsJob, KafkajsResult } from './loader/kafkajs.ts'
import type { Workspace } from './workspace.ts'

const TIMEOUT_MS = 120_000

/** The programs that make load, each run in a process of its own. */
export class Loaders {
  private constructor(
    private readonly frameLoader: string,
    private readonly kafkajsLoader: string,
  ) {}

  static async bundle(workspace: Workspace): Promise<Loaders> {
    return new Loaders(await workspace.bundle('loader/main'), await workspace.bundle('loader/kafkajs'))
  }

  async run(job: LoaderJob): Promise<LoaderResult> {
    return JSON.parse(await runNode(this.frameLoader, job))
  }

  async runKafkajs(job: KafkajsJob): Promise<KafkajsResult> {
    return JSON.parse(await runNode(this.kafkajsLoader, job))
  }
}

async function runNode(program: string, job: unknown): Promise<string> {
  return await run({ file: process.execPath, args: [program] }, TIMEOUT_MS, JSON.stringify(job))
}
