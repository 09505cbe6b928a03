"""What librdkafka, through confluent-kafka, expects of a broker. Run: checks.py BOOTSTRAP CHECK

Every check makes topics and groups of its own, asserts, and ends with exit code 0 or a traceback.
"""

import os
import sys
import time
import uuid

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    OFFSET_INVALID,
    Consumer,
    ConsumerGroupTopicPartitions,
    ConsumerGroupState,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

BOOTSTRAP = sys.argv[1]
DEADLINE = 30


def unique(what):
    return f"{what}-{uuid.uuid4().hex[:12]}"


ADMIN = AdminClient({"bootstrap.servers": BOOTSTRAP})


def admin():
    return ADMIN


def result(futures):
    """The only result of a call that gives one future per item, or the future of a call that gives one."""
    future = next(iter(futures.values())) if isinstance(futures, dict) else futures
    return future.result(DEADLINE)


def error_of(futures):
    try:
        result(futures)
    except KafkaException as exception:
        return exception.args[0].name()
    return None


def new_topic(partitions=1, **config):
    topic = unique("topic")
    config = {name.replace("_", "."): value for name, value in config.items()}
    result(admin().create_topics([NewTopic(topic, partitions, 1, config=config)]))
    return topic


def produce(topic, values, partition=0, **config):
    """Writes and tells what each delivery report says: the offset, or the error's name."""
    reports = []

    def delivered(error, message):
        reports.append(error.name() if error else message.offset())

    producer = Producer({"bootstrap.servers": BOOTSTRAP, "linger.ms": 5, **config})
    for value in values:
        producer.produce(topic, value, partition=partition, on_delivery=delivered)
    assert producer.flush(DEADLINE) == 0
    return reports


def new_consumer(**config):
    return Consumer(
        {
            "bootstrap.servers": BOOTSTRAP,
            "group.id": unique("group"),
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 200,
            "fetch.wait.max.ms": 100,
            "topic.metadata.refresh.interval.ms": 500,
            **{name.replace("_", "."): value for name, value in config.items()},
        }
    )


def read(consumer, count):
    """The next `count` records; errors are not among them."""
    records = []
    deadline = time.monotonic() + DEADLINE
    while len(records) < count:
        assert time.monotonic() < deadline, f"{len(records)} of {count} records in time"
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            records.append(message)
    return records


def read_all(topic, count, **config):
    consumer = new_consumer(**config)
    consumer.subscribe([topic])
    try:
        return read(consumer, count)
    finally:
        consumer.close()


def wait_until(condition, *consumers):
    """Polls the consumers, as librdkafka needs to make progress, until the condition holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "the condition did not hold in time"
        for consumer in consumers:
            consumer.poll(0.02)


# Producers


def delivery_reports():
    topic = new_topic()
    for acks in ["all", "1"]:
        start = 0 if acks == "all" else 3
        assert produce(topic, ["a", "b", "c"], acks=acks) == [start, start + 1, start + 2]


def idempotent():
    topic = new_topic()
    values = [str(index) for index in range(2000)]
    reports = produce(topic, values, **{"enable.idempotence": True, "batch.num.messages": 100})
    assert reports == list(range(2000))
    assert [message.value().decode() for message in read_all(topic, 2000)] == values


def compression():
    topic = new_topic()
    codecs = ["none", "gzip", "snappy", "lz4", "zstd"]
    for codec in codecs:
        produce(topic, [f"{codec}-{index}-" + "x" * 100 for index in range(50)], **{"compression.type": codec})
    values = [message.value().decode() for message in read_all(topic, 250)]
    assert [value.split("-")[0] for value in values] == [codec for codec in codecs for _ in range(50)]


def records_as_sent():
    topic = new_topic()
    producer = Producer({"bootstrap.servers": BOOTSTRAP})
    headers = [("one", b"1"), ("none", None), ("empty", b""), ("one", b"again")]
    producer.produce(topic, key=b"k", value=b"v", headers=headers, timestamp=1700000000123)
    producer.produce(topic, key=None, value=None)
    producer.produce(topic, key=b"", value=b"")
    producer.flush(DEADLINE)
    full, null, empty = read_all(topic, 3)
    assert (full.key(), full.value(), full.headers()) == (b"k", b"v", headers)
    assert full.timestamp() == (1, 1700000000123)
    assert (null.key(), null.value()) == (None, None)
    assert (empty.key(), empty.value()) == (b"", b"")
    assert [message.offset() for message in (full, null, empty)] == [0, 1, 2]
    assert full.leader_epoch() == 0


def refused():
    topic = new_topic(max_message_bytes="1000")
    assert produce(topic, ["x" * 2000]) == ["MSG_SIZE_TOO_LARGE"]
    compacted = new_topic(cleanup_policy="compact")
    assert produce(compacted, ["keyless"]) == ["INVALID_RECORD"]
    assert produce(new_topic(), ["v"], partition=7, **{"message.timeout.ms": 3000})[0] in (
        "_UNKNOWN_PARTITION",
        "_MSG_TIMED_OUT",
    )


# Consumers


def end_of_partition():
    topic = new_topic(2)
    produce(topic, ["a", "b"], partition=1)
    for level in ["read_committed", "read_uncommitted"]:
        consumer = new_consumer(enable_partition_eof=True, isolation_level=level)
        consumer.subscribe([topic])
        ends = {}
        deadline = time.monotonic() + DEADLINE
        while len(ends) < 2:
            assert time.monotonic() < deadline, f"ends of partitions: {ends}"
            message = consumer.poll(0.1)
            if message is not None and message.error() is not None:
                assert message.error().code() == KafkaError._PARTITION_EOF
                ends[message.partition()] = message.offset()
        assert ends == {0: 0, 1: 2}
        consumer.close()


def watermarks_and_times():
    topic = new_topic()
    producer = Producer({"bootstrap.servers": BOOTSTRAP})
    for timestamp in [1000, 2000, 3000]:
        producer.produce(topic, "v", timestamp=timestamp)
        producer.flush(DEADLINE)
    consumer = new_consumer()
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=DEADLINE) == (0, 3)
    times = [TopicPartition(topic, 0, timestamp) for timestamp in [1500]]
    assert consumer.offsets_for_times(times, timeout=DEADLINE)[0].offset == 1
    late = consumer.offsets_for_times([TopicPartition(topic, 0, 9999)], timeout=DEADLINE)[0]
    assert late.offset == OFFSET_END
    consumer.close()


def commits():
    topic, group = new_topic(), unique("group")
    produce(topic, ["a", "b", "c"])
    consumer = new_consumer(group_id=group, enable_auto_commit=False)
    consumer.subscribe([topic])
    read(consumer, 3)
    assert consumer.committed([TopicPartition(topic, 0)], timeout=DEADLINE)[0].offset == OFFSET_INVALID
    (committed,) = consumer.commit(offsets=[TopicPartition(topic, 0, 1)], asynchronous=False)
    assert committed.error is None
    # One partition that does not exist is refused alone; the other commit of the request holds.
    both = [TopicPartition(topic, 0, 2, metadata="where I was"), TopicPartition(topic, 9, 1)]
    try:
        consumer.commit(offsets=both, asynchronous=False)
        raise AssertionError("a commit for partition 9 of 1 passed")
    except KafkaException as exception:
        assert exception.args[0].name() == "UNKNOWN_TOPIC_OR_PART"
    stored = consumer.committed([TopicPartition(topic, 0)], timeout=DEADLINE)[0]
    assert (stored.offset, stored.metadata) == (2, "where I was")
    consumer.close()
    assert [message.value() for message in read_all(topic, 1, group_id=group)] == [b"c"]


def seek_pause_resume():
    topic = new_topic()
    produce(topic, [str(index) for index in range(10)])
    consumer = new_consumer()
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    read(consumer, 10)
    consumer.seek(TopicPartition(topic, 0, 4))
    assert [message.offset() for message in read(consumer, 6)] == [4, 5, 6, 7, 8, 9]
    consumer.pause([TopicPartition(topic, 0)])
    produce(topic, ["later"])
    consumer.resume([TopicPartition(topic, 0)])
    assert read(consumer, 1)[0].value() == b"later"
    consumer.close()


def out_of_range():
    topic = new_topic()
    produce(topic, [str(index) for index in range(10)])
    result(admin().delete_records([TopicPartition(topic, 0, 6)]))
    consumer = new_consumer()
    consumer.assign([TopicPartition(topic, 0, 2)])
    assert [message.offset() for message in read(consumer, 4)] == [6, 7, 8, 9]
    consumer.assign([TopicPartition(topic, 0, 1000)])
    assert read(consumer, 1)[0].offset() == 6
    consumer.close()


def rebalance(strategy):
    topic, group = new_topic(4), unique("group")
    first, second = [new_consumer(group_id=group, partition_assignment_strategy=strategy) for _ in range(2)]
    first.subscribe([topic])
    wait_until(lambda: len(first.assignment()) == 4, first)
    second.subscribe([topic])
    wait_until(lambda: len(first.assignment()) == 2 and len(second.assignment()) == 2, first, second)
    shares = [{partition.partition for partition in member.assignment()} for member in (first, second)]
    assert shares[0] | shares[1] == {0, 1, 2, 3}
    second.close()
    wait_until(lambda: len(first.assignment()) == 4, first)
    first.close()


def rebalance_range():
    rebalance("range")


def rebalance_roundrobin():
    rebalance("roundrobin")


def rebalance_cooperative():
    rebalance("cooperative-sticky")


def static_member():
    topic, group = new_topic(2), unique("group")

    def member(name):
        consumer = new_consumer(group_id=group, group_instance_id=name, partition_assignment_strategy="range")
        consumer.subscribe([topic])
        return consumer

    first, second = member("first"), member("second")
    both = lambda: len(first.assignment()) == 1 and len(second.assignment()) == 1
    wait_until(both, first, second)
    mine = second.assignment()[0].partition
    # A static member that closes does not leave; it finds its partition where it was.
    second.close()
    second = member("second")
    wait_until(lambda: len(second.assignment()) == 1, first, second)
    assert second.assignment()[0].partition == mine
    assert len(first.assignment()) == 1
    first.close()
    second.close()


def regex():
    prefix = unique("regex")
    for end in ["a", "b"]:
        result(admin().create_topics([NewTopic(f"{prefix}-{end}", 1, 1)]))
        produce(f"{prefix}-{end}", [end])
    consumer = new_consumer()
    consumer.subscribe([f"^{prefix}-.*"])
    assert sorted(message.value() for message in read(consumer, 2)) == [b"a", b"b"]
    consumer.close()


def new_protocol_member(group, **config):
    """A consumer of KIP-848: its timeouts are the broker's to say."""
    config = {name.replace("_", "."): value for name, value in config.items()}
    base = {"bootstrap.servers": BOOTSTRAP, "group.id": group, "auto.offset.reset": "earliest"}
    return Consumer({**base, "group.protocol": "consumer", "fetch.wait.max.ms": 100, **config})


def new_protocol():
    topic, group = new_topic(4), unique("group")
    first, second = new_protocol_member(group), new_protocol_member(group, group_remote_assignor="uniform")
    first.subscribe([topic])
    wait_until(lambda: len(first.assignment()) == 4, first)
    second.subscribe([topic])
    wait_until(lambda: len(first.assignment()) == 2 and len(second.assignment()) == 2, first, second)
    shares = [{partition.partition for partition in member.assignment()} for member in (first, second)]
    assert shares[0] | shares[1] == {0, 1, 2, 3}
    second.close()
    wait_until(lambda: len(first.assignment()) == 4, first)
    first.close()


def new_protocol_commits():
    topic, group = new_topic(), unique("group")
    produce(topic, ["a", "b", "c"])
    consumer = new_protocol_member(group, enable_auto_commit=False)
    consumer.subscribe([topic])
    consumer.commit(read(consumer, 2)[-1], asynchronous=False)
    consumer.close()
    consumer = new_protocol_member(group)
    consumer.subscribe([topic])
    assert [message.value() for message in read(consumer, 1)] == [b"c"]
    consumer.close()


def new_protocol_regex():
    prefix = unique("regex")
    for end in ["a", "b"]:
        result(admin().create_topics([NewTopic(f"{prefix}-{end}", 1, 1)]))
        produce(f"{prefix}-{end}", [end])
    consumer = new_protocol_member(unique("group"))
    consumer.subscribe([f"^{prefix}-.*"])
    assert sorted(message.value() for message in read(consumer, 2)) == [b"a", b"b"]
    consumer.close()


def unknown_topic():
    consumer = new_consumer(allow_auto_create_topics=False)
    consumer.subscribe([unique("nowhere")])
    deadline = time.monotonic() + DEADLINE
    while True:
        assert time.monotonic() < deadline
        message = consumer.poll(0.1)
        if message is not None and message.error() is not None:
            assert message.error().name() == "UNKNOWN_TOPIC_OR_PART"
            break
    consumer.close()


# Admin


def admin_topics():
    client, topic = admin(), unique("topic")
    result(client.create_topics([NewTopic(topic, 2, 1, config={"retention.ms": "5000"})]))
    assert error_of(client.create_topics([NewTopic(topic, 2, 1)])) == "TOPIC_ALREADY_EXISTS"
    assert error_of(client.create_topics([NewTopic(unique("t"), 1, 9)])) == "INVALID_REPLICATION_FACTOR"
    assert error_of(client.create_topics([NewTopic("not allowed!", 1, 1)])) == "TOPIC_EXCEPTION"
    result(client.create_partitions([NewPartitions(topic, 5)]))
    assert len(client.list_topics(topic, timeout=DEADLINE).topics[topic].partitions) == 5
    assert error_of(client.create_partitions([NewPartitions(topic, 1)])) == "INVALID_PARTITIONS"
    described = result(client.describe_topics(TopicCollection([topic])))
    assert described.name == topic and len(described.partitions) == 5
    assert str(described.topic_id) != "AAAAAAAAAAAAAAAAAAAAAA"
    result(client.delete_topics([topic]))
    gone = lambda: topic not in client.list_topics(timeout=DEADLINE).topics
    # Apache Kafka answers a moment before the topic is gone.
    wait_until(gone) if os.environ.get("ODRADEK_COMPAT_BROKER", "odradek") != "odradek" else None
    assert gone()
    assert error_of(client.delete_topics([topic])) == "UNKNOWN_TOPIC_OR_PART"


def admin_cluster():
    cluster = result(admin().describe_cluster())
    host, port = BOOTSTRAP.split(":")
    assert [(node.host, node.port) for node in cluster.nodes] == [(host, int(port))]
    assert cluster.controller.id == cluster.nodes[0].id
    assert len(cluster.cluster_id) == 22


def admin_configs():
    client, topic = admin(), new_topic(retention_ms="5000")
    resource = ConfigResource(ResourceType.TOPIC, topic)
    described = result(client.describe_configs([resource]))
    assert described["retention.ms"].value == "5000" and not described["retention.ms"].is_default
    assert described["cleanup.policy"].value == "delete" and described["cleanup.policy"].is_default
    change = ConfigResource(ResourceType.TOPIC, topic)
    change.add_incremental_config(
        ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.APPEND)
    )
    change.add_incremental_config(
        ConfigEntry("retention.ms", None, incremental_operation=AlterConfigOpType.DELETE)
    )
    result(client.incremental_alter_configs([change]))
    described = result(client.describe_configs([resource]))
    assert described["cleanup.policy"].value == "delete,compact"
    assert described["retention.ms"].value == "604800000"
    wrong = ConfigResource(ResourceType.TOPIC, topic)
    wrong.add_incremental_config(ConfigEntry("retention.ms", "x", incremental_operation=AlterConfigOpType.SET))
    assert error_of(client.incremental_alter_configs([wrong])) == "INVALID_CONFIG"
    node = result(client.describe_cluster()).nodes[0].id
    assert "num.partitions" in result(client.describe_configs([ConfigResource(ResourceType.BROKER, str(node))]))


def admin_offsets():
    client, topic = admin(), new_topic()
    producer = Producer({"bootstrap.servers": BOOTSTRAP})
    for timestamp in [1000, 3000, 2000]:
        producer.produce(topic, "v", timestamp=timestamp)
        producer.flush(DEADLINE)

    def listed(spec, level=IsolationLevel.READ_UNCOMMITTED):
        return result(client.list_offsets({TopicPartition(topic, 0): spec}, isolation_level=level))

    assert listed(OffsetSpec.earliest()).offset == 0
    assert listed(OffsetSpec.latest()).offset == 3
    assert listed(OffsetSpec.latest(), IsolationLevel.READ_COMMITTED).offset == 3
    assert (listed(OffsetSpec.for_timestamp(1500)).offset, listed(OffsetSpec.max_timestamp()).offset) == (1, 1)
    assert result(client.delete_records([TopicPartition(topic, 0, 2)])).low_watermark == 2
    assert error_of(client.delete_records([TopicPartition(topic, 0, 9)])) == "OFFSET_OUT_OF_RANGE"


def admin_groups():
    client, topic, group = admin(), new_topic(2), unique("group")
    consumer = new_consumer(group_id=group, client_id="me")
    consumer.subscribe([topic])
    wait_until(lambda: len(consumer.assignment()) == 2, consumer)
    listed = result(client.list_consumer_groups(states={ConsumerGroupState.STABLE}))
    assert group in [entry.group_id for entry in listed.valid] and listed.errors == []
    described = result(client.describe_consumer_groups([group]))
    assert described.state == ConsumerGroupState.STABLE
    assert described.partition_assignor == "range"
    assert [member.client_id for member in described.members] == ["me"]
    assigned = described.members[0].assignment.topic_partitions
    assert sorted(partition.partition for partition in assigned) == [0, 1]
    assert error_of(client.delete_consumer_groups([group])) == "NON_EMPTY_GROUP"
    consumer.close()
    request = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 7), TopicPartition(topic, 1, 8)])
    result(client.alter_consumer_group_offsets([request]))
    offsets = result(client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]))
    assert sorted((p.partition, p.offset) for p in offsets.topic_partitions) == [(0, 7), (1, 8)]
    result(client.delete_consumer_groups([group]))
    assert error_of(client.delete_consumer_groups([group])) == "GROUP_ID_NOT_FOUND"


globals()[sys.argv[2]]()
