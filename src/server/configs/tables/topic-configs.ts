/** Topic configs. What a topic doesn't set follows its broker config. */
import { internal, ofResource, table } from '../definition.ts'
import { bool, double, gzipLevel, int, listOfWords, long, oneOf, throttledReplicas } from '../kinds.ts'

export const topicConfigs = table({
  'cleanup.policy': ofResource(
    listOfWords(['compact', 'delete'], true),
    'delete',
    'What happens to old segments: delete, compact, both, or nothing when empty.',
  ),
  'compression.gzip.level': ofResource(
    gzipLevel(),
    '-1',
    'Level used when the broker itself compresses with gzip; -1 leaves it to the codec.',
  ),
  'compression.lz4.level': ofResource(
    int({ min: 1, max: 17 }),
    '9',
    'Level used when the broker itself compresses with lz4.',
  ),
  'compression.type': ofResource(
    oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'),
    'producer',
    'Codec of stored batches; `producer` keeps what the producer chose.',
  ),
  'compression.zstd.level': ofResource(
    int({ min: -131_072, max: 22 }),
    '3',
    'Level used when the broker itself compresses with zstd.',
  ),
  'delete.retention.ms': ofResource(
    long({ min: 0 }),
    '86400000',
    'How long tombstones and transaction markers stay readable in a compacted log.',
  ),
  'errors.deadletterqueue.group.enable': ofResource(
    bool(),
    'false',
    'Whether the topic may serve as dead-letter topic of share groups.',
  ),
  'file.delete.delay.ms': ofResource(
    long({ min: 0 }),
    '60000',
    "How long a deleted segment's file stays on disk under another name.",
  ),
  'flush.messages': ofResource(
    long({ min: 1 }),
    '9223372036854775807',
    'Records the log may gather before they are synced to disk; 1 syncs before acknowledging.',
  ),
  'flush.ms': ofResource(
    long({ min: 0 }),
    '9223372036854775807',
    'Longest time that a record stays unsynced.',
  ),
  'follower.replication.throttled.replicas': ofResource(
    throttledReplicas(),
    '',
    "Replicas throttled on the follower's side, as partition:broker pairs or `*`.",
  ),
  'index.interval.bytes': ofResource(
    int({ min: 0 }),
    '4096',
    'Bytes of records between two entries of an offset index.',
  ),
  'internal.segment.bytes': internal(
    ofResource(int(), null, 'Segment size without a lower bound, for tests; wins over segment.bytes.'),
  ),
  'leader.replication.throttled.replicas': ofResource(
    throttledReplicas(),
    '',
    "Replicas throttled on the leader's side, as partition:broker pairs or `*`.",
  ),
  'local.retention.bytes': ofResource(
    long({ min: -2 }),
    '-2',
    'Bytes of a tiered log kept on local disk; -2 follows retention.bytes.',
  ),
  'local.retention.ms': ofResource(
    long({ min: -2 }),
    '-2',
    "Time that a tiered log's segments stay on local disk; -2 follows retention.ms.",
  ),
  'max.compaction.lag.ms': ofResource(
    long({ min: 1 }),
    '9223372036854775807',
    'A record is eligible for compaction no later than this after it was written.',
  ),
  'max.decompressed.message.bytes': ofResource(
    int({ min: 1, max: 2_147_483_639 }),
    '2147483639',
    'Largest size that a compressed batch may have when unpacked.',
  ),
  'max.message.bytes': ofResource(
    int({ min: 0 }),
    '1048588',
    'Largest record batch that a producer may send, after compression.',
  ),
  'message.timestamp.after.max.ms': ofResource(
    long({ min: 0 }),
    '3600000',
    "How far a record's timestamp may lie ahead of the broker's clock.",
  ),
  'message.timestamp.before.max.ms': ofResource(
    long({ min: 0 }),
    '9223372036854775807',
    "How far a record's timestamp may lie behind the broker's clock.",
  ),
  'message.timestamp.type': ofResource(
    oneOf('CreateTime', 'LogAppendTime'),
    'CreateTime',
    "Whose timestamp a record carries: its creator's or that of the append.",
  ),
  'min.cleanable.dirty.ratio': ofResource(
    double({ min: 0, max: 1 }),
    '0.5',
    'Share of uncompacted bytes from which the log is worth compacting.',
  ),
  'min.compaction.lag.ms': ofResource(
    long({ min: 0 }),
    '0',
    'A record is safe from compaction for at least this long.',
  ),
  'min.insync.replicas': ofResource(
    int({ min: 1 }),
    '1',
    'Replicas that must have a record before an acks=all producer hears of success.',
  ),
  preallocate: ofResource(bool(), 'false', 'Whether a new segment file takes its full size at once.'),
  'remote.copy.lag.bytes': ofResource(
    long({ min: -1 }),
    '-1',
    'Bytes by which copying to remote storage may lag; -1 follows local retention.',
  ),
  'remote.copy.lag.ms': ofResource(
    long({ min: -1 }),
    '0',
    'Time by which copying to remote storage may lag; -1 follows local retention.',
  ),
  'remote.log.copy.disable': ofResource(bool(), 'false', "Whether the topic's tiered data is read-only."),
  'remote.log.delete.on.disable': ofResource(
    bool(),
    'false',
    'Whether tiered data is deleted when tiering ends for the topic.',
  ),
  'remote.storage.enable': ofResource(bool(), 'false', "Whether the topic's segments go to remote storage."),
  'retention.bytes': ofResource(
    long(),
    '-1',
    'Bytes kept per partition before old segments are deleted; -1 means any number.',
  ),
  'retention.ms': ofResource(
    long({ min: -1 }),
    '604800000',
    'Milliseconds until a segment may be deleted; -1 keeps it for ever.',
  ),
  'segment.bytes': ofResource(int({ min: 1_048_576 }), '1073741824', 'Size at which a segment is full.'),
  'segment.index.bytes': ofResource(
    int({ min: 4 }),
    '10485760',
    'Largest size of an index file; a full index rolls the segment.',
  ),
  'segment.jitter.ms': ofResource(
    long({ min: 0 }),
    '0',
    'Milliseconds by which rolling is spread at random.',
  ),
  'segment.ms': ofResource(
    long({ min: 1 }),
    '604800000',
    'Milliseconds after which a segment is rolled even when not full.',
  ),
  'unclean.leader.election.enable': ofResource(
    bool(),
    'false',
    'Whether a replica that is not in sync may lead when no other lives; records may be lost.',
  ),
})
