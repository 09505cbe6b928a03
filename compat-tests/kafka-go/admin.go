package kafkago

import (
	"context"
	"net"
	"strconv"

	"github.com/segmentio/kafka-go"

	"odradek/compat/go/check"
)

func (c cases) create(ctx context.Context, topic string, replicas int) error {
	response, err := c.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: 2, ReplicationFactor: replicas}},
	})
	check.NoError(err, "create")
	return response.Errors[topic]
}

func (c cases) adminTopics(ctx context.Context) {
	topic := c.newTopic(ctx, 2)
	check.Is(c.create(ctx, topic, 1), kafka.TopicAlreadyExists, "create twice")
	check.Is(c.create(ctx, "not allowed!", 1), kafka.InvalidTopic, "create with a bad name")
	check.Is(c.create(ctx, check.Unique("topic"), 9), kafka.InvalidReplicationFactor, "create with nine replicas")
	grown, err := c.client.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{
		Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: 5}},
	})
	check.NoError(err, "grow")
	check.NoError(grown.Errors[topic], "grow")
	described := func() kafka.Topic {
		metadata, err := c.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
		check.NoError(err, "metadata")
		return metadata.Topics[0]
	}
	check.Until(ctx, "five partitions are listed", func() bool { return len(described().Partitions) == 5 })
	remove := func() error {
		deleted, err := c.client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
		check.NoError(err, "delete")
		return deleted.Errors[topic]
	}
	check.NoError(remove(), "delete")
	check.Until(ctx, "the topic is gone", func() bool { return described().Error == kafka.UnknownTopicOrPartition })
	check.Is(remove(), kafka.UnknownTopicOrPartition, "delete twice")
}

func (c cases) adminConfigs(ctx context.Context) {
	topic := c.newTopic(ctx, 1, kafka.ConfigEntry{ConfigName: "retention.ms", ConfigValue: "5000"})
	config := func(name string) kafka.DescribeConfigResponseConfigEntry {
		described, err := c.client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{
			{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic, ConfigNames: []string{name}},
		}})
		check.NoError(err, "describe")
		check.Equal(len(described.Resources[0].ConfigEntries), 1, "entries of "+name)
		return described.Resources[0].ConfigEntries[0]
	}
	check.Equal(config("retention.ms").ConfigValue, "5000", "retention.ms")
	alter := func(name, value string, operation kafka.ConfigOperation) error {
		altered, err := c.client.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{
			Resources: []kafka.IncrementalAlterConfigsRequestResource{{
				ResourceType: kafka.ResourceTypeTopic, ResourceName: topic,
				Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: name, Value: value, ConfigOperation: operation}},
			}},
		})
		check.NoError(err, "alter")
		return altered.Resources[0].Error
	}
	check.NoError(alter("cleanup.policy", "compact", kafka.ConfigOperationAppend), "append")
	check.NoError(alter("retention.ms", "", kafka.ConfigOperationDelete), "delete")
	check.Equal(config("cleanup.policy").ConfigValue, "delete,compact", "cleanup.policy")
	check.Equal(config("retention.ms").ConfigValue, "604800000", "retention.ms")
	check.Is(alter("retention.ms", "x", kafka.ConfigOperationSet), kafka.InvalidConfiguration, "alter wrongly")
}

func (c cases) adminGroups(ctx context.Context) {
	topic, group := c.newTopic(ctx, 1), check.Unique("group")
	c.write(ctx, topic, 0, kafka.RequireAll, "a")
	reader := c.reader("", func(config *kafka.ReaderConfig) { config.GroupID, config.GroupTopics = group, []string{topic} })
	read(ctx, reader, 1)
	described, err := c.client.DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{group}})
	check.NoError(err, "describe")
	check.NoError(described.Groups[0].Error, "describe")
	check.Equal([]any{described.Groups[0].GroupState, len(described.Groups[0].Members)}, []any{"Stable", 1}, "description")
	listed, err := c.client.ListGroups(ctx, &kafka.ListGroupsRequest{})
	check.NoError(err, "list")
	found := false
	for _, one := range listed.Groups {
		found = found || one.GroupID == group
	}
	check.Equal(found, true, "the group is listed")
	remove := func() error {
		deleted, err := c.client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{group}})
		check.NoError(err, "delete")
		return deleted.Errors[group]
	}
	check.Is(remove(), kafka.NonEmptyGroup, "delete with a member")
	check.NoError(reader.Close(), "leave")
	committed, err := c.client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
		GroupID: group, GenerationID: -1,
		Topics: map[string][]kafka.OffsetCommit{topic: {{Partition: 0, Offset: 7, Metadata: "note"}}},
	})
	check.NoError(err, "commit")
	check.NoError(committed.Topics[topic][0].Error, "commit")
	fetched, err := c.client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: {0}}})
	check.NoError(err, "fetch offsets")
	offset := fetched.Topics[topic][0]
	check.Equal([]any{offset.CommittedOffset, offset.Metadata}, []any{int64(7), "note"}, "committed")
	forgotten, err := c.client.OffsetDelete(ctx, &kafka.OffsetDeleteRequest{GroupID: group, Topics: map[string][]int{topic: {0}}})
	check.NoError(err, "delete offsets")
	check.NoError(forgotten.Error, "delete offsets")
	check.NoError(remove(), "delete")
	check.Is(remove(), kafka.GroupIdNotFound, "delete twice")
}

func (c cases) adminCluster(ctx context.Context) {
	metadata, err := c.client.Metadata(ctx, &kafka.MetadataRequest{})
	check.NoError(err, "metadata")
	broker := metadata.Brokers[0]
	check.Equal(net.JoinHostPort(broker.Host, strconv.Itoa(broker.Port)), c.bootstrap, "address")
	check.Equal([]any{metadata.Controller.ID, len(metadata.ClusterID)}, []any{broker.ID, 22}, "controller and cluster id")
	versions, err := c.client.ApiVersions(ctx, &kafka.ApiVersionsRequest{})
	check.NoError(err, "api versions")
	check.Equal(len(versions.ApiKeys) > 40, true, "APIs")
	quotas, err := c.client.DescribeClientQuotas(ctx, &kafka.DescribeClientQuotasRequest{})
	check.NoError(err, "describe quotas")
	check.NoError(quotas.Error, "describe quotas")
	connection, err := kafka.DialContext(ctx, "tcp", c.bootstrap)
	check.NoError(err, "dial")
	defer connection.Close()
	controller, err := connection.Controller()
	check.NoError(err, "controller")
	check.Equal(controller.ID, broker.ID, "controller of the connection")
}
