use rdkafka::consumer::{BaseConsumer, Consumer, DefaultConsumerContext};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer};
use rdkafka::{Offset, Timestamp, TopicPartitionList};

use crate::*;

pub fn codecs() {
    let (topic, mut expected) = (new_topic(1, &[]), Vec::new());
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let values = numbered(codec, 100);
        produce(&topic, &values, &[("compression.type", codec)]);
        expected.extend(values);
    }
    assert_eq!(values_of(&read_all(&topic, 500, &[])), expected);
}

pub fn idempotence() {
    let (topic, values) = (new_topic(1, &[]), numbered("value", 2000));
    let mut reports = produce(&topic, &values, &[("enable.idempotence", "true"), ("batch.num.messages", "50")]);
    // Two threads take the reports: the producer's own and the one that flushes.
    reports.sort();
    assert!(reports == (0..2000).map(Ok).collect::<Vec<_>>(), "the offsets of the reports");
    assert_eq!(values_of(&read_all(&topic, 2000, &[])), values);
}

pub fn headers() {
    let (topic, producer) = (new_topic(1, &[]), new_producer(&[]));
    let sent = [("one", Some("1")), ("null", None), ("empty", Some("")), ("one", Some("again"))];
    let all = sent.iter().fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: *value }));
    let full = BaseRecord::to(&topic).key("k").payload("v").timestamp(1700000000123).headers(all);
    producer.send(full).map_err(|(error, _)| error).expect("send");
    let tombstone: BaseRecord<'_, str, str> = BaseRecord::to(&topic).key("gone");
    producer.send(tombstone).map_err(|(error, _)| error).expect("send");
    producer.flush(DEADLINE).expect("flush");
    let messages = read_all(&topic, 2, &[]);
    assert_eq!((messages[0].key(), messages[0].payload()), (Some("k".as_bytes()), Some("v".as_bytes())));
    assert_eq!(messages[0].timestamp(), Timestamp::CreateTime(1700000000123));
    let headers = messages[0].headers().expect("headers");
    let found: Vec<_> = headers.iter().map(|header| (header.key, header.value)).collect();
    assert_eq!(found, sent.map(|(key, value)| (key, value.map(str::as_bytes))));
    assert_eq!((messages[1].key(), messages[1].payload()), (Some("gone".as_bytes()), None));
}

pub fn large_messages() {
    let topic = new_topic(1, &[("max.message.bytes", "10000000")]);
    produce(&topic, &[vec![0u8; 5 << 20]], &[("message.max.bytes", "8388608")]);
    let messages = read_all(&topic, 1, &[("max.partition.fetch.bytes", "1000")]);
    assert_eq!(messages[0].payload().map(<[u8]>::len), Some(5 << 20));
    let small = new_topic(1, &[("max.message.bytes", "1000")]);
    let reports = produce(&small, &[vec![0u8; 5000]], &[]);
    assert!(format!("{reports:?}").contains("MessageSizeTooLarge"), "{reports:?}");
}

pub fn timestamps() {
    let (topic, producer) = (new_topic(1, &[]), new_producer(&[]));
    for at in [1000, 2000, 3000] {
        let record: BaseRecord<'_, (), str> = BaseRecord::to(&topic).payload("v").timestamp(at);
        producer.send(record).map_err(|(error, _)| error).expect("send");
        producer.flush(DEADLINE).expect("flush");
    }
    let consumer = new_consumer(&[]);
    let offset_at = |at: i64| {
        let mut times = TopicPartitionList::new();
        times.add_partition_offset(&topic, 0, Offset::Offset(at)).expect("a time");
        consumer.offsets_for_times(times, DEADLINE).expect("offsets by time").elements()[0].offset()
    };
    assert_eq!((offset_at(1500), offset_at(3000)), (Offset::Offset(1), Offset::Offset(2)));
    assert_eq!(offset_at(3001), Offset::End);
    assert_eq!(consumer.fetch_watermarks(&topic, 0, DEADLINE).expect("watermarks"), (0, 3));
}

pub fn transactions() {
    let (topic, mut expected) = (new_topic(1, &[]), Vec::new());
    let producer = new_producer(&[("transactional.id", &unique("tx"))]);
    producer.init_transactions(DEADLINE).expect("init");
    for round in 0..10 {
        producer.begin_transaction().expect("begin");
        let value = if round % 2 == 1 { "aborted".to_string() } else { format!("committed-{round}") };
        send(&producer, &topic, &[&value]);
        if round % 2 == 1 {
            producer.abort_transaction(DEADLINE).expect("abort");
        } else {
            producer.commit_transaction(DEADLINE).expect("commit");
            expected.push(value);
        }
    }
    assert_eq!(values_of(&read_all(&topic, 5, &[("isolation.level", "read_committed")])), expected);
    assert_eq!(read_all(&topic, 10, &[("isolation.level", "read_uncommitted")]).len(), 10);
}

pub fn chain() {
    let (source, sink) = (new_topic(1, &[]), new_topic(1, &[]));
    produce(&source, &["a", "b", "c"], &[]);
    let consumer: BaseConsumer<DefaultConsumerContext> = new_consumer(&[("enable.auto.commit", "false")]);
    consumer.subscribe(&[&source]).expect("subscribe");
    let records = values_of(&read(&consumer, 3));
    let producer = new_producer(&[("transactional.id", &unique("tx"))]);
    producer.init_transactions(DEADLINE).expect("init");
    for (commit, offset) in [(true, 3), (false, 9)] {
        producer.begin_transaction().expect("begin");
        send(&producer, &sink, &records.iter().map(|value| format!("made of {value}")).collect::<Vec<_>>());
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset(&source, 0, Offset::Offset(offset)).expect("an offset");
        let group = consumer.group_metadata().expect("group metadata");
        producer.send_offsets_to_transaction(&offsets, &group, DEADLINE).expect("send offsets");
        let ended = if commit { producer.commit_transaction(DEADLINE) } else { producer.abort_transaction(DEADLINE) };
        ended.expect("end");
    }
    let committed = consumer.committed(DEADLINE).expect("committed");
    assert_eq!(committed.elements()[0].offset(), Offset::Offset(3));
    let results = read_all(&sink, 3, &[("isolation.level", "read_committed")]);
    assert_eq!(values_of(&results), ["made of a", "made of b", "made of c"]);
}
