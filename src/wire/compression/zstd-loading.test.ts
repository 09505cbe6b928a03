import { expect, test } from 'vitest'
import { buildBatch } from '../records/batch-builder.ts'
import { awaitsZstd } from '../records/validation.ts'
import { prepareZstd, zstdIsReady } from './zstd.ts'

/** In a file of its own: what is loaded once stays loaded. */
const batch = buildBatch({ records: [{ value: Buffer.from('a') }] })

test('only what has to look inside zstd waits, until it is loaded', async () => {
  const claimsZstd = Buffer.from(batch)
  claimsZstd.writeInt16BE(4, 21)
  const waits = !zstdIsReady()
  expect(awaitsZstd(batch, 'producer')).toBe(false)
  expect(awaitsZstd(claimsZstd, 'producer')).toBe(waits)
  expect(awaitsZstd(batch, 'zstd')).toBe(waits)
  await prepareZstd()
  expect(zstdIsReady()).toBe(true)
  expect(awaitsZstd(claimsZstd, 'zstd')).toBe(false)
})
