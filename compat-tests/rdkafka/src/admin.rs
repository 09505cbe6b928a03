use futures_executor::block_on;
use rdkafka::admin::{AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::consumer::Consumer;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use crate::*;

fn create(topic: &str, replicas: i32) -> Option<RDKafkaErrorCode> {
    let request = NewTopic::new(topic, 1, TopicReplication::Fixed(replicas));
    let created = block_on(new_admin().create_topics(&[request], &AdminOptions::new())).expect("create topics");
    created[0].as_ref().err().map(|(_, code)| *code)
}

fn delete(topic: &str) -> Option<RDKafkaErrorCode> {
    let deleted = block_on(new_admin().delete_topics(&[topic], &AdminOptions::new())).expect("delete topics");
    deleted[0].as_ref().err().map(|(_, code)| *code)
}

pub fn topics() {
    let (topic, admin) = (new_topic(2, &[]), new_admin());
    assert_eq!(create(&topic, 1), Some(RDKafkaErrorCode::TopicAlreadyExists));
    assert_eq!(create("not allowed!", 1), Some(RDKafkaErrorCode::InvalidTopic));
    assert_eq!(create(&unique("topic"), 9), Some(RDKafkaErrorCode::InvalidReplicationFactor));
    let grown = block_on(admin.create_partitions(&[NewPartitions::new(&topic, 5)], &AdminOptions::new()));
    assert_eq!(grown.expect("create partitions"), vec![Ok(topic.clone())]);
    let partitions = || {
        let metadata = admin.inner().fetch_metadata(None, DEADLINE).expect("metadata");
        let found = metadata.topics().iter().find(|each| each.name() == topic).map(|each| each.partitions().len());
        found
    };
    until("five partitions are listed", || partitions() == Some(5));
    assert_eq!(delete(&topic), None);
    until("the topic is gone", || partitions().is_none());
    assert_eq!(delete(&topic), Some(RDKafkaErrorCode::UnknownTopicOrPartition));
}

pub fn configs() {
    let (topic, admin) = (new_topic(1, &[("retention.ms", "5000")]), new_admin());
    let value = |name: &str| {
        let resource = ResourceSpecifier::Topic(&topic);
        let described = block_on(admin.describe_configs(&[resource], &AdminOptions::new())).expect("describe");
        let resource = described[0].as_ref().expect("the topic's configs");
        resource.get(name).and_then(|entry| entry.value.clone()).unwrap_or_default()
    };
    assert_eq!(value("retention.ms"), "5000");
    let change = AlterConfig::new(ResourceSpecifier::Topic(&topic)).set("cleanup.policy", "compact");
    let altered = block_on(admin.alter_configs(&[change], &AdminOptions::new())).expect("alter");
    assert!(altered[0].is_ok(), "{altered:?}");
    until("the configs are replaced", || value("cleanup.policy") == "compact");
    assert_eq!(value("retention.ms"), "604800000");
}

fn delete_group(group: &str) -> Option<RDKafkaErrorCode> {
    let deleted = block_on(new_admin().delete_groups(&[group], &AdminOptions::new())).expect("delete groups");
    deleted[0].as_ref().err().map(|(_, code)| *code)
}

pub fn groups() {
    let (topic, group) = (new_topic(1, &[]), unique("group"));
    produce(&topic, &["a"], &[]);
    let consumer = new_consumer(&[("group.id", &group), ("client.id", "me")]);
    consumer.subscribe(&[&topic]).expect("subscribe");
    read(&consumer, 1);
    let listed = consumer.fetch_group_list(Some(&group), DEADLINE).expect("group list");
    let description = &listed.groups()[0];
    assert_eq!((description.state(), description.members()[0].client_id()), ("Stable", "me"));
    assert_eq!(delete_group(&group), Some(RDKafkaErrorCode::NonEmptyGroup));
    drop(consumer);
    assert_eq!(delete_group(&group), None);
    assert_eq!(delete_group(&group), Some(RDKafkaErrorCode::GroupIdNotFound));
}

pub fn records() {
    let (topic, admin) = (new_topic(1, &[]), new_admin());
    produce(&topic, &["a", "b", "c"], &[]);
    let mut offsets = TopicPartitionList::new();
    offsets.add_partition_offset(&topic, 0, Offset::Offset(2)).expect("an offset");
    let deleted = block_on(admin.delete_records(&offsets, &AdminOptions::new())).expect("delete records");
    assert_eq!(deleted.elements()[0].offset(), Offset::Offset(2));
    assert_eq!(values_of(&read_all(&topic, 1, &[])), ["c"]);
}
