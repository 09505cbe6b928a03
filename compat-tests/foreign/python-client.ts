import { fileURLToPath } from 'node:url'
import { type ForeignClient, foreignClient } from './foreign-client.ts'
import { pythonVersion, pythonWith } from './python.ts'

/** A Python client: `checks.py` and `requirements.txt` in the folder of its name. */
export function pythonClient(name: string, rest: Pick<ForeignClient, 'cases' | 'lacks'>): void {
  const requirements = fileURLToPath(new URL(`../${name}/requirements.txt`, import.meta.url))
  const checks = fileURLToPath(new URL(`../${name}/checks.py`, import.meta.url))
  foreignClient({
    name,
    version: pythonVersion(requirements, name),
    program: async () => ({
      file: await pythonWith(requirements),
      args: [checks],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONWARNINGS: 'ignore' },
    }),
    timeoutMs: 240_000,
    ...rest,
  })
}
