import type { Disk } from '../runtime/disk.ts'

/** Makes a file that nobody has open survive a power cut, if it is there. */
export async function syncFile(disk: Disk, path: string): Promise<void> {
  if (disk.sizeOf(path) === undefined) return
  const file = disk.open(path)
  try {
    await file.sync()
  } finally {
    file.close()
  }
}
