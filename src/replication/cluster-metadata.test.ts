import { expect, test } from 'vitest'
import { MemoryDisk } from '../runtime/memory-disk.ts'
import { ClusterMetadata } from './cluster-metadata.ts'
import { EmbeddedMetadataStore } from './metadata/embedded-store.ts'

test('every listener has seen a change before anyone who waits for it goes on', async () => {
  const metadata = new ClusterMetadata(EmbeddedMetadataStore.open(new MemoryDisk()))
  const seen: string[] = []
  metadata.onChange((image, _change, before) => seen.push(`one ${before.revision}->${image.revision}`))
  metadata.onChange((image) => seen.push(`other ${image.revision}`))
  await metadata.start()
  const start = metadata.image.revision
  seen.length = 0
  const waiting = metadata.reached(start + 1).then(() => seen.push('waiter'))
  await metadata.store.txn({ puts: [{ key: '/cluster', value: 'id' }] })
  await waiting
  expect(seen).toEqual([`one ${start}->${start + 1}`, `other ${start + 1}`, 'waiter'])
  expect(metadata.image.clusterId).toBe('id')
  await metadata.reached(start)
  metadata.stop()
  await metadata.store.txn({ puts: [{ key: '/cluster', value: 'other' }] })
  expect(metadata.image.clusterId).toBe('id')
  await metadata.store.close()
})

test('what was there before the start is in the first image', async () => {
  const disk = new MemoryDisk()
  const first = EmbeddedMetadataStore.open(disk)
  await first.txn({ puts: [{ key: '/cluster', value: 'id' }] })
  await first.close()
  const metadata = new ClusterMetadata(EmbeddedMetadataStore.open(disk))
  await metadata.start()
  expect(metadata.image.clusterId).toBe('id')
  metadata.stop()
  await metadata.store.close()
})
