"""What kafka-python expects of a broker. Run: checks.py [CASE...] BOOTSTRAP"""

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "foreign"))

from cases import BOOTSTRAP, DEADLINE, numbered, raises, run, unique
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors
from kafka.admin import AlterConfigOp, ConfigResource, NewTopic, OffsetSpec
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from kafka.structs import OffsetAndMetadata

admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)


def new_topic(partitions=1, **configs):
    topic = unique("topic")
    configs = {name.replace("_", "."): value for name, value in configs.items()}
    admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs)])
    until(lambda: len(admin.describe_topics([topic])[0]["partitions"]) == partitions)
    return topic


def new_producer(**config):
    return KafkaProducer(bootstrap_servers=BOOTSTRAP, **config)


def produce(topic, values, **config):
    producer = new_producer(**config)
    sent = [producer.send(topic, value, partition=0) for value in values]
    producer.flush(DEADLINE)
    offsets = [future.get(DEADLINE).offset for future in sent]
    producer.close()
    return offsets


def new_consumer(**config):
    defaults = {
        "auto_offset_reset": "earliest",
        "heartbeat_interval_ms": 200,
        "session_timeout_ms": 6000,
        "fetch_max_wait_ms": 100,
        "retry_backoff_ms": 50,
    }
    return KafkaConsumer(bootstrap_servers=BOOTSTRAP, **{**defaults, **config})


def poll(consumer, timeout_ms=500):
    return [record for records in consumer.poll(timeout_ms).values() for record in records]


def read(consumer, count):
    records = []
    until(lambda: records.extend(poll(consumer)) or len(records) >= count)
    return records


def read_all(topic, count, **config):
    consumer = new_consumer(**config)
    consumer.assign([TopicPartition(topic, 0)])
    try:
        return read(consumer, count)
    finally:
        consumer.close()


def values_of(records):
    return [record.value for record in records]


def until(condition, *consumers):
    """Polls the consumers, as they need it to make progress, until the condition holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "the condition did not hold in time"
        for consumer in consumers:
            poll(consumer)
        time.sleep(0.01)


def codecs():
    topic, expected = new_topic(), []
    for codec in [None, "gzip", "snappy", "lz4", "zstd"]:
        values = numbered(codec, 100)
        produce(topic, values, compression_type=codec)
        expected += values
    assert values_of(read_all(topic, 500)) == expected


def idempotence():
    topic, values = new_topic(), numbered("value", 2000)
    assert produce(topic, values, enable_idempotence=True, batch_size=2000) == list(range(2000))
    assert values_of(read_all(topic, 2000)) == values


def acks():
    topic = new_topic()
    for level in [0, 1, "all"]:
        produce(topic, [b"v"], acks=level, enable_idempotence=False)
    assert len(read_all(topic, 3)) == 3


def headers():
    topic, producer = new_topic(), new_producer()
    sent = [("one", b"1"), ("empty", b""), ("one", b"again")]
    metadata = producer.send(topic, b"v", key=b"k", headers=sent, timestamp_ms=1700000000123).get(DEADLINE)
    assert (metadata.offset, metadata.timestamp) == (0, 1700000000123)
    producer.send(topic, None, key=b"gone").get(DEADLINE)
    full, tombstone = read_all(topic, 2)
    assert list(full.headers) == sent
    assert (full.key, full.value, full.timestamp) == (b"k", b"v", 1700000000123)
    assert (tombstone.key, tombstone.value) == (b"gone", None)
    producer.close()


def largeMessages():
    topic = new_topic(max_message_bytes="10000000")
    produce(topic, [bytes(5 << 20)], max_request_size=8 << 20)
    assert len(read_all(topic, 1, max_partition_fetch_bytes=1000)[0].value) == 5 << 20
    small = new_topic(max_message_bytes="1000")
    raises(errors.MessageSizeTooLargeError, produce, small, [bytes(5000)])


def timestamps():
    topic, producer = new_topic(), new_producer()
    for at in [1000, 2000, 3000]:
        producer.send(topic, str(at).encode(), timestamp_ms=at).get(DEADLINE)
    producer.close()
    consumer, partition = new_consumer(), TopicPartition(topic, 0)
    assert consumer.offsets_for_times({partition: 1500})[partition].offset == 1
    assert consumer.offsets_for_times({partition: 3001})[partition] is None
    assert consumer.beginning_offsets([partition]) == {partition: 0}
    assert consumer.end_offsets([partition]) == {partition: 3}
    consumer.assign([partition])
    consumer.seek(partition, 1)
    assert values_of(read(consumer, 2)) == [b"2000", b"3000"]
    consumer.close()
    assert admin.list_partition_offsets({partition: OffsetSpec.MAX_TIMESTAMP})[partition].offset == 2


def transactions():
    topic, expected = new_topic(), []
    producer = new_producer(transactional_id=unique("tx"))
    producer.init_transactions()
    for number in range(10):
        producer.begin_transaction()
        value = b"aborted" if number % 2 else f"committed-{number}".encode()
        producer.send(topic, value, partition=0)
        if number % 2:
            producer.flush()
            producer.abort_transaction()
        else:
            producer.commit_transaction()
            expected.append(value)
    producer.close()
    assert values_of(read_all(topic, 5, isolation_level="read_committed")) == expected
    assert len(read_all(topic, 10)) == 10


def chain():
    source, sink, group = new_topic(), new_topic(), unique("group")
    produce(source, [b"a", b"b", b"c"])
    consumer = new_consumer(group_id=group, enable_auto_commit=False, isolation_level="read_committed")
    consumer.subscribe([source])
    records, partition = read(consumer, 3), TopicPartition(source, 0)
    producer = new_producer(transactional_id=unique("tx"))
    producer.init_transactions()
    for end in [producer.commit_transaction, producer.abort_transaction]:
        producer.begin_transaction()
        for record in records:
            producer.send(sink, b"made of " + record.value, partition=0)
        offset = 3 if end == producer.commit_transaction else 9
        producer.send_offsets_to_transaction({partition: OffsetAndMetadata(offset, "", -1)}, consumer.group_metadata())
        end()
    assert consumer.committed(partition) == 3
    consumer.close()
    producer.close()
    assert values_of(read_all(sink, 3, isolation_level="read_committed")) == [b"made of a", b"made of b", b"made of c"]


class Member(threading.Thread):
    """A consumer in a group, polled by a thread of its own: polls that are cut short make it lose a rebalance."""

    def __init__(self, topic, **config):
        super().__init__(daemon=True)
        self.consumer = new_consumer(**config)
        # A leader that has no metadata yet assigns nothing and joins again.
        self.consumer.partitions_for_topic(topic)
        self.consumer.subscribe([topic])
        self.stopping = threading.Event()
        self.start()

    def run(self):
        while not self.stopping.is_set():
            self.consumer.poll(500)
        self.consumer.close()

    def assignment(self):
        return set(self.consumer.assignment())

    def leave(self):
        self.stopping.set()
        self.join(DEADLINE)


def rebalance(assignor):
    topic = new_topic(4)
    config = {"group_id": unique("group"), "partition_assignment_strategy": [assignor]}
    first = Member(topic, **config)
    until(lambda: len(first.assignment()) == 4)
    second = Member(topic, **config)
    until(lambda: len(first.assignment()) == 2 and len(second.assignment()) == 2)
    assert first.assignment() | second.assignment() == {TopicPartition(topic, number) for number in range(4)}
    second.leave()
    until(lambda: len(first.assignment()) == 4)
    first.leave()


def byRange():
    rebalance(RangePartitionAssignor)


def roundRobin():
    rebalance(RoundRobinPartitionAssignor)


def sticky():
    rebalance(StickyPartitionAssignor)


def cooperative():
    rebalance(CooperativeStickyAssignor)


def staticMembers():
    topic, group = new_topic(2), unique("group")

    def named(name):
        return Member(topic, group_id=group, group_instance_id=name)

    first, second = named("first"), named("second")
    until(lambda: len(first.assignment()) == 1 and len(second.assignment()) == 1)
    mine = second.assignment()
    second.leave()
    second = named("second")
    until(lambda: len(second.assignment()) == 1)
    assert second.assignment() == mine
    first.leave()
    second.leave()


def commits():
    topic, group = new_topic(), unique("group")
    produce(topic, [b"a", b"b", b"c"])
    first = new_consumer(group_id=group, enable_auto_commit=False)
    first.subscribe([topic])
    read(first, 3)
    partition = TopicPartition(topic, 0)
    assert first.committed(partition) is None
    first.commit({partition: OffsetAndMetadata(2, "note", -1)})
    assert first.committed(partition, metadata=True).metadata == "note"
    first.close()
    second = new_consumer(group_id=group)
    second.subscribe([topic])
    assert values_of(read(second, 1)) == [b"c"]
    second.close()


def adminTopics():
    topic = unique("topic")
    admin.create_topics([NewTopic(topic, 2, 1)])
    raises(errors.TopicAlreadyExistsError, admin.create_topics, [NewTopic(topic, 2, 1)])
    raises(errors.InvalidTopicError, admin.create_topics, [NewTopic("not allowed!", 2, 1)])
    raises(errors.InvalidReplicationFactorError, admin.create_topics, [NewTopic(unique("topic"), 1, 9)])
    admin.create_partitions({topic: 5})
    until(lambda: len(admin.describe_topics([topic])[0]["partitions"]) == 5)
    raises(errors.InvalidPartitionsError, admin.create_partitions, {topic: 1})
    admin.delete_topics([topic])
    until(lambda: topic not in admin.list_topics())
    raises(errors.UnknownTopicOrPartitionError, admin.delete_topics, [topic])


def adminConfigs():
    topic = new_topic(retention_ms="5000")

    def described():
        return admin.describe_configs([ConfigResource("topic", topic)], config_filter="all")["topic"][topic]

    assert described()["retention.ms"]["value"] == "5000"
    changes = {"cleanup.policy": (AlterConfigOp.APPEND, "compact"), "retention.ms": (AlterConfigOp.DELETE, None)}
    admin.alter_configs([ConfigResource("topic", topic, changes)])
    until(lambda: described()["cleanup.policy"]["value"] == "delete,compact")
    assert described()["retention.ms"]["value"] == "604800000"


def adminGroups():
    topic, group = new_topic(2), unique("group")
    consumer = new_consumer(group_id=group, client_id="me")
    consumer.subscribe([topic])
    until(lambda: len(consumer.assignment()) == 2, consumer)
    described = admin.describe_groups([group])[group]
    assert described["group_state"] == "Stable", described
    assert [member["client_id"] for member in described["members"]] == ["me"]
    assert group in [each["group_id"] for each in admin.list_groups()]
    assert admin.delete_groups([group]) == {group: "NonEmptyGroupError"}
    consumer.close()
    first, second = TopicPartition(topic, 0), TopicPartition(topic, 1)
    offsets = {first: OffsetAndMetadata(7, "note", -1), second: OffsetAndMetadata(8, "", -1)}
    admin.alter_group_offsets(group, offsets)
    stored = admin.list_group_offsets([group])[group]
    assert (stored[first].offset, stored[first].metadata, stored[second].offset) == (7, "note", 8)
    admin.delete_group_offsets(group, [second])
    assert second not in admin.list_group_offsets([group])[group]
    delete_group(group)
    assert admin.delete_groups([group]) == {group: "GroupIdNotFoundError"}


def delete_group(group):
    outcome = admin.delete_groups([group])[group]
    assert outcome == "OK", outcome


def adminRecords():
    topic = new_topic()
    partition = TopicPartition(topic, 0)
    produce(topic, [b"a", b"b", b"c"])
    assert admin.delete_records({partition: 2})[partition]["low_watermark"] == 2
    assert values_of(read_all(topic, 1)) == [b"c"]
    raises(errors.OffsetOutOfRangeError, admin.delete_records, {partition: 9})


def adminTransactions():
    topic, name = new_topic(), unique("tx")
    producer = new_producer(transactional_id=name)
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(topic, b"open", partition=0).get(DEADLINE)
    assert str(admin.describe_transactions([name])[name].state).lower().endswith("ongoing")
    listed = [each.transactional_id for found in admin.list_transactions().values() for each in found]
    assert name in listed
    partition = TopicPartition(topic, 0)
    assert len(admin.describe_producers([partition])[partition].active_producers) == 1
    producer.abort_transaction()
    producer.close()


def adminCluster():
    cluster = admin.describe_cluster()
    (node,) = cluster["brokers"]
    assert f"{node['host']}:{node['port']}" == BOOTSTRAP
    assert len(cluster["cluster_id"]) == 22
    assert len(admin.describe_log_dirs()) == 1
    assert "metadata.version" in str(admin.describe_features())
    admin.describe_metadata_quorum()
    admin.list_config_resources()


run(
    codecs, idempotence, acks, headers, largeMessages, timestamps, transactions, chain, byRange, roundRobin, sticky,
    cooperative, staticMembers, commits, adminTopics, adminConfigs, adminGroups, adminRecords, adminTransactions,
    adminCluster,
)
