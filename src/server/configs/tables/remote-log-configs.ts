/** Broker configs of tiered storage (KIP-405). */
import { clusterWide, internal, readOnly, table } from '../definition.ts'
import { bool, double, int, long, nonEmptyText, text } from '../kinds.ts'

export const remoteLogConfigs = table({
  'remote.fetch.max.wait.ms': clusterWide(
    int({ min: 1 }),
    '500',
    'Longest time that a fetch waits for remote storage.',
  ),
  'remote.list.offsets.request.timeout.ms': clusterWide(
    long({ min: 1 }),
    '30000',
    'Longest time that ListOffsets waits for remote storage.',
  ),
  'remote.log.index.file.cache.total.size.bytes': clusterWide(
    long({ min: 1 }),
    '1073741824',
    'Disk space for cached indexes of remote segments.',
  ),
  'remote.log.index.file.cache.ttl.ms': internal(
    readOnly(long({ min: -1 }), '900000', 'How long an unused cached index is kept; -1 keeps it.'),
  ),
  'remote.log.manager.copier.thread.pool.size': clusterWide(
    int({ min: 1 }),
    '10',
    'Threads that copy segments to remote storage.',
  ),
  'remote.log.manager.copy.max.bytes.per.second': clusterWide(
    long({ min: 1 }),
    '9223372036854775807',
    'Bytes per second copied to remote storage.',
  ),
  'remote.log.manager.copy.quota.window.num': readOnly(
    int({ min: 1 }),
    '11',
    'Samples kept for the copy quota.',
  ),
  'remote.log.manager.copy.quota.window.size.seconds': readOnly(
    int({ min: 1 }),
    '1',
    'Span of one such sample.',
  ),
  'remote.log.manager.expiration.thread.pool.size': clusterWide(
    int({ min: 1 }),
    '10',
    'Threads that delete expired remote segments.',
  ),
  'remote.log.manager.fetch.max.bytes.per.second': clusterWide(
    long({ min: 1 }),
    '9223372036854775807',
    'Bytes per second read from remote storage.',
  ),
  'remote.log.manager.fetch.quota.window.num': readOnly(
    int({ min: 1 }),
    '11',
    'Samples kept for the remote read quota.',
  ),
  'remote.log.manager.fetch.quota.window.size.seconds': readOnly(
    int({ min: 1 }),
    '1',
    'Span of one such sample.',
  ),
  'remote.log.manager.follower.thread.pool.size': clusterWide(
    int({ min: 1 }),
    '2',
    'Threads of followers for remote storage.',
  ),
  'remote.log.manager.task.interval.ms': readOnly(
    long({ min: 1 }),
    '30000',
    'How often copying and expiry run.',
  ),
  'remote.log.manager.task.retry.backoff.max.ms': internal(
    readOnly(long({ min: 1 }), '30000', 'Longest pause before a failed task runs again.'),
  ),
  'remote.log.manager.task.retry.backoff.ms': internal(
    readOnly(long({ min: 1 }), '500', 'First pause before a failed task runs again.'),
  ),
  'remote.log.manager.task.retry.jitter': internal(
    readOnly(double({ min: 0, max: 0.5 }), '0.2', 'Random part of that pause.'),
  ),
  'remote.log.manager.thread.pool.size': readOnly(int({ min: 1 }), '2', 'Threads of the remote log manager.'),
  'remote.log.metadata.custom.metadata.max.bytes': readOnly(
    int({ min: 0 }),
    '128',
    'Largest custom metadata of a remote segment.',
  ),
  'remote.log.metadata.manager.class.name': readOnly(
    nonEmptyText(),
    'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
    'Class that keeps the metadata of remote segments.',
  ),
  'remote.log.metadata.manager.class.path': readOnly(text(), null, 'Class path of that class.'),
  'remote.log.metadata.manager.impl.prefix': readOnly(
    nonEmptyText(),
    'rlmm.config.',
    'Prefix of configs handed to that class.',
  ),
  'remote.log.metadata.manager.listener.name': readOnly(
    nonEmptyText(),
    null,
    'Listener over which that class reaches the brokers.',
  ),
  'remote.log.reader.max.pending.tasks': readOnly(
    int({ min: 1 }),
    '100',
    'Most reads of remote storage that may wait.',
  ),
  'remote.log.reader.threads': clusterWide(int({ min: 1 }), '10', 'Threads that read remote storage.'),
  'remote.log.storage.manager.class.name': readOnly(
    nonEmptyText(),
    null,
    'Class that stores remote segments.',
  ),
  'remote.log.storage.manager.class.path': readOnly(text(), null, 'Class path of that class.'),
  'remote.log.storage.manager.impl.prefix': readOnly(
    nonEmptyText(),
    'rsm.config.',
    'Prefix of configs handed to that class.',
  ),
  'remote.log.storage.system.enable': readOnly(bool(), 'false', 'Whether tiered storage is on.'),
})
