/**
 * Broker configs about logs: segments, retention, compaction, flushing and what a record batch may look like.
 */
import { clusterWide, internal, perBroker, readOnly, table } from '../definition.ts'
import { bool, double, gzipLevel, int, list, listOfWords, long, nonEmptyList, oneOf } from '../kinds.ts'

export const logConfigs = table({
  'compression.gzip.level': clusterWide(
    gzipLevel(),
    '-1',
    'Level used when the broker itself compresses with gzip; -1 leaves it to the codec.',
  ),
  'compression.lz4.level': clusterWide(
    int({ min: 1, max: 17 }),
    '9',
    'Level used when the broker itself compresses with lz4.',
  ),
  'compression.type': clusterWide(
    oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
    'producer',
    'Codec of stored batches; `producer` keeps what the producer chose.',
  ),
  'compression.zstd.level': clusterWide(
    int({ min: -131_072, max: 22 }),
    '3',
    'Level used when the broker itself compresses with zstd.',
  ),
  'cordoned.log.dirs': perBroker(
    list(),
    '',
    'Log directories that get no new partitions; `*` stands for all of them.',
  ),
  'log.cleaner.backoff.ms': clusterWide(
    long({ min: 0 }),
    '15000',
    'Pause of the cleaner after it found nothing to do.',
  ),
  'log.cleaner.dedupe.buffer.size': clusterWide(
    long(),
    '134217728',
    "Memory for the cleaner's map of keys to offsets.",
  ),
  'log.cleaner.delete.retention.ms': clusterWide(
    long({ min: 0 }),
    '86400000',
    'How long tombstones and transaction markers stay readable in a compacted log.',
  ),
  'log.cleaner.enable': readOnly(bool(), 'true', 'Whether compaction runs at all.'),
  'log.cleaner.io.buffer.load.factor': clusterWide(
    double(),
    '0.9',
    "How full the cleaner's key map may get.",
  ),
  'log.cleaner.io.buffer.size': clusterWide(
    int({ min: 0 }),
    '524288',
    "Memory for the cleaner's reads and writes.",
  ),
  'log.cleaner.io.max.bytes.per.second': clusterWide(
    double(),
    '1.7976931348623157E308',
    "Upper bound of the cleaner's disk traffic, reads and writes together.",
  ),
  'log.cleaner.max.compaction.lag.ms': clusterWide(
    long({ min: 1 }),
    '9223372036854775807',
    'A record is eligible for compaction no later than this after it was written.',
  ),
  'log.cleaner.min.cleanable.ratio': clusterWide(
    double({ min: 0, max: 1 }),
    '0.5',
    'Share of uncompacted bytes from which a log is worth compacting.',
  ),
  'log.cleaner.min.compaction.lag.ms': clusterWide(
    long({ min: 0 }),
    '0',
    'A record is safe from compaction for at least this long.',
  ),
  'log.cleaner.threads': clusterWide(int({ min: 0 }), '1', 'Number of cleaner threads.'),
  'log.cleanup.policy': clusterWide(
    listOfWords(['compact', 'delete'], true),
    'delete',
    'What happens to old segments: delete, compact, both, or nothing when empty.',
  ),
  'log.dir': readOnly(nonEmptyList(), '/tmp/kafka-logs', 'Data directory, used where log.dirs is not set.'),
  'log.dir.failure.timeout.ms': readOnly(
    long({ min: 1 }),
    '30000',
    'How long the broker waits to tell the controller of a failed log directory before it stops.',
  ),
  'log.dirs': readOnly(nonEmptyList(), null, 'Data directories, separated by commas.'),
  'log.flush.interval.messages': clusterWide(
    long({ min: 1 }),
    '9223372036854775807',
    'Records a log may gather before they are synced to disk; 1 syncs before acknowledging.',
  ),
  'log.flush.interval.ms': clusterWide(
    long(),
    null,
    'Longest time that a record stays unsynced; when unset, log.flush.scheduler.interval.ms counts.',
  ),
  'log.flush.offset.checkpoint.interval.ms': readOnly(
    int({ min: 0 }),
    '60000',
    'How often recovery points are written down.',
  ),
  'log.flush.scheduler.interval.ms': readOnly(
    long(),
    '9223372036854775807',
    'How often logs are looked at for a flush that is due.',
  ),
  'log.flush.start.offset.checkpoint.interval.ms': readOnly(
    int({ min: 0 }),
    '60000',
    'How often log start offsets are written down.',
  ),
  'log.index.interval.bytes': clusterWide(
    int({ min: 0 }),
    '4096',
    'Bytes of records between two entries of an offset index.',
  ),
  'log.index.size.max.bytes': clusterWide(
    int({ min: 4 }),
    '10485760',
    'Largest size of an index file; a full index rolls the segment.',
  ),
  'log.initial.task.delay.ms': internal(
    readOnly(long({ min: 0 }), '30000', 'How long after start-up the periodic work on logs begins.'),
  ),
  'log.local.retention.bytes': clusterWide(
    long({ min: -2 }),
    '-2',
    'Bytes of a tiered log kept on local disk; -2 follows the size retention.',
  ),
  'log.local.retention.ms': clusterWide(
    long({ min: -2 }),
    '-2',
    "Time that a tiered log's segments stay on local disk; -2 follows the time retention.",
  ),
  'log.message.timestamp.after.max.ms': clusterWide(
    long({ min: 0 }),
    '3600000',
    "How far a record's timestamp may lie ahead of the broker's clock.",
  ),
  'log.message.timestamp.before.max.ms': clusterWide(
    long({ min: 0 }),
    '9223372036854775807',
    "How far a record's timestamp may lie behind the broker's clock.",
  ),
  'log.message.timestamp.type': clusterWide(
    oneOf('CreateTime', 'LogAppendTime'),
    'CreateTime',
    "Whose timestamp a record carries: its creator's or that of the append.",
  ),
  'log.preallocate': clusterWide(bool(), 'false', 'Whether a new segment file takes its full size at once.'),
  'log.remote.copy.lag.bytes': clusterWide(
    long({ min: -1 }),
    '-1',
    'Bytes by which copying to remote storage may lag; -1 follows local retention.',
  ),
  'log.remote.copy.lag.ms': clusterWide(
    long({ min: -1 }),
    '0',
    'Time by which copying to remote storage may lag; -1 follows local retention.',
  ),
  'log.retention.bytes': clusterWide(
    long(),
    '-1',
    'Bytes kept per partition before old segments are deleted; -1 means any number.',
  ),
  'log.retention.check.interval.ms': readOnly(
    long({ min: 1 }),
    '300000',
    'How often logs are looked at for segments that may go.',
  ),
  'log.retention.hours': readOnly(
    int(),
    '168',
    'Hours until a segment may be deleted; minutes and milliseconds win over it.',
  ),
  'log.retention.minutes': readOnly(
    int(),
    null,
    'Minutes until a segment may be deleted; milliseconds win over it.',
  ),
  'log.retention.ms': clusterWide(
    long(),
    null,
    'Milliseconds until a segment may be deleted; -1 keeps it for ever.',
  ),
  'log.roll.hours': readOnly(
    int({ min: 1 }),
    '168',
    'Hours after which a segment is rolled even when not full; log.roll.ms wins over it.',
  ),
  'log.roll.jitter.hours': readOnly(
    int({ min: 0 }),
    '0',
    'Hours by which rolling is spread at random; log.roll.jitter.ms wins over it.',
  ),
  'log.roll.jitter.ms': clusterWide(long(), null, 'Milliseconds by which rolling is spread at random.'),
  'log.roll.ms': clusterWide(
    long(),
    null,
    'Milliseconds after which a segment is rolled even when not full.',
  ),
  'log.segment.bytes': clusterWide(int({ min: 1_048_576 }), '1073741824', 'Size at which a segment is full.'),
  'log.segment.delete.delay.ms': clusterWide(
    long({ min: 0 }),
    '60000',
    "How long a deleted segment's file stays on disk under another name.",
  ),
  'max.decompressed.message.bytes': clusterWide(
    int({ min: 1, max: 2_147_483_639 }),
    '2147483639',
    'Largest size that a compressed batch may have when unpacked.',
  ),
  'message.max.bytes': clusterWide(
    int({ min: 0 }),
    '1048588',
    'Largest record batch that a producer may send, after compression.',
  ),
  'min.insync.replicas': clusterWide(
    int({ min: 1 }),
    '1',
    'Replicas that must have a record before an acks=all producer hears of success.',
  ),
  'num.recovery.threads.per.data.dir': clusterWide(
    int({ min: 1 }),
    '2',
    'Threads per data directory that recover logs at start and flush them at the end.',
  ),
})
