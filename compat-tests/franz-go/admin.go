package franzgo

import (
	"context"
	"net"
	"strconv"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"odradek/compat/go/check"
)

func (c cases) adminTopics(ctx context.Context) {
	admin, topic := c.admin(), check.Unique("topic")
	defer admin.Close()
	created, err := admin.CreateTopic(ctx, 2, 1, map[string]*string{"retention.ms": kmsg.StringPtr("5000")}, topic)
	check.NoError(err, "create")
	check.Equal(created.NumPartitions, int32(2), "partitions that were made")
	again, err := admin.CreateTopic(ctx, 2, 1, nil, topic)
	check.Is(first(err, again.Err), kerr.TopicAlreadyExists, "create twice")
	_, err = admin.CreateTopic(ctx, 1, 1, nil, "not allowed!")
	check.Is(err, kerr.InvalidTopicException, "create with a bad name")
	_, err = admin.CreateTopic(ctx, 1, 9, nil, check.Unique("topic"))
	check.Is(err, kerr.InvalidReplicationFactor, "create with nine replicas")
	grown, err := admin.UpdatePartitions(ctx, 5, topic)
	check.NoError(err, "grow")
	check.NoError(grown.Error(), "grow")
	check.Until(ctx, "five partitions are listed", func() bool {
		listed, err := admin.ListTopics(ctx, topic)
		check.NoError(err, "list")
		return len(listed[topic].Partitions) == 5 && listed[topic].ID == created.ID
	})
	_, err = admin.DeleteTopic(ctx, topic)
	check.NoError(err, "delete")
	check.Until(ctx, "the topic is gone", func() bool {
		listed, err := admin.ListTopics(ctx, topic)
		check.NoError(err, "list")
		return listed[topic].Err != nil
	})
	_, err = admin.DeleteTopic(ctx, topic)
	check.Is(err, kerr.UnknownTopicOrPartition, "delete twice")
}

func first(errors ...error) error {
	for _, err := range errors {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c cases) adminConfigs(ctx context.Context) {
	admin, topic := c.admin(), c.newTopic(ctx, 1, map[string]*string{"retention.ms": kmsg.StringPtr("5000")})
	defer admin.Close()
	config := func(name string) kadm.Config {
		described, err := admin.DescribeTopicConfigs(ctx, topic)
		check.NoError(err, "describe")
		for _, one := range described[0].Configs {
			if one.Key == name {
				return one
			}
		}
		check.Fail("%s is not described", name)
		return kadm.Config{}
	}
	retention := config("retention.ms")
	check.Equal([]any{retention.MaybeValue(), retention.Source}, []any{"5000", kmsg.ConfigSourceDynamicTopicConfig}, "retention.ms")
	altered, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{
		{Op: kadm.AppendConfig, Name: "cleanup.policy", Value: kmsg.StringPtr("compact")},
		{Op: kadm.DeleteConfig, Name: "retention.ms"},
	}, topic)
	check.NoError(err, "alter")
	check.NoError(altered[0].Err, "alter")
	policy, retention := config("cleanup.policy"), config("retention.ms")
	check.Equal(policy.MaybeValue(), "delete,compact", "cleanup.policy")
	check.Equal(retention.Source, kmsg.ConfigSourceDefaultConfig, "source of retention.ms")
	wrong, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Name: "retention.ms", Value: kmsg.StringPtr("x")}}, topic)
	check.NoError(err, "alter wrongly")
	check.Is(wrong[0].Err, kerr.InvalidConfig, "alter wrongly")
	brokers, err := admin.ListBrokers(ctx)
	check.NoError(err, "list brokers")
	described, err := admin.DescribeBrokerConfigs(ctx, brokers.NodeIDs()...)
	check.NoError(err, "describe the broker's configs")
	check.Equal(len(described[0].Configs) > 50, true, "the broker's configs")
}

func (c cases) adminRecords(ctx context.Context) {
	admin, topic := c.admin(), c.newTopic(ctx, 1, nil)
	defer admin.Close()
	c.produce(ctx, topic, []string{"a", "b", "c"})
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, 0, 2, -1)
	deleted, err := admin.DeleteRecords(ctx, offsets)
	check.NoError(err, "delete records")
	check.NoError(deleted.Error(), "delete records")
	check.Equal(deleted[topic][0].LowWatermark, int64(2), "low watermark")
	check.Equal(valuesOf(c.readAll(ctx, topic, 1)), []string{"c"}, "what is left")
	beyond := kadm.Offsets{}
	beyond.AddOffset(topic, 0, 9, -1)
	refused, err := admin.DeleteRecords(ctx, beyond)
	check.NoError(err, "delete beyond the end")
	check.Is(refused[topic][0].Err, kerr.OffsetOutOfRange, "delete beyond the end")
}

func (c cases) adminTransactions(ctx context.Context) {
	admin, topic, id := c.admin(), c.newTopic(ctx, 1, nil), check.Unique("tx")
	defer admin.Close()
	client := c.client(kgo.TransactionalID(id))
	defer client.Close()
	check.NoError(client.BeginTransaction(), "begin")
	check.NoError(client.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("open")}).FirstErr(), "produce")
	described, err := admin.DescribeTransactions(ctx, id)
	check.NoError(err, "describe")
	_, has := described[id].Topics[topic]
	check.Equal([]any{described[id].State, has}, []any{"Ongoing", true}, "description")
	listed, err := admin.ListTransactions(ctx, nil, []string{"Ongoing"})
	check.NoError(err, "list")
	_, found := listed[id]
	check.Equal(found, true, "the transaction is listed")
	producers, err := admin.DescribeProducers(ctx, kadm.TopicsSet{topic: {0: {}}})
	check.NoError(err, "describe producers")
	check.Equal(len(producers[topic].Partitions[0].ActiveProducers), 1, "active producers")
	check.NoError(client.EndTransaction(ctx, kgo.TryAbort), "abort")
}

func (c cases) adminCluster(ctx context.Context) {
	admin := c.admin()
	defer admin.Close()
	metadata, err := admin.BrokerMetadata(ctx)
	check.NoError(err, "metadata")
	broker := metadata.Brokers[0]
	check.Equal(net.JoinHostPort(broker.Host, strconv.Itoa(int(broker.Port))), c.bootstrap, "address")
	check.Equal([]any{metadata.Controller, len(metadata.Cluster)}, []any{broker.NodeID, 22}, "controller and cluster id")
	topic := c.newTopic(ctx, 1, nil)
	c.produce(ctx, topic, []string{"v"})
	directories, err := admin.DescribeAllLogDirs(ctx, kadm.TopicsSet{topic: {0: {}}})
	check.NoError(err, "describe log directories")
	size := int64(0)
	directories.Each(func(directory kadm.DescribedLogDir) { size += directory.Size() })
	check.Equal(size > 60, true, "size of the log")
	versions, err := admin.ApiVersions(ctx)
	check.NoError(err, "api versions")
	check.Equal(len(versions) > 0, true, "api versions")
}

func (c cases) transactions(ctx context.Context) {
	topic := c.newTopic(ctx, 2, nil)
	client := c.client(kgo.TransactionalID(check.Unique("tx")), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer client.Close()
	var want []string
	for round := 0; round < 20; round++ {
		end, value := kgo.TryCommit, "committed-"+strconv.Itoa(round)
		if round%2 == 1 {
			end, value = kgo.TryAbort, "aborted"
		} else {
			want = append(want, value)
		}
		check.NoError(client.BeginTransaction(), "begin")
		for partition := int32(0); partition < 2; partition++ {
			record := &kgo.Record{Topic: topic, Partition: partition, Value: []byte(value)}
			check.NoError(client.ProduceSync(ctx, record).FirstErr(), "produce")
		}
		check.NoError(client.EndTransaction(ctx, end), "end")
	}
	for partition := int32(0); partition < 2; partition++ {
		only := map[string]map[int32]kgo.Offset{topic: {partition: kgo.NewOffset().AtStart()}}
		reader := c.client(kgo.ConsumePartitions(only), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
		check.Equal(valuesOf(read(ctx, reader, len(want))), want, "committed records")
		reader.Close()
	}
	all := c.readAll(ctx, topic, 40)
	check.Equal(len(all), 40, "records that an uncommitted reader sees")
}

// chain reads, transforms and writes with the offsets in the transaction.
func (c cases) chain(ctx context.Context) {
	source, sink, group := c.newTopic(ctx, 1, nil), c.newTopic(ctx, 1, nil), check.Unique("group")
	c.produce(ctx, source, check.Numbered("value", 50))
	session, err := kgo.NewGroupTransactSession(
		kgo.SeedBrokers(c.bootstrap), kgo.TransactionalID(check.Unique("tx")), kgo.ConsumerGroup(group),
		kgo.ConsumeTopics(source), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.DefaultProduceTopic(sink),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxPartitionBytes(500),
	)
	check.NoError(err, "new session")
	defer session.Close()
	done := 0
	for round := 0; done < 50; round++ {
		records := session.PollRecords(ctx, 10).Records()
		check.NoError(session.Begin(), "begin")
		for _, record := range records {
			check.NoError(session.ProduceSync(ctx, kgo.StringRecord("made of "+string(record.Value))).FirstErr(), "produce")
		}
		committed, err := session.End(ctx, kgo.TransactionEndTry(round != 1))
		check.NoError(err, "end")
		if committed {
			done += len(records)
		}
	}
	want := check.Numbered("made of value", 50)
	check.Equal(valuesOf(c.readAll(ctx, sink, 50, kgo.FetchIsolationLevel(kgo.ReadCommitted()))), want, "results")
}
