import { execFile } from 'node:child_process'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { promisify } from 'node:util'

/** The machine that the figures belong to, in a few lines. */
export async function describeMachine(withJava: boolean): Promise<string[]> {
  const processors = cpus()
  const lines = [
    `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}, ${gib(totalmem())} GiB`,
    `${type()} ${release()}, Node ${process.version}, load ${(loadavg()[0] ?? 0).toFixed(1)} at the start`,
  ]
  if (withJava) {
    const { stderr } = await promisify(execFile)('java', ['-version'])
    lines.push(stderr.split('\n')[0] ?? '')
  }
  return lines
}

function gib(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(0)
}
