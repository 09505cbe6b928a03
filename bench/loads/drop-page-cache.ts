import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * Has the kernel forget the log files of a folder, so that the next reader gets them from the disk. GNU dd can ask for
 * it without special rights; resolves with false where that isn't to be had.
 */
export async function dropPageCache(folder: string): Promise<boolean> {
  if (process.platform !== 'linux') return false
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.log'))
  try {
    for (const file of files)
      await run('dd', [`if=${join(file.parentPath, file.name)}`, 'iflag=nocache', 'count=0', 'status=none'])
    return true
  } catch {
    return false
  }
}
