/**
 * Broker configs of KRaft controllers and the metadata log. Odradek agrees through its metadata store instead.
 */
import { internal, readOnly, table } from '../definition.ts'
import { bool, int, listMatching, listOfWords, long, nonEmptyList, text } from '../kinds.ts'

export const controllerConfigs = table({
  'controller.listener.names': readOnly(nonEmptyList(), 'CONTROLLER', 'Listeners of the controller.'),
  'controller.performance.always.log.threshold.ms': internal(
    readOnly(long({ min: 0 }), '2000', 'Controller events that take longer than this are logged.'),
  ),
  'controller.performance.sample.period.ms': internal(
    readOnly(long({ min: 100 }), '60000', 'How often controller event times are summed up.'),
  ),
  'controller.quorum.append.linger.ms': readOnly(
    int({ min: 0 }),
    '25',
    'How long metadata records wait for company.',
  ),
  'controller.quorum.auto.join.enable': readOnly(
    bool(),
    'false',
    'Whether a controller joins the voters by itself.',
  ),
  'controller.quorum.bootstrap.servers': readOnly(
    listMatching(/^.+:\d+$/, 'host:port'),
    '',
    'Controllers from which the quorum is discovered.',
  ),
  'controller.quorum.election.backoff.max.ms': readOnly(
    int({ min: 0 }),
    '1000',
    'Longest pause before a controller runs for election again.',
  ),
  'controller.quorum.election.timeout.ms': readOnly(
    int({ min: 0 }),
    '1000',
    'How long a controller waits for votes.',
  ),
  'controller.quorum.fetch.max.bytes': readOnly(
    int({ min: 1 }),
    '1048576',
    'Metadata bytes fetched at once.',
  ),
  'controller.quorum.fetch.snapshot.max.bytes': readOnly(
    int({ min: 1 }),
    '1048576',
    'Snapshot bytes fetched at once.',
  ),
  'controller.quorum.fetch.timeout.ms': readOnly(
    int({ min: 0 }),
    '2000',
    'A voter that fetched nothing for this long calls an election.',
  ),
  'controller.quorum.request.timeout.ms': readOnly(
    int({ min: 0 }),
    '2000',
    'How long a call within the quorum may take.',
  ),
  'controller.quorum.retry.backoff.ms': readOnly(
    int({ min: 0 }),
    '20',
    'Pause between tries within the quorum.',
  ),
  'controller.quorum.voters': readOnly(
    listMatching(/^\d+@.+:\d+$/, 'id@host:port'),
    '',
    'Voters of the quorum, each as id@host:port.',
  ),
  'internal.metadata.delete.delay.millis': internal(
    readOnly(long(), '60000', 'How long deleted metadata files stay on disk.'),
  ),
  'internal.metadata.log.segment.bytes': internal(
    readOnly(int(), null, 'Segment size of the metadata log, for tests.'),
  ),
  'internal.metadata.max.batch.size.in.bytes': internal(
    readOnly(int(), '8388608', 'Largest batch of the metadata log.'),
  ),
  'metadata.log.dir': readOnly(text(), null, 'Directory of the metadata log.'),
  'metadata.log.max.record.bytes.between.snapshots': readOnly(
    long({ min: 1 }),
    '20971520',
    'Metadata bytes after which a snapshot is made.',
  ),
  'metadata.log.max.snapshot.interval.ms': readOnly(
    long({ min: 0 }),
    '3600000',
    'Longest time between metadata snapshots.',
  ),
  'metadata.log.segment.bytes': readOnly(
    int({ min: 8_388_608 }),
    '1073741824',
    'Segment size of the metadata log.',
  ),
  'metadata.log.segment.ms': readOnly(long(), '604800000', 'Time after which a metadata segment is rolled.'),
  'metadata.max.idle.interval.ms': readOnly(
    int({ min: 0 }),
    '500',
    'How often an idle controller writes a no-op record.',
  ),
  'metadata.max.retention.bytes': readOnly(long(), '104857600', 'Bytes of the metadata log that are kept.'),
  'metadata.max.retention.ms': readOnly(long(), '604800000', 'Time that the metadata log is kept.'),
  'process.roles': readOnly(
    listOfWords(['broker', 'controller'], false),
    'broker,controller',
    'Roles of this process: broker, controller or both.',
  ),
  'server.max.startup.time.ms': internal(
    readOnly(long({ min: 0 }), '9223372036854775807', 'Longest time that starting may take.'),
  ),
})
