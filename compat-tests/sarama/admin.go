package sarama

import (
	"context"

	"github.com/IBM/sarama"

	"odradek/compat/go/check"
)

func (c cases) adminTopics(ctx context.Context) {
	admin, topic := c.admin(), check.Unique("topic")
	defer admin.Close()
	detail := &sarama.TopicDetail{NumPartitions: 2, ReplicationFactor: 1, ConfigEntries: map[string]*string{"retention.ms": text("5000")}}
	check.NoError(admin.CreateTopic(topic, detail, false), "create")
	check.Is(admin.CreateTopic(topic, detail, false), sarama.ErrTopicAlreadyExists, "create twice")
	check.Is(admin.CreateTopic("not allowed!", detail, false), sarama.ErrInvalidTopic, "create with a bad name")
	nine := &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 9}
	check.Is(admin.CreateTopic(check.Unique("topic"), nine, false), sarama.ErrInvalidReplicationFactor, "create with nine replicas")
	check.NoError(admin.CreatePartitions(topic, 5, nil, false), "grow")
	check.Is(admin.CreatePartitions(topic, 1, nil, false), sarama.ErrInvalidPartitions, "shrink")
	check.Until(ctx, "five partitions are listed", func() bool {
		topics, err := admin.ListTopics()
		check.NoError(err, "list")
		return topics[topic].NumPartitions == 5
	})
	check.NoError(admin.DeleteTopic(topic), "delete")
	check.Until(ctx, "the topic is gone", func() bool {
		topics, err := admin.ListTopics()
		check.NoError(err, "list")
		_, there := topics[topic]
		return !there
	})
	check.Is(admin.DeleteTopic(topic), sarama.ErrUnknownTopicOrPartition, "delete twice")
}

func (c cases) adminConfigs(ctx context.Context) {
	admin, topic := c.admin(), c.newTopic(ctx, 1, map[string]*string{"retention.ms": text("5000")})
	defer admin.Close()
	config := func(name string) sarama.ConfigEntry {
		entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic, ConfigNames: []string{name}})
		check.NoError(err, "describe")
		check.Equal(len(entries), 1, "entries of "+name)
		return entries[0]
	}
	retention := config("retention.ms")
	check.Equal([]any{retention.Value, retention.Source}, []any{"5000", sarama.SourceTopic}, "retention.ms")
	check.NoError(admin.IncrementalAlterConfig(sarama.TopicResource, topic, map[string]sarama.IncrementalAlterConfigsEntry{
		"cleanup.policy": {Operation: sarama.IncrementalAlterConfigsOperationAppend, Value: text("compact")},
		"retention.ms":   {Operation: sarama.IncrementalAlterConfigsOperationDelete},
	}, false), "alter")
	check.Equal(config("cleanup.policy").Value, "delete,compact", "cleanup.policy")
	check.Equal(config("retention.ms").Source, sarama.SourceDefault, "source of retention.ms")
	wrong := admin.IncrementalAlterConfig(sarama.TopicResource, topic, map[string]sarama.IncrementalAlterConfigsEntry{
		"retention.ms": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: text("x")},
	}, false)
	check.Is(wrong, sarama.ErrInvalidConfig, "alter wrongly")
	check.NoError(admin.AlterConfig(sarama.TopicResource, topic, map[string]*string{"retention.ms": text("7000")}, false), "replace")
	check.Equal([]string{config("cleanup.policy").Value, config("retention.ms").Value}, []string{"delete", "7000"}, "replaced configs")
}

func (c cases) adminRecords(ctx context.Context) {
	admin, topic := c.admin(), c.newTopic(ctx, 1, nil)
	defer admin.Close()
	c.produce(topic, []string{"a", "b", "c"}, newConfig())
	check.NoError(admin.DeleteRecords(topic, map[int32]int64{0: 2}), "delete records")
	messages := c.read(ctx, topic, 0, sarama.OffsetOldest, 1, newConfig())
	check.Equal(valuesOf(messages), []string{"c"}, "what is left")
	listed, err := admin.ListOffsets(map[string]map[int32]int64{topic: {0: sarama.OffsetOldest}}, nil)
	check.NoError(err, "list offsets")
	check.Equal(listed[topic][0].Offset, int64(2), "first offset")
	if admin.DeleteRecords(topic, map[int32]int64{0: 9}) == nil {
		check.Fail("records beyond the end were deleted")
	}
}

func (c cases) adminCluster(ctx context.Context) {
	admin, topic := c.admin(), c.newTopic(ctx, 1, nil)
	defer admin.Close()
	brokers, controller, err := admin.DescribeCluster()
	check.NoError(err, "describe")
	check.Equal([]any{len(brokers), brokers[0].Addr(), brokers[0].ID()}, []any{1, c.bootstrap, controller}, "the cluster")
	c.produce(topic, []string{"v"}, newConfig())
	directories, err := admin.DescribeLogDirs([]int32{controller})
	check.NoError(err, "describe log directories")
	size := int64(0)
	for _, directory := range directories[controller] {
		for _, one := range directory.Topics {
			if one.Topic == topic {
				size += one.Partitions[0].Size
			}
		}
	}
	check.Equal(size > 60, true, "size of the log")
	_, err = admin.DescribeUserScramCredentials(nil)
	check.NoError(err, "describe credentials")
	_, err = admin.DescribeClientQuotas(nil, false)
	check.NoError(err, "describe quotas")
	_, err = admin.ListPartitionReassignments(topic, []int32{0})
	check.NoError(err, "list reassignments")
}
