/** Broker configs of the node itself, of topics in general, and of plug-in classes. */
import { clusterWide, internal, readOnly, table } from '../definition.ts'
import { bool, className, int, list, text } from '../kinds.ts'

export const nodeConfigs = table({
  'alter.config.policy.class.name': readOnly(className(), null, 'Class that may veto changes of configs.'),
  'authorizer.class.name': readOnly(text(), '', 'Class that decides who may do what.'),
  'auto.create.topics.enable': readOnly(bool(), 'true', 'Whether asking for an unknown topic creates it.'),
  'background.threads': clusterWide(int({ min: 1 }), '10', 'Threads for work in the background.'),
  'broker.id': readOnly(int(), '-1', 'Older name of node.id.'),
  'broker.rack': readOnly(text(), null, 'Rack of this broker, told to clients and used to spread replicas.'),
  'config.providers': clusterWide(list(), '', 'Classes that fill in placeholders in configs.'),
  'create.topic.policy.class.name': readOnly(className(), null, 'Class that may veto new topics.'),
  'delete.topic.enable': readOnly(bool(), 'true', 'Whether topics may be deleted.'),
  'node.id': readOnly(int({ min: 0 }), '1', 'Number of this node in the cluster.'),
  'num.partitions': readOnly(
    int({ min: 1 }),
    '1',
    'Partitions of topics that are created by themselves or ask for -1.',
  ),
  'unstable.api.versions.enable': internal(
    readOnly(bool(), 'false', 'Whether API versions that are still being worked on are offered.'),
  ),
  'unstable.feature.versions.enable': internal(
    readOnly(bool(), 'false', 'Whether feature levels that are still being worked on are offered.'),
  ),
})
