/**
 * Configs of one group (KIP-848, KIP-932, KIP-1071). What a group doesn't set follows its broker config.
 */
import { internal, ofResource, table } from '../definition.ts'
import { bool, int, list, long, oneOf, shareOffsetReset, text } from '../kinds.ts'

export const groupResourceConfigs = table({
  'consumer.assignment.interval.ms': ofResource(
    int({ min: 0 }),
    '1000',
    'Shortest time between two target assignments of the group.',
  ),
  'consumer.assignor.offload.enable': internal(
    ofResource(bool(), 'true', "Whether the group's assignor runs beside the coordinator's own thread."),
  ),
  'consumer.heartbeat.interval.ms': ofResource(
    int({ min: 1 }),
    '5000',
    "Heartbeat interval told to the group's members.",
  ),
  'consumer.session.timeout.ms': ofResource(
    int({ min: 1 }),
    '45000',
    'How long a member may be silent before it is removed.',
  ),
  'errors.deadletterqueue.copy.record.enable': ofResource(
    bool(),
    'false',
    'Whether the dead-letter topic gets the record itself or only its place.',
  ),
  'errors.deadletterqueue.topic.name': ofResource(
    text(),
    '',
    'Dead-letter topic of the share group; empty means none.',
  ),
  'share.assignment.interval.ms': ofResource(
    int({ min: 0 }),
    '1000',
    'Shortest time between two target assignments of the share group.',
  ),
  'share.assignor.offload.enable': internal(
    ofResource(
      bool(),
      'true',
      "Whether the share group's assignor runs beside the coordinator's own thread.",
    ),
  ),
  'share.auto.offset.reset': ofResource(
    shareOffsetReset(),
    'latest',
    'Where a new share group begins: latest, earliest, or by_duration: and a duration.',
  ),
  'share.delivery.count.limit': ofResource(
    int({ min: 2 }),
    '5',
    'How often a record is delivered before it counts as undeliverable.',
  ),
  'share.heartbeat.interval.ms': ofResource(
    int({ min: 1 }),
    '5000',
    "Heartbeat interval told to the share group's members.",
  ),
  'share.isolation.level': ofResource(
    oneOf('read_committed', 'read_uncommitted'),
    'read_uncommitted',
    'Whether records of open and aborted transactions are delivered.',
  ),
  'share.partition.max.record.locks': ofResource(
    int({ min: 100 }),
    '2000',
    'Most records of a partition that may be locked at once.',
  ),
  'share.record.lock.duration.ms': ofResource(
    int({ min: 1000 }),
    '30000',
    'How long a delivered record stays locked for its consumer.',
  ),
  'share.renew.acknowledge.enable': ofResource(
    bool(),
    'true',
    'Whether consumers may renew the lock of a record.',
  ),
  'share.session.timeout.ms': ofResource(
    int({ min: 1 }),
    '45000',
    "How long a share group's member may be silent before it is removed.",
  ),
  'streams.acceptable.recovery.lag': internal(
    ofResource(long({ min: 0 }), '10000', 'Records by which a task may lag and still count as caught up.'),
  ),
  'streams.assignment.interval.ms': ofResource(
    int({ min: 0 }),
    '1000',
    'Shortest time between two target assignments of the streams group.',
  ),
  'streams.assignor.name': ofResource(text(), null, 'Task assignor of the streams group.'),
  'streams.assignor.offload.enable': internal(
    ofResource(
      bool(),
      'true',
      "Whether the streams group's assignor runs beside the coordinator's own thread.",
    ),
  ),
  'streams.heartbeat.interval.ms': ofResource(
    int({ min: 1 }),
    '5000',
    "Heartbeat interval told to the streams group's members.",
  ),
  'streams.initial.rebalance.delay.ms': ofResource(
    int({ min: 0 }),
    '3000',
    'How long an empty streams group waits for more members after its first one joined.',
  ),
  'streams.num.standby.replicas': ofResource(int({ min: 0 }), '0', 'Standby copies of each stateful task.'),
  'streams.num.warmup.replicas': internal(
    ofResource(int({ min: 0 }), '2', 'Warm-up copies that may exist at the same time.'),
  ),
  'streams.rack.aware.assignment.tags': ofResource(
    list(),
    '',
    'Client tags over which standby copies are spread.',
  ),
  'streams.session.timeout.ms': ofResource(
    int({ min: 1 }),
    '45000',
    'How long a streams member may be silent before it is removed.',
  ),
  'streams.task.offset.interval.ms': internal(
    ofResource(int({ min: 1 }), '60000', 'How often members report the offsets of their tasks.'),
  ),
})
