/** Broker configs of quotas, metrics and client telemetry. */
import { clusterWide, internal, readOnly, table } from '../definition.ts'
import { className, int, list, long, text } from '../kinds.ts'

export const quotaConfigs = table({
  'alter.log.dirs.replication.quota.window.num': readOnly(
    int({ min: 1 }),
    '11',
    'Samples kept for the quota of moves between data directories.',
  ),
  'alter.log.dirs.replication.quota.window.size.seconds': readOnly(
    int({ min: 1 }),
    '1',
    'Span of one such sample.',
  ),
  'client.quota.callback.class': readOnly(className(), null, 'Class that decides client quotas.'),
  'controller.quota.window.num': readOnly(
    int({ min: 1 }),
    '11',
    'Samples kept for the quota of topic changes.',
  ),
  'controller.quota.window.size.seconds': readOnly(int({ min: 1 }), '1', 'Span of one such sample.'),
  'follower.replication.throttled.rate': internal(
    clusterWide(
      long({ min: 0 }),
      null,
      'Bytes per second for throttled replicas on this broker as follower.',
    ),
  ),
  'kafka.metrics.polling.interval.secs': readOnly(
    int({ min: 1 }),
    '10',
    'How often metrics reporters are polled.',
  ),
  'kafka.metrics.reporters': readOnly(list(), '', 'Reporters of the older metrics library.'),
  'leader.replication.throttled.rate': internal(
    clusterWide(long({ min: 0 }), null, 'Bytes per second for throttled replicas on this broker as leader.'),
  ),
  'metric.reporters': clusterWide(
    list(),
    'org.apache.kafka.common.metrics.JmxReporter',
    'Classes that receive metrics.',
  ),
  'metrics.num.samples': readOnly(int({ min: 1 }), '2', 'Samples kept per metric.'),
  'metrics.recording.level': readOnly(text(), 'INFO', 'How detailed recorded metrics are.'),
  'metrics.sample.window.ms': readOnly(long({ min: 1 }), '30000', 'Span of one metrics sample.'),
  'quota.window.num': readOnly(int({ min: 1 }), '11', 'Samples kept for client quotas.'),
  'quota.window.size.seconds': readOnly(int({ min: 1 }), '1', 'Span of one sample for client quotas.'),
  'replica.alter.log.dirs.io.max.bytes.per.second': internal(
    clusterWide(long({ min: 0 }), null, 'Bytes per second for moves between data directories.'),
  ),
  'replication.quota.window.num': readOnly(int({ min: 1 }), '11', 'Samples kept for the replication quota.'),
  'replication.quota.window.size.seconds': readOnly(int({ min: 1 }), '1', 'Span of one such sample.'),
  'telemetry.max.bytes': readOnly(
    int({ min: 1 }),
    '1048576',
    'Largest telemetry message of a client, compressed.',
  ),
})
