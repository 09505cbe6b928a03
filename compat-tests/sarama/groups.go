package sarama

import (
	"context"
	"fmt"
	"sort"

	"github.com/IBM/sarama"

	"odradek/compat/go/check"
)

func (c cases) rebalance(ctx context.Context, strategy sarama.BalanceStrategy) {
	topic, group, config := c.newTopic(ctx, 4, nil), check.Unique("group"), newConfig()
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{strategy}
	first := c.join(topic, group, config)
	check.Until(ctx, "the first has all", func() bool { return len(first.held(topic)) == 4 })
	second := c.join(topic, group, config)
	check.Until(ctx, "both have half", func() bool { return len(first.held(topic)) == 2 && len(second.held(topic)) == 2 })
	all := append(append([]int32{}, first.held(topic)...), second.held(topic)...)
	sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
	check.Equal(all, []int32{0, 1, 2, 3}, "partitions of both")
	second.leave()
	check.Until(ctx, "the first has all again", func() bool { return len(first.held(topic)) == 4 })
	first.leave()
}

func (c cases) staticMembers(ctx context.Context) {
	topic, group := c.newTopic(ctx, 2, nil), check.Unique("group")
	named := func(name string) *member {
		config := newConfig()
		config.Consumer.Group.InstanceId = name
		return c.join(topic, group, config)
	}
	first, second := named("first"), named("second")
	check.Until(ctx, "both have one", func() bool { return len(first.held(topic)) == 1 && len(second.held(topic)) == 1 })
	mine, sessions := second.held(topic), first.sessions
	second.leave()
	second = named("second")
	check.Until(ctx, "the second is back", func() bool { return len(second.held(topic)) == 1 })
	check.Equal(second.held(topic), mine, "partition of the member that came back")
	check.Equal(first.sessions, sessions, "sessions of the other member")
	first.leave()
	second.leave()
}

func (c cases) commits(ctx context.Context) {
	topic, group := c.newTopic(ctx, 1, nil), check.Unique("group")
	c.produce(topic, []string{"a", "b"}, newConfig())
	first := c.join(topic, group, newConfig())
	check.Equal(first.take(ctx, 2), []string{"a", "b"}, "first read")
	first.leave()
	c.produce(topic, []string{"c"}, newConfig())
	second := c.join(topic, group, newConfig())
	check.Equal(second.take(ctx, 1), []string{"c"}, "what is left")
	second.leave()
}

func transactional(id string) *sarama.Config {
	config := newConfig()
	config.Producer.Idempotent = true
	config.Producer.Transaction.ID = id
	config.Net.MaxOpenRequests = 1
	config.Producer.Partitioner = sarama.NewManualPartitioner
	return config
}

func (c cases) transactions(ctx context.Context) {
	topic := c.newTopic(ctx, 2, nil)
	producer := c.producer(transactional(check.Unique("tx")))
	defer producer.Close()
	var want []string
	for round := 0; round < 20; round++ {
		value := fmt.Sprint("committed-", round)
		check.NoError(producer.BeginTxn(), "begin")
		if round%2 == 1 {
			value = "aborted"
		}
		for partition := int32(0); partition < 2; partition++ {
			_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Partition: partition, Value: sarama.StringEncoder(value)})
			check.NoError(err, "produce")
		}
		if round%2 == 1 {
			check.NoError(producer.AbortTxn(), "abort")
		} else {
			check.NoError(producer.CommitTxn(), "commit")
			want = append(want, value)
		}
	}
	config := newConfig()
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	for partition := int32(0); partition < 2; partition++ {
		check.Equal(valuesOf(c.read(ctx, topic, partition, 0, len(want), config)), want, "committed records")
		check.Equal(len(c.read(ctx, topic, partition, 0, 20, newConfig())), 20, "records that an uncommitted reader sees")
	}
}

// chain commits offsets with what was made of the records, or not at all.
func (c cases) chain(ctx context.Context) {
	source, sink, group := c.newTopic(ctx, 1, nil), c.newTopic(ctx, 1, nil), check.Unique("group")
	c.produce(source, []string{"a", "b", "c"}, newConfig())
	messages := c.read(ctx, source, 0, 0, 3, newConfig())
	producer := c.producer(transactional(check.Unique("tx")))
	defer producer.Close()
	admin := c.admin()
	defer admin.Close()
	committed := func() int64 {
		offsets, err := admin.ListConsumerGroupOffsets(group, map[string][]int32{source: {0}})
		check.NoError(err, "list offsets")
		return offsets.GetBlock(source, 0).Offset
	}
	for index, message := range messages {
		check.NoError(producer.BeginTxn(), "begin")
		_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: sink, Value: sarama.StringEncoder("made of " + string(message.Value))})
		check.NoError(err, "produce")
		check.NoError(producer.AddMessageToTxn(message, group, nil), "add the offset")
		if index == 2 {
			check.NoError(producer.AbortTxn(), "abort")
		} else {
			check.NoError(producer.CommitTxn(), "commit")
		}
	}
	check.Equal(committed(), int64(2), "committed offset")
	config := newConfig()
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	check.Equal(valuesOf(c.read(ctx, sink, 0, 0, 2, config)), []string{"made of a", "made of b"}, "results")
}

func (c cases) adminGroups(ctx context.Context) {
	topic, group, config := c.newTopic(ctx, 2, nil), check.Unique("group"), newConfig()
	config.ClientID = "me"
	admin := c.admin()
	defer admin.Close()
	one := c.join(topic, group, config)
	check.Until(ctx, "it has all", func() bool { return len(one.held(topic)) == 2 })
	described, err := admin.DescribeConsumerGroups([]string{group})
	check.NoError(err, "describe")
	check.Equal([]any{described[0].State, described[0].ProtocolType, len(described[0].Members)}, []any{"Stable", "consumer", 1}, "description")
	for _, description := range described[0].Members {
		check.Equal(description.ClientId, "me", "client id")
		assignment, err := description.GetMemberAssignment()
		check.NoError(err, "assignment")
		check.Equal(len(assignment.Topics[topic]), 2, "assigned partitions")
	}
	listed, err := admin.ListConsumerGroups()
	check.NoError(err, "list")
	check.Equal(listed[group], "consumer", "type of the group in the list")
	check.Is(admin.DeleteConsumerGroup(group), sarama.ErrNonEmptyGroup, "delete with a member")
	one.leave()
	altered, err := admin.AlterConsumerGroupOffsets(group, map[string]map[int32]sarama.OffsetAndMetadata{
		topic: {0: {Offset: 7, LeaderEpoch: -1, Metadata: "note"}, 1: {Offset: 8, LeaderEpoch: -1}},
	}, nil)
	check.NoError(err, "alter offsets")
	check.Equal(altered.Errors[topic][0], sarama.ErrNoError, "alter offsets")
	offsets, err := admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0, 1}})
	check.NoError(err, "list offsets")
	block := offsets.GetBlock(topic, 0)
	check.Equal([]any{block.Offset, block.Metadata}, []any{int64(7), "note"}, "committed")
	check.NoError(admin.DeleteConsumerGroupOffset(group, topic, 1), "delete an offset")
	check.NoError(admin.DeleteConsumerGroup(group), "delete")
	check.Is(admin.DeleteConsumerGroup(group), sarama.ErrGroupIDNotFound, "delete twice")
}
