import { readFile } from 'node:fs/promises'
import { run } from '../brokers/child-process.ts'

const page = new URL('../../docs/data-directory.md', import.meta.url)

/** Runs the commands of docs/data-directory.md that go by this name. */
export async function runFromDocs(name: string, variables: Readonly<Record<string, string>>): Promise<void> {
  const text = await readFile(page, 'utf8')
  const commands = new RegExp(`^\`\`\`sh ${name}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(text)?.[1]
  if (commands === undefined) throw new Error(`docs/data-directory.md has no commands "${name}"`)
  await run({ file: 'sh', args: ['-euc', commands], env: { ...process.env, ...variables } }, 60_000)
}
