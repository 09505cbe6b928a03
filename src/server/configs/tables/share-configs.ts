/** Broker configs of share groups (KIP-932): their coordinator, record locks and persisted state. */
import { clusterWide, internal, readOnly, table } from '../definition.ts'
import { bool, int, nonEmptyList, short, text } from '../kinds.ts'

export const shareConfigs = table({
  'errors.deadletterqueue.auto.create.topics.enable': clusterWide(
    bool(),
    'false',
    'Whether a missing dead-letter topic is created at first use.',
  ),
  'errors.deadletterqueue.topic.name.prefix': clusterWide(
    text(),
    'dlq.',
    'Prefix that the names of dead-letter topics must have.',
  ),
  'group.share.assignment.interval.ms': clusterWide(
    int({ min: 0 }),
    '1000',
    'Shortest time between two target assignments of a share group.',
  ),
  'group.share.assignor.offload.enable': internal(
    clusterWide(bool(), 'true', "Whether assignors of share groups run beside the coordinator's own thread."),
  ),
  'group.share.assignors': readOnly(nonEmptyList(), 'simple', 'Server-side assignors of share groups.'),
  'group.share.delivery.count.limit': readOnly(
    int({ min: 2, max: 10 }),
    '5',
    'How often a record is delivered before it counts as undeliverable.',
  ),
  'group.share.dlq.manager.class.name': internal(
    readOnly(
      text(),
      'org.apache.kafka.server.share.dlq.DefaultShareGroupDLQManager',
      'Class that writes undeliverable records to their dead-letter topic.',
    ),
  ),
  'group.share.heartbeat.interval.ms': readOnly(
    int({ min: 1 }),
    '5000',
    'Heartbeat interval told to members of share groups.',
  ),
  'group.share.initialize.retry.interval.ms': internal(
    readOnly(int({ min: 1 }), '30000', 'How long to wait before share state is initialised again.'),
  ),
  'group.share.max.assignment.interval.ms': readOnly(
    int({ min: 0 }),
    '15000',
    'Largest assignment interval that a share group may ask for.',
  ),
  'group.share.max.delivery.count.limit': readOnly(
    int({ min: 5, max: 25 }),
    '10',
    'Largest delivery limit that a share group may ask for.',
  ),
  'group.share.max.heartbeat.interval.ms': readOnly(
    int({ min: 1 }),
    '15000',
    'Largest heartbeat interval that a share group may ask for.',
  ),
  'group.share.max.partition.max.record.locks': readOnly(
    int({ min: 2000, max: 10_000 }),
    '4000',
    'Largest number of locked records per partition that a share group may ask for.',
  ),
  'group.share.max.record.lock.duration.ms': readOnly(
    int({ min: 30_000, max: 3_600_000 }),
    '60000',
    'Longest record lock that a share group may ask for.',
  ),
  'group.share.max.session.timeout.ms': readOnly(
    int({ min: 1 }),
    '60000',
    'Largest session timeout that a share group may ask for.',
  ),
  'group.share.max.share.sessions': readOnly(int({ min: 1 }), '2000', 'Most share sessions per broker.'),
  'group.share.max.size': readOnly(
    int({ min: 1, max: 1000 }),
    '200',
    'Most members that a share group may have.',
  ),
  'group.share.min.assignment.interval.ms': readOnly(
    int({ min: 0 }),
    '0',
    'Smallest assignment interval that a share group may ask for.',
  ),
  'group.share.min.delivery.count.limit': readOnly(
    int({ min: 2, max: 5 }),
    '2',
    'Smallest delivery limit that a share group may ask for.',
  ),
  'group.share.min.heartbeat.interval.ms': readOnly(
    int({ min: 1 }),
    '5000',
    'Smallest heartbeat interval that a share group may ask for.',
  ),
  'group.share.min.partition.max.record.locks': readOnly(
    int({ min: 100, max: 2000 }),
    '100',
    'Smallest number of locked records per partition that a share group may ask for.',
  ),
  'group.share.min.record.lock.duration.ms': readOnly(
    int({ min: 1000, max: 30_000 }),
    '15000',
    'Shortest record lock that a share group may ask for.',
  ),
  'group.share.min.session.timeout.ms': readOnly(
    int({ min: 1 }),
    '45000',
    'Smallest session timeout that a share group may ask for.',
  ),
  'group.share.partition.max.record.locks': readOnly(
    int({ min: 100, max: 10_000 }),
    '2000',
    'Most records of a partition that may be locked at once.',
  ),
  'group.share.persister.class.name': internal(
    readOnly(
      text(),
      'org.apache.kafka.server.share.persister.DefaultStatePersister',
      'Class that keeps the state of share partitions.',
    ),
  ),
  'group.share.record.lock.duration.ms': readOnly(
    int({ min: 1000, max: 3_600_000 }),
    '30000',
    'How long a delivered record stays locked for its consumer.',
  ),
  'group.share.session.timeout.ms': readOnly(
    int({ min: 1 }),
    '45000',
    "How long a share group's member may be silent before it is removed.",
  ),
  'share.coordinator.append.linger.ms': readOnly(
    int({ min: -1 }),
    '-1',
    'How long share state records wait for company; -1 adapts to the load.',
  ),
  'share.coordinator.cached.buffer.max.bytes': clusterWide(
    int({ min: 524_288 }),
    '1048588',
    'Largest write buffer that the share coordinator keeps for the next batch.',
  ),
  'share.coordinator.cold.partition.snapshot.interval.ms': internal(
    readOnly(int({ min: 1 }), '300000', 'How often idle share partitions are written as snapshots.'),
  ),
  'share.coordinator.load.buffer.size': readOnly(
    int({ min: 1 }),
    '5242880',
    'Batch size for reading share state into memory.',
  ),
  'share.coordinator.snapshot.update.records.per.snapshot': readOnly(
    int({ min: 0, max: 500 }),
    '500',
    'Update records between two snapshots of a share partition.',
  ),
  'share.coordinator.state.topic.compression.codec': readOnly(
    int(),
    '0',
    'Codec number for the batches of the share state topic; 0 means none.',
  ),
  'share.coordinator.state.topic.min.isr': readOnly(
    short({ min: 1 }),
    '2',
    'min.insync.replicas of the share state topic.',
  ),
  'share.coordinator.state.topic.num.partitions': readOnly(
    int({ min: 1 }),
    '50',
    'Partitions of the share state topic; not to be changed once it exists.',
  ),
  'share.coordinator.state.topic.prune.interval.ms': internal(
    readOnly(int({ min: 1 }), '300000', 'How often share state that nobody needs is deleted.'),
  ),
  'share.coordinator.state.topic.replication.factor': readOnly(
    short({ min: 1 }),
    '3',
    'Replicas of the share state topic, as far as there are brokers.',
  ),
  'share.coordinator.state.topic.segment.bytes': readOnly(
    int({ min: 1 }),
    '104857600',
    'Segment size of the share state topic.',
  ),
  'share.coordinator.threads': readOnly(int({ min: 1 }), '1', 'Threads of the share coordinator.'),
  'share.coordinator.write.timeout.ms': readOnly(
    int({ min: 1 }),
    '5000',
    'How long a write of share state may wait for its replicas.',
  ),
  'share.fetch.purgatory.purge.interval.requests': readOnly(
    int(),
    '1000',
    'Waiting share fetches between two clean-ups of finished ones.',
  ),
})
