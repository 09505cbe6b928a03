//! What rust-rdkafka (librdkafka) expects of a broker. Run: checks [CASE...] BOOTSTRAP
//!
//! Prints a line for each case: "ok NAME" or "failed NAME: WHY".

mod admin;
mod groups;
mod records;

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Message, OwnedMessage};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer, ProducerContext, ThreadedProducer};
use rdkafka::{ClientContext, Offset, TopicPartitionList};

pub const DEADLINE: Duration = Duration::from_secs(20);
pub const MOMENT: Duration = Duration::from_millis(50);

fn main() {
    let cases: &[(&str, fn())] = &[
        ("codecs", records::codecs),
        ("idempotence", records::idempotence),
        ("headers", records::headers),
        ("largeMessages", records::large_messages),
        ("timestamps", records::timestamps),
        ("transactions", records::transactions),
        ("chain", records::chain),
        ("range", || groups::rebalance(&[("partition.assignment.strategy", "range")])),
        ("roundRobin", || groups::rebalance(&[("partition.assignment.strategy", "roundrobin")])),
        ("cooperative", || groups::rebalance(&[("partition.assignment.strategy", "cooperative-sticky")])),
        ("staticMembers", || groups::static_members(&[])),
        ("commits", groups::commits),
        ("consumerProtocol", || groups::rebalance(&[("group.protocol", "consumer")])),
        ("consumerProtocolRange", || {
            groups::rebalance(&[("group.protocol", "consumer"), ("group.remote.assignor", "range")])
        }),
        ("consumerProtocolStatic", || groups::static_members(&[("group.protocol", "consumer")])),
        ("adminTopics", admin::topics),
        ("adminConfigs", admin::configs),
        ("adminGroups", admin::groups),
        ("adminRecords", admin::records),
    ];
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let names = &arguments[..arguments.len() - 1];
    std::panic::set_hook(Box::new(|_| {}));
    for (name, case) in cases {
        if !names.is_empty() && !names.iter().any(|each| each == name) {
            continue;
        }
        match catch_unwind(case) {
            Ok(()) => println!("ok {name}"),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().cloned();
                let why = text.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()));
                let short: String = why.unwrap_or_default().replace('\n', " ").chars().take(500).collect();
                println!("failed {name}: {short}");
            }
        }
    }
    // A client that was left behind must not keep the program.
    std::process::exit(0);
}

pub fn bootstrap() -> String {
    std::env::args().last().expect("the broker's address")
}

/// A name that no other case has used: for topics, groups, transactional ids.
pub fn unique(what: &str) -> String {
    static TAKEN: AtomicUsize = AtomicUsize::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis();
    format!("{what}-rust-{}-{now}-{}", std::process::id(), TAKEN.fetch_add(1, Ordering::Relaxed))
}

pub fn numbered(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("{prefix}-{index}-{}", "x".repeat(50))).collect()
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < end, "{what}: not in time");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn config(more: &[(&str, &str)]) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap()).set("broker.address.family", "v4");
    for (name, value) in more {
        config.set(*name, *value);
    }
    config
}

pub fn new_admin() -> AdminClient<DefaultClientContext> {
    config(&[]).create().expect("an admin client")
}

pub fn new_topic(partitions: i32, configs: &[(&str, &str)]) -> String {
    let (topic, admin) = (unique("topic"), new_admin());
    let mut request = NewTopic::new(&topic, partitions, TopicReplication::Fixed(1));
    for (name, value) in configs {
        request = request.set(name, value);
    }
    let created = block_on(admin.create_topics(&[request], &AdminOptions::new())).expect("create topics");
    assert_eq!(created, vec![Ok(topic.clone())]);
    topic
}

/// What became of each record that was sent.
#[derive(Default)]
pub struct Reports(Mutex<Vec<Result<i64, String>>>);

impl ClientContext for Reports {}
impl ProducerContext for Reports {
    type DeliveryOpaque = ();
    fn delivery(&self, result: &DeliveryResult<'_>, _: ()) {
        let outcome = match result {
            Ok(message) => Ok(message.offset()),
            Err((error, _)) => Err(error.to_string()),
        };
        self.0.lock().expect("reports").push(outcome);
    }
}

pub type Sender = ThreadedProducer<Reports>;

pub fn new_producer(more: &[(&str, &str)]) -> Sender {
    config(more).create_with_context(Reports::default()).expect("a producer")
}

/// Sends to partition 0 and waits for the reports.
pub fn send<T: AsRef<[u8]>>(producer: &Sender, topic: &str, values: &[T]) -> Vec<Result<i64, String>> {
    producer.context().0.lock().expect("reports").clear();
    for value in values {
        let record: BaseRecord<'_, (), [u8]> = BaseRecord::to(topic).partition(0).payload(value.as_ref());
        producer.send(record).map_err(|(error, _)| error).expect("send");
    }
    producer.flush(DEADLINE).expect("flush");
    producer.context().0.lock().expect("reports").clone()
}

pub fn produce<T: AsRef<[u8]>>(topic: &str, values: &[T], more: &[(&str, &str)]) -> Vec<Result<i64, String>> {
    send(&new_producer(more), topic, values)
}

pub fn new_consumer(more: &[(&str, &str)]) -> BaseConsumer {
    let group = unique("group");
    let mut config = config(&[("group.id", &group), ("auto.offset.reset", "earliest"), ("fetch.wait.max.ms", "100")]);
    // In the consumer protocol these two are the broker's.
    if !more.contains(&("group.protocol", "consumer")) {
        config.set("heartbeat.interval.ms", "200").set("session.timeout.ms", "6000");
    }
    for (name, value) in more {
        config.set(*name, *value);
    }
    config.create().expect("a consumer")
}

pub fn read(consumer: &BaseConsumer, count: usize) -> Vec<OwnedMessage> {
    let mut messages = Vec::new();
    until(&format!("{count} records"), || {
        if let Some(Ok(message)) = consumer.poll(MOMENT) {
            messages.push(message.detach());
        }
        messages.len() >= count
    });
    messages
}

pub fn read_all(topic: &str, count: usize, more: &[(&str, &str)]) -> Vec<OwnedMessage> {
    let consumer = new_consumer(more);
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_offset(topic, 0, Offset::Beginning).expect("an offset");
    consumer.assign(&partitions).expect("assign");
    read(&consumer, count)
}

pub fn values_of(messages: &[OwnedMessage]) -> Vec<String> {
    let text = |message: &OwnedMessage| String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned();
    messages.iter().map(text).collect()
}
