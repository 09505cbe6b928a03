/** Odradek's own broker configs, for what Kafka has no config. */
import { readOnly, table } from '../definition.ts'
import { bool, long, oneOf } from '../kinds.ts'

export const odradekConfigs = table({
  'odradek.disk.free.floor.bytes': readOnly(
    long({ min: -1 }),
    '-1',
    'Free disk space below which producing is refused; -1 picks the larger of 1 GiB and 5 %, less on tiny disks.',
  ),
  'odradek.flush.background.ms': readOnly(
    long({ min: 1 }),
    '1000',
    'How often what was written is synced to disk in the background.',
  ),
  'odradek.group.evict.grace.ms': readOnly(
    long({ min: 0 }),
    '500',
    'How long a member whose connection closed may take to show up on another one.',
  ),
  'odradek.group.evict.on.close': readOnly(
    bool(),
    'true',
    'Whether a member leaves its group when its connection closes, instead of after its session timeout.',
  ),
  'odradek.log.cleaner.eager': readOnly(
    bool(),
    'true',
    'Whether a log is compacted as soon as it has turned cleanable, instead of after log.cleaner.backoff.ms.',
  ),
  'odradek.profile': readOnly(
    oneOf('instant', 'realistic'),
    'instant',
    'Whether the broker awaits nothing that it need not, or has the timings of a real cluster.',
  ),
  'odradek.request.memory.bytes': readOnly(
    long({ min: 1_048_576 }),
    '268435456',
    'Memory that requests in flight may take over all connections.',
  ),
  'odradek.tail.cache.bytes': readOnly(
    long({ min: 0 }),
    '67108864',
    'Memory for recently appended batches, from which consumers at the end of a log are served.',
  ),
})
