"""What aiokafka expects of a broker. Run: checks.py [CASE...] BOOTSTRAP"""

import asyncio
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "foreign"))

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka import errors
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from cases import BOOTSTRAP, DEADLINE, numbered, run, unique


@asynccontextmanager
async def started(make, *args, **config):
    """A client that is stopped at the end, also when the case fails."""
    client = make(*args, bootstrap_servers=BOOTSTRAP, **config)
    await client.start()
    try:
        yield client
    finally:
        await (client.close() if isinstance(client, AIOKafkaAdminClient) else client.stop())


def consumer(*topics, **config):
    defaults = {
        "auto_offset_reset": "earliest",
        "heartbeat_interval_ms": 200,
        "session_timeout_ms": 6000,
        "fetch_max_wait_ms": 100,
        "metadata_max_age_ms": 1000,
    }
    return started(AIOKafkaConsumer, *topics, **{**defaults, **config})


async def new_topic(partitions=1, **configs):
    topic = unique("topic")
    configs = {name.replace("_", "."): value for name, value in configs.items()}
    async with started(AIOKafkaAdminClient) as admin:
        await admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs)])
        await until(lambda: described(admin, topic, partitions))
    return topic


async def described(admin, topic, partitions):
    (found,) = await admin.describe_topics([topic])
    return found["error_code"] == 0 and len(found["partitions"]) == partitions


async def produce(topic, values, **config):
    async with started(AIOKafkaProducer, **config) as producer:
        sent = [await producer.send(topic, value, partition=0) for value in values]
        return [(await future).offset if config.get("acks") != 0 else await future for future in sent]


async def read(client, count):
    return [await asyncio.wait_for(client.getone(), DEADLINE) for _ in range(count)]


async def read_all(topic, count, **config):
    async with consumer(**config) as client:
        client.assign([TopicPartition(topic, 0)])
        return await read(client, count)


async def until(condition):
    deadline = time.monotonic() + DEADLINE
    while True:
        holds = condition()
        if await holds if asyncio.iscoroutine(holds) else holds:
            return
        assert time.monotonic() < deadline, "the condition did not hold in time"
        await asyncio.sleep(0.02)


def values_of(records):
    return [record.value for record in records]


async def fails(expected, awaitable):
    try:
        await awaitable
    except expected:
        return
    raise AssertionError(f"{expected.__name__} was not raised")


async def codecs():
    topic, expected = await new_topic(), []
    for codec in [None, "gzip", "snappy", "lz4", "zstd"]:
        values = numbered(codec, 100)
        await produce(topic, values, compression_type=codec)
        expected += values
    assert values_of(await read_all(topic, 500)) == expected


async def idempotence():
    topic, values = await new_topic(), numbered("value", 2000)
    assert await produce(topic, values, enable_idempotence=True, max_batch_size=2000) == list(range(2000))
    assert values_of(await read_all(topic, 2000)) == values


async def acks():
    topic = await new_topic()
    for level in [0, 1, "all"]:
        await produce(topic, [b"v"], acks=level)
    assert len(await read_all(topic, 3)) == 3


async def headers():
    topic = await new_topic()
    sent = [("one", b"1"), ("empty", b""), ("one", b"again")]
    async with started(AIOKafkaProducer) as producer:
        metadata = await producer.send_and_wait(topic, b"v", key=b"k", headers=sent, timestamp_ms=1700000000123)
        assert (metadata.offset, metadata.timestamp) == (0, 1700000000123)
        await producer.send_and_wait(topic, None, key=b"gone")
    full, tombstone = await read_all(topic, 2)
    assert list(full.headers) == sent
    assert (full.key, full.value, full.timestamp) == (b"k", b"v", 1700000000123)
    assert (tombstone.key, tombstone.value) == (b"gone", None)


async def largeMessages():
    topic = await new_topic(max_message_bytes="10000000")
    await produce(topic, [bytes(5 << 20)], max_request_size=8 << 20)
    (large,) = await read_all(topic, 1, max_partition_fetch_bytes=8 << 20)
    assert len(large.value) == 5 << 20
    small = await new_topic(max_message_bytes="1000")
    await fails(errors.MessageSizeTooLargeError, produce(small, [bytes(5000)]))


async def timestamps():
    topic = await new_topic()
    partition = TopicPartition(topic, 0)
    async with started(AIOKafkaProducer) as producer:
        for at in [1000, 2000, 3000]:
            await producer.send_and_wait(topic, str(at).encode(), timestamp_ms=at)
    async with consumer() as client:
        client.assign([partition])
        assert (await client.offsets_for_times({partition: 1500}))[partition].offset == 1
        assert (await client.offsets_for_times({partition: 3001}))[partition] is None
        assert await client.beginning_offsets([partition]) == {partition: 0}
        assert await client.end_offsets([partition]) == {partition: 3}
        client.seek(partition, 1)
        assert values_of(await read(client, 2)) == [b"2000", b"3000"]


async def transactions():
    topic, expected = await new_topic(), []
    async with started(AIOKafkaProducer, transactional_id=unique("tx")) as producer:
        for number in range(10):
            value = b"aborted" if number % 2 else f"committed-{number}".encode()
            await producer.begin_transaction()
            await producer.send_and_wait(topic, value, partition=0)
            if number % 2:
                await producer.abort_transaction()
            else:
                await producer.commit_transaction()
                expected.append(value)
    assert values_of(await read_all(topic, 5, isolation_level="read_committed")) == expected
    assert len(await read_all(topic, 10)) == 10


async def chain():
    source, sink, group = await new_topic(), await new_topic(), unique("group")
    await produce(source, [b"a", b"b", b"c"])
    partition = TopicPartition(source, 0)
    async with consumer(source, group_id=group, enable_auto_commit=False) as client:
        records = await read(client, 3)
        async with started(AIOKafkaProducer, transactional_id=unique("tx")) as producer:
            for commit in [True, False]:
                await producer.begin_transaction()
                for record in records:
                    await producer.send_and_wait(sink, b"made of " + record.value, partition=0)
                await producer.send_offsets_to_transaction({partition: 3 if commit else 9}, group)
                await (producer.commit_transaction() if commit else producer.abort_transaction())
        assert await client.committed(partition) == 3
    results = await read_all(sink, 3, isolation_level="read_committed")
    assert values_of(results) == [b"made of a", b"made of b", b"made of c"]


async def rebalance(assignor):
    topic = await new_topic(4)
    config = {"group_id": unique("group"), "partition_assignment_strategy": (assignor,)}
    async with consumer(topic, **config) as first:
        await until(lambda: len(first.assignment()) == 4)
        async with consumer(topic, **config) as second:
            await until(lambda: len(first.assignment()) == 2 and len(second.assignment()) == 2)
            assert first.assignment() | second.assignment() == {TopicPartition(topic, number) for number in range(4)}
        await until(lambda: len(first.assignment()) == 4)


def byRange():
    return rebalance(RangePartitionAssignor)


def roundRobin():
    return rebalance(RoundRobinPartitionAssignor)


def sticky():
    return rebalance(StickyPartitionAssignor)


async def staticMembers():
    topic, group = await new_topic(2), unique("group")
    async with AsyncExitStack() as stack:

        def member(name):
            return consumer(topic, group_id=group, group_instance_id=name)

        first = await stack.enter_async_context(member("first"))
        async with member("second") as second:
            await until(lambda: len(first.assignment()) == 1 and len(second.assignment()) == 1)
            mine = second.assignment()
        async with member("second") as second:
            await until(lambda: len(second.assignment()) == 1)
            assert second.assignment() == mine


async def commits():
    topic, group = await new_topic(), unique("group")
    await produce(topic, [b"a", b"b", b"c"])
    partition = TopicPartition(topic, 0)
    async with consumer(topic, group_id=group, enable_auto_commit=False) as client:
        await read(client, 3)
        assert await client.committed(partition) is None
        await client.commit({partition: (2, "note")})
    async with consumer(topic, group_id=group) as client:
        assert values_of(await read(client, 1)) == [b"c"]


async def adminTopics():
    topic = unique("topic")

    def code(response):
        return (getattr(response, "topic_errors", None) or response.topic_error_codes)[0][1]

    async with started(AIOKafkaAdminClient) as admin:
        assert code(await admin.create_topics([NewTopic(topic, 2, 1)])) == 0
        assert code(await admin.create_topics([NewTopic(topic, 2, 1)])) == errors.TopicAlreadyExistsError.errno
        assert code(await admin.create_topics([NewTopic("not allowed!", 2, 1)])) == errors.InvalidTopicError.errno
        await admin.create_partitions({topic: NewPartitions(5)})
        await until(lambda: described(admin, topic, 5))
        assert code(await admin.delete_topics([topic])) == 0

        async def gone():
            return topic not in await admin.list_topics()

        await until(gone)
        assert code(await admin.delete_topics([topic])) == errors.UnknownTopicOrPartitionError.errno


async def adminConfigs():
    topic = await new_topic(retention_ms="5000")
    async with started(AIOKafkaAdminClient) as admin:

        async def config(name):
            (response,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
            ((_, _, _, _, entries),) = response.resources
            return {entry[0]: entry[1] for entry in entries}[name]

        assert await config("retention.ms") == "5000"
        change = ConfigResource(ConfigResourceType.TOPIC, topic, configs={"cleanup.policy": "compact"})
        await admin.alter_configs([change])

        async def replaced():
            return await config("cleanup.policy") == "compact" and await config("retention.ms") == "604800000"

        await until(replaced)


async def adminGroups():
    topic, group = await new_topic(), unique("group")
    await produce(topic, [b"a"])
    async with started(AIOKafkaAdminClient) as admin, consumer(topic, group_id=group) as client:
        await read(client, 1)
        await client.commit()
        (response,) = await admin.describe_consumer_groups([group])
        assert response.groups[0][2] == "Stable", response.groups
        assert group in [each[0] for each in await admin.list_consumer_groups()]
        offsets = await admin.list_consumer_group_offsets(group)
        assert offsets[TopicPartition(topic, 0)].offset == 1


async def adminRecords():
    topic = await new_topic()
    partition = TopicPartition(topic, 0)
    await produce(topic, [b"a", b"b", b"c"])
    async with started(AIOKafkaAdminClient) as admin:
        assert await admin.delete_records({partition: RecordsToDelete(2)}) == {partition: 2}
    assert values_of(await read_all(topic, 1)) == [b"c"]


async def adminCluster():
    async with started(AIOKafkaAdminClient) as admin:
        cluster = await admin.describe_cluster()
        (node,) = cluster["brokers"]
        assert f"{node['host']}:{node['port']}" == BOOTSTRAP
        assert len(cluster["cluster_id"]) == 22


run(
    codecs, idempotence, acks, headers, largeMessages, timestamps, transactions, chain, byRange, roundRobin, sticky,
    staticMembers, commits, adminTopics, adminConfigs, adminGroups, adminRecords, adminCluster,
)
