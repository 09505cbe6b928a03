use std::collections::BTreeSet;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use crate::*;

fn held(consumer: &BaseConsumer) -> BTreeSet<i32> {
    let assignment = consumer.assignment().expect("an assignment");
    assignment.elements().iter().map(|element| element.partition()).collect()
}

/// Polls the members, as librdkafka needs to make progress, until each holds as many partitions.
fn until_held(what: &str, members: &[&BaseConsumer], counts: &[usize]) {
    until(what, || {
        for member in members {
            member.poll(MOMENT);
        }
        members.iter().map(|member| held(member).len()).eq(counts.iter().copied())
    });
}

fn join(topic: &str, group: &str, more: &[(&str, &str)]) -> BaseConsumer {
    let consumer = new_consumer(&[&[("group.id", group)], more].concat());
    consumer.subscribe(&[topic]).expect("subscribe");
    consumer
}

/// Says farewell, or, as a static member, just ends.
fn close(consumer: BaseConsumer) {
    drop(consumer);
}

pub fn rebalance(more: &[(&str, &str)]) {
    let (topic, group) = (new_topic(4, &[]), unique("group"));
    let first = join(&topic, &group, more);
    until_held("the first has all", &[&first], &[4]);
    let second = join(&topic, &group, more);
    until_held("both have half", &[&first, &second], &[2, 2]);
    assert!(held(&first).is_disjoint(&held(&second)), "a partition has two owners");
    close(second);
    until_held("the first has all again", &[&first], &[4]);
}

pub fn static_members(more: &[(&str, &str)]) {
    let (topic, group) = (new_topic(2, &[]), unique("group"));
    let named = |name: &str| join(&topic, &group, &[&[("group.instance.id", name)], more].concat());
    let (first, second) = (named("first"), named("second"));
    until_held("both have one", &[&first, &second], &[1, 1]);
    let mine = held(&second);
    close(second);
    let second = named("second");
    until_held("the second is back", &[&first, &second], &[1, 1]);
    assert_eq!(held(&second), mine);
}

pub fn commits() {
    let (topic, group) = (new_topic(1, &[]), unique("group"));
    produce(&topic, &["a", "b", "c"], &[]);
    let first = join(&topic, &group, &[("enable.auto.commit", "false")]);
    read(&first, 3);
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(&topic, 0, Offset::Offset(2)).expect("an offset");
    first.commit(&offsets, CommitMode::Sync).expect("commit");
    close(first);
    let second = join(&topic, &group, &[]);
    assert_eq!(values_of(&read(&second, 1)), ["c"]);
}
