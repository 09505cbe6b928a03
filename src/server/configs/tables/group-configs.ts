/**
 * Broker configs of the group coordinator: classic, consumer (KIP-848) and streams (KIP-1071) groups, and committed offsets.
 */
import { clusterWide, internal, readOnly, table } from '../definition.ts'
import {
  bool,
  className,
  int,
  list,
  listOfWords,
  long,
  nonEmptyList,
  oneOfIgnoringCase,
  short,
} from '../kinds.ts'

export const groupConfigs = table({
  'group.consumer.assignment.interval.ms': clusterWide(
    int({ min: 0 }),
    '1000',
    'Shortest time between two target assignments of a consumer group.',
  ),
  'group.consumer.assignor.offload.enable': internal(
    clusterWide(
      bool(),
      'true',
      "Whether assignors of consumer groups run beside the coordinator's own thread.",
    ),
  ),
  'group.consumer.assignors': readOnly(
    nonEmptyList(),
    'uniform,range',
    'Server-side assignors, the first one being the default.',
  ),
  'group.consumer.heartbeat.interval.ms': readOnly(
    int({ min: 1 }),
    '5000',
    'Heartbeat interval told to members of consumer groups.',
  ),
  'group.consumer.max.assignment.interval.ms': readOnly(
    int({ min: 0 }),
    '15000',
    'Largest assignment interval that a group may ask for.',
  ),
  'group.consumer.max.heartbeat.interval.ms': readOnly(
    int({ min: 1 }),
    '15000',
    'Largest heartbeat interval that a group may ask for.',
  ),
  'group.consumer.max.session.timeout.ms': readOnly(
    int({ min: 1 }),
    '60000',
    'Largest session timeout that a group may ask for.',
  ),
  'group.consumer.max.size': readOnly(
    int({ min: 1 }),
    '2147483647',
    'Most members that a consumer group may have.',
  ),
  'group.consumer.migration.policy': readOnly(
    oneOfIgnoringCase('DISABLED', 'DOWNGRADE', 'UPGRADE', 'BIDIRECTIONAL'),
    'bidirectional',
    'Which way a group may pass between the classic and the consumer protocol while it is live.',
  ),
  'group.consumer.min.assignment.interval.ms': readOnly(
    int({ min: 0 }),
    '0',
    'Smallest assignment interval that a group may ask for.',
  ),
  'group.consumer.min.heartbeat.interval.ms': readOnly(
    int({ min: 1 }),
    '5000',
    'Smallest heartbeat interval that a group may ask for.',
  ),
  'group.consumer.min.session.timeout.ms': readOnly(
    int({ min: 1 }),
    '45000',
    'Smallest session timeout that a group may ask for.',
  ),
  'group.consumer.regex.refresh.interval.ms': internal(
    readOnly(
      int({ min: 10_000 }),
      '600000',
      'How often subscribed patterns are matched with the topics again.',
    ),
  ),
  'group.consumer.session.timeout.ms': readOnly(
    int({ min: 1 }),
    '45000',
    'How long a member may be silent before it is removed.',
  ),
  'group.coordinator.append.linger.ms': readOnly(
    int({ min: -1 }),
    '-1',
    'How long coordinator records wait for company; -1 adapts to the load.',
  ),
  'group.coordinator.background.threads': readOnly(
    int({ min: 1 }),
    '2',
    "Threads for the coordinator's long computations.",
  ),
  'group.coordinator.cached.buffer.max.bytes': clusterWide(
    int({ min: 524_288 }),
    '1048588',
    'Largest write buffer that the coordinator keeps for the next batch.',
  ),
  'group.coordinator.rebalance.protocols': readOnly(
    listOfWords(['consumer', 'classic', 'share', 'streams'], false),
    'classic,consumer,streams',
    'Group protocols that the coordinator speaks.',
  ),
  'group.coordinator.threads': readOnly(int({ min: 1 }), '4', 'Threads of the group coordinator.'),
  'group.initial.rebalance.delay.ms': readOnly(
    int(),
    '3000',
    'How long an empty group waits for more members after its first one joined.',
  ),
  'group.max.session.timeout.ms': readOnly(
    int(),
    '1800000',
    'Largest session timeout that a member of a classic group may ask for.',
  ),
  'group.max.size': readOnly(int({ min: 1 }), '2147483647', 'Most members that a classic group may have.'),
  'group.min.session.timeout.ms': readOnly(
    int(),
    '6000',
    'Smallest session timeout that a member of a classic group may ask for.',
  ),
  'group.streams.acceptable.recovery.lag': internal(
    readOnly(long({ min: 0 }), '10000', 'Records by which a task may lag and still count as caught up.'),
  ),
  'group.streams.assignment.interval.ms': clusterWide(
    int({ min: 0 }),
    '1000',
    'Shortest time between two target assignments of a streams group.',
  ),
  'group.streams.assignor.offload.enable': internal(
    clusterWide(
      bool(),
      'true',
      "Whether assignors of streams groups run beside the coordinator's own thread.",
    ),
  ),
  'group.streams.assignors': readOnly(nonEmptyList(), 'sticky', 'Task assignors for streams groups.'),
  'group.streams.heartbeat.interval.ms': readOnly(
    int({ min: 1 }),
    '5000',
    'Heartbeat interval told to members of streams groups.',
  ),
  'group.streams.initial.rebalance.delay.ms': readOnly(
    int({ min: 0 }),
    '3000',
    'How long an empty streams group waits for more members after its first one joined.',
  ),
  'group.streams.max.assignment.interval.ms': readOnly(
    int({ min: 0 }),
    '15000',
    'Largest assignment interval that a streams group may ask for.',
  ),
  'group.streams.max.heartbeat.interval.ms': readOnly(
    int({ min: 1 }),
    '15000',
    'Largest heartbeat interval that a streams group may ask for.',
  ),
  'group.streams.max.session.timeout.ms': readOnly(
    int({ min: 1 }),
    '60000',
    'Largest session timeout that a streams group may ask for.',
  ),
  'group.streams.max.size': readOnly(
    int({ min: 1 }),
    '2147483647',
    'Most members that a streams group may have.',
  ),
  'group.streams.max.standby.replicas': readOnly(
    int({ min: 0 }),
    '2',
    'Most standby copies per task that a group may ask for.',
  ),
  'group.streams.max.warmup.replicas': internal(
    readOnly(int({ min: 0 }), '20', 'Most warm-up copies that a group may ask for.'),
  ),
  'group.streams.min.assignment.interval.ms': readOnly(
    int({ min: 0 }),
    '0',
    'Smallest assignment interval that a streams group may ask for.',
  ),
  'group.streams.min.heartbeat.interval.ms': readOnly(
    int({ min: 1 }),
    '5000',
    'Smallest heartbeat interval that a streams group may ask for.',
  ),
  'group.streams.min.session.timeout.ms': readOnly(
    int({ min: 1 }),
    '45000',
    'Smallest session timeout that a streams group may ask for.',
  ),
  'group.streams.min.task.offset.interval.ms': internal(
    readOnly(int({ min: 1 }), '15000', 'Smallest interval of task offset reports that a group may ask for.'),
  ),
  'group.streams.num.standby.replicas': readOnly(
    int({ min: 0 }),
    '0',
    'Standby copies of each stateful task.',
  ),
  'group.streams.num.warmup.replicas': internal(
    readOnly(int({ min: 0 }), '2', 'Warm-up copies that may exist at the same time.'),
  ),
  'group.streams.rack.aware.assignment.tags': readOnly(
    list(),
    '',
    'Client tags over which standby copies are spread.',
  ),
  'group.streams.session.timeout.ms': readOnly(
    int({ min: 1 }),
    '45000',
    'How long a streams member may be silent before it is removed.',
  ),
  'group.streams.task.offset.interval.ms': internal(
    readOnly(int({ min: 1 }), '60000', 'How often members report the offsets of their tasks.'),
  ),
  'group.streams.topology.description.plugin.class': readOnly(
    className(),
    null,
    'Plug-in that keeps descriptions of topologies.',
  ),
  'offset.metadata.max.bytes': readOnly(int(), '4096', 'Longest metadata text of a committed offset.'),
  'offsets.commit.timeout.ms': readOnly(
    int({ min: 1 }),
    '5000',
    'How long an offset commit may wait for its replicas.',
  ),
  'offsets.load.buffer.size': readOnly(
    int({ min: 1 }),
    '5242880',
    'Batch size for reading committed offsets into memory.',
  ),
  'offsets.retention.check.interval.ms': readOnly(
    long({ min: 1 }),
    '600000',
    'How often committed offsets are looked at for expiry.',
  ),
  'offsets.retention.minutes': readOnly(
    int({ min: 1 }),
    '10080',
    'How long the committed offsets of an abandoned group are kept.',
  ),
  'offsets.topic.compression.codec': readOnly(
    int(),
    '0',
    'Codec number for the batches of the offsets topic; 0 means none.',
  ),
  'offsets.topic.num.partitions': readOnly(
    int({ min: 1 }),
    '50',
    'Partitions of the offsets topic; not to be changed once it exists.',
  ),
  'offsets.topic.replication.factor': readOnly(
    short({ min: 1 }),
    '3',
    'Replicas of the offsets topic, as far as there are brokers.',
  ),
  'offsets.topic.segment.bytes': readOnly(int({ min: 1 }), '104857600', 'Segment size of the offsets topic.'),
})
