// Package kafkago holds what segmentio's kafka-go expects of a broker.
package kafkago

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sort"
	"time"

	"github.com/segmentio/kafka-go"

	"odradek/compat/go/check"
)

type cases struct {
	bootstrap string
	client    *kafka.Client
}

// Cases are all cases of this client.
func Cases(bootstrap string) []check.Case {
	address, err := net.ResolveTCPAddr("tcp", bootstrap)
	check.NoError(err, "address")
	c := cases{bootstrap, &kafka.Client{Addr: address, Timeout: 20 * time.Second}}
	return []check.Case{
		{Name: "codecs", Run: c.codecs},
		{Name: "acks", Run: c.acks},
		{Name: "headers", Run: c.headers},
		{Name: "largeMessages", Run: c.largeMessages},
		{Name: "timestamps", Run: c.timestamps},
		{Name: "transactions", Run: c.transactions},
		{Name: "range", Run: func(ctx context.Context) { c.rebalance(ctx, kafka.RangeGroupBalancer{}) }},
		{Name: "roundRobin", Run: func(ctx context.Context) { c.rebalance(ctx, kafka.RoundRobinGroupBalancer{}) }},
		{Name: "commits", Run: c.commits},
		{Name: "adminTopics", Run: c.adminTopics},
		{Name: "adminConfigs", Run: c.adminConfigs},
		{Name: "adminGroups", Run: c.adminGroups},
		{Name: "adminCluster", Run: c.adminCluster},
	}
}

func (c cases) newTopic(ctx context.Context, partitions int, configs ...kafka.ConfigEntry) string {
	topic := check.Unique("topic")
	response, err := c.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{
		{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: configs},
	}})
	check.NoError(err, "create topic")
	check.NoError(response.Errors[topic], "create topic")
	check.Until(ctx, "the topic has its leaders", func() bool {
		metadata, err := c.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
		check.NoError(err, "metadata")
		return metadata.Topics[0].Error == nil && len(metadata.Topics[0].Partitions) == partitions
	})
	return topic
}

func (c cases) write(ctx context.Context, topic string, codec kafka.Compression, acks kafka.RequiredAcks, values ...string) {
	writer := &kafka.Writer{
		Addr: c.client.Addr, Topic: topic, Compression: codec, RequiredAcks: acks, BatchTimeout: 10 * time.Millisecond,
		Transport: &kafka.Transport{}, BatchBytes: 8 << 20,
	}
	defer writer.Close()
	messages := make([]kafka.Message, len(values))
	for index, value := range values {
		messages[index] = kafka.Message{Value: []byte(value)}
	}
	check.NoError(writer.WriteMessages(ctx, messages...), "write")
}

func (c cases) reader(topic string, change func(*kafka.ReaderConfig)) *kafka.Reader {
	config := kafka.ReaderConfig{
		Brokers: []string{c.bootstrap}, Topic: topic, MaxWait: 100 * time.Millisecond, MaxBytes: 10 << 20,
		HeartbeatInterval: 200 * time.Millisecond, SessionTimeout: 10 * time.Second, StartOffset: kafka.FirstOffset,
		JoinGroupBackoff: 100 * time.Millisecond,
	}
	change(&config)
	return kafka.NewReader(config)
}

func (c cases) readAll(ctx context.Context, topic string, count int, level kafka.IsolationLevel) []kafka.Message {
	reader := c.reader(topic, func(config *kafka.ReaderConfig) { config.IsolationLevel = level })
	defer reader.Close()
	return read(ctx, reader, count)
}

func read(ctx context.Context, reader *kafka.Reader, count int) []kafka.Message {
	var messages []kafka.Message
	for len(messages) < count {
		message, err := reader.ReadMessage(ctx)
		check.NoError(err, fmt.Sprintf("read after %d of %d records", len(messages), count))
		messages = append(messages, message)
	}
	return messages
}

func valuesOf(messages []kafka.Message) []string {
	values := make([]string, len(messages))
	for index, message := range messages {
		values[index] = string(message.Value)
	}
	return values
}

func (c cases) codecs(ctx context.Context) {
	topic := c.newTopic(ctx, 1)
	var want []string
	for codec := kafka.Compression(0); codec <= kafka.Zstd; codec++ {
		values := check.Numbered(fmt.Sprint("codec", int(codec)), 100)
		c.write(ctx, topic, codec, kafka.RequireAll, values...)
		want = append(want, values...)
	}
	check.Equal(valuesOf(c.readAll(ctx, topic, len(want), kafka.ReadUncommitted)), want, "values")
}

func (c cases) acks(ctx context.Context) {
	topic := c.newTopic(ctx, 1)
	for _, acks := range []kafka.RequiredAcks{kafka.RequireNone, kafka.RequireOne, kafka.RequireAll} {
		c.write(ctx, topic, 0, acks, "v")
	}
	check.Equal(len(c.readAll(ctx, topic, 3, kafka.ReadUncommitted)), 3, "records")
}

func (c cases) headers(ctx context.Context) {
	topic := c.newTopic(ctx, 1)
	writer := &kafka.Writer{Addr: c.client.Addr, Topic: topic, BatchTimeout: 10 * time.Millisecond, Transport: &kafka.Transport{}}
	defer writer.Close()
	headers := []kafka.Header{{Key: "one", Value: []byte("1")}, {Key: "one", Value: []byte("again")}}
	at := time.UnixMilli(1700000000123)
	check.NoError(writer.WriteMessages(ctx, kafka.Message{Key: []byte("k"), Value: []byte("v"), Headers: headers, Time: at}), "write")
	message := c.readAll(ctx, topic, 1, kafka.ReadUncommitted)[0]
	check.Equal(message.Headers, headers, "headers")
	check.Equal([]any{string(message.Key), string(message.Value), message.Time.UnixMilli()}, []any{"k", "v", at.UnixMilli()}, "record")
}

func (c cases) largeMessages(ctx context.Context) {
	topic := c.newTopic(ctx, 1, kafka.ConfigEntry{ConfigName: "max.message.bytes", ConfigValue: "10000000"})
	c.write(ctx, topic, 0, kafka.RequireAll, string(make([]byte, 5<<20)))
	check.Equal(len(c.readAll(ctx, topic, 1, kafka.ReadUncommitted)[0].Value), 5<<20, "size")
	small := c.newTopic(ctx, 1, kafka.ConfigEntry{ConfigName: "max.message.bytes", ConfigValue: "1000"})
	writer := &kafka.Writer{Addr: c.client.Addr, Topic: small, RequiredAcks: kafka.RequireAll, BatchTimeout: 10 * time.Millisecond, Transport: &kafka.Transport{}}
	defer writer.Close()
	err := writer.WriteMessages(ctx, kafka.Message{Value: make([]byte, 5000)})
	var each kafka.WriteErrors
	if errors.As(err, &each) {
		err = each[0]
	}
	check.Is(err, kafka.MessageSizeTooLarge, "write more than max.message.bytes")
}

func (c cases) timestamps(ctx context.Context) {
	topic := c.newTopic(ctx, 1)
	writer := &kafka.Writer{Addr: c.client.Addr, Topic: topic, BatchTimeout: 10 * time.Millisecond, Transport: &kafka.Transport{}}
	defer writer.Close()
	for _, at := range []int64{1000, 2000, 3000} {
		check.NoError(writer.WriteMessages(ctx, kafka.Message{Value: []byte(fmt.Sprint(at)), Time: time.UnixMilli(at)}), "write")
	}
	reader := c.reader(topic, func(*kafka.ReaderConfig) {})
	defer reader.Close()
	check.NoError(reader.SetOffsetAt(ctx, time.UnixMilli(1500)), "set the offset by time")
	check.Equal(valuesOf(read(ctx, reader, 2)), []string{"2000", "3000"}, "records after 1500")
	listed, err := c.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{
		topic: {kafka.FirstOffsetOf(0), kafka.LastOffsetOf(0), kafka.TimeOffsetOf(0, time.UnixMilli(3000))},
	}})
	check.NoError(err, "list offsets")
	found := listed.Topics[topic][0]
	check.NoError(found.Error, "list offsets")
	check.Equal([]int64{found.FirstOffset, found.LastOffset}, []int64{0, 3}, "first and last offset")
	_, at := found.Offsets[2]
	check.Equal(at, true, "offset at 3000")
}

// transactions go through the single requests, as the library has no transactional writer.
func (c cases) transactions(ctx context.Context) {
	topic, id := c.newTopic(ctx, 1), check.Unique("tx")
	begin := &kafka.InitProducerIDRequest{
		Addr: c.client.Addr, TransactionalID: id, TransactionTimeoutMs: 30000, ProducerID: -1, ProducerEpoch: -1,
	}
	var producer *kafka.ProducerSession
	check.Until(ctx, "a producer id is given", func() bool {
		begun, err := c.client.InitProducerID(ctx, begin)
		check.NoError(err, "init producer id")
		producer = begun.Producer
		return begun.Error == nil
	})
	for _, commit := range []bool{true, false} {
		added, err := c.client.AddPartitionsToTxn(ctx, &kafka.AddPartitionsToTxnRequest{
			TransactionalID: id, ProducerID: producer.ProducerID, ProducerEpoch: producer.ProducerEpoch,
			Topics: map[string][]kafka.AddPartitionToTxn{topic: {{Partition: 0}}},
		})
		check.NoError(err, "add partitions")
		check.NoError(added.Topics[topic][0].Error, "add partitions")
		ended, err := c.client.EndTxn(ctx, &kafka.EndTxnRequest{
			TransactionalID: id, ProducerID: producer.ProducerID, ProducerEpoch: producer.ProducerEpoch, Committed: commit,
		})
		check.NoError(err, "end")
		check.NoError(ended.Error, "end")
		check.Until(ctx, "the transaction is over", func() bool {
			begun, err := c.client.InitProducerID(ctx, begin)
			check.NoError(err, "init producer id")
			producer = begun.Producer
			return begun.Error == nil
		})
	}
	c.write(ctx, topic, 0, kafka.RequireAll, "after the markers")
	// Its reader gives control records like any other, see FINDINGS.md.
	messages := c.readAll(ctx, topic, 3, kafka.ReadCommitted)
	check.Equal(string(messages[2].Value), "after the markers", "what a committed reader sees")
	check.Equal([]int64{messages[0].Offset, messages[2].Offset}, []int64{0, 2}, "offsets")
}

func (c cases) rebalance(ctx context.Context, balancer kafka.GroupBalancer) {
	topic, group := c.newTopic(ctx, 4), check.Unique("group")
	join := func() *kafka.ConsumerGroup {
		member, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
			ID: group, Brokers: []string{c.bootstrap}, Topics: []string{topic}, GroupBalancers: []kafka.GroupBalancer{balancer},
			HeartbeatInterval: 200 * time.Millisecond, SessionTimeout: 10 * time.Second, JoinGroupBackoff: 100 * time.Millisecond,
		})
		check.NoError(err, "join")
		return member
	}
	first := join()
	defer first.Close()
	generation, err := first.Next(ctx)
	check.NoError(err, "first generation")
	check.Equal(len(generation.Assignments[topic]), 4, "partitions of the first alone")
	second := join()
	type next struct {
		generation *kafka.Generation
		err        error
	}
	shares := make(chan next, 2)
	for _, member := range []*kafka.ConsumerGroup{first, second} {
		go func() {
			generation, err := member.Next(ctx)
			shares <- next{generation, err}
		}()
	}
	var all []int
	for range 2 {
		share := <-shares
		check.NoError(share.err, "second generation")
		check.Equal(len(share.generation.Assignments[topic]), 2, "partitions of each")
		for _, assignment := range share.generation.Assignments[topic] {
			all = append(all, assignment.ID)
		}
	}
	sort.Ints(all)
	check.Equal(all, []int{0, 1, 2, 3}, "partitions of both")
	check.NoError(second.Close(), "leave")
	generation, err = first.Next(ctx)
	check.NoError(err, "third generation")
	check.Equal(len(generation.Assignments[topic]), 4, "partitions of the first alone again")
}

func (c cases) commits(ctx context.Context) {
	topic, group := c.newTopic(ctx, 1), check.Unique("group")
	c.write(ctx, topic, 0, kafka.RequireAll, "a", "b", "c")
	join := func() *kafka.Reader {
		return c.reader("", func(config *kafka.ReaderConfig) {
			config.GroupID, config.GroupTopics = group, []string{topic}
		})
	}
	first := join()
	check.Equal(valuesOf(read(ctx, first, 2)), []string{"a", "b"}, "first read")
	check.NoError(first.Close(), "leave")
	second := join()
	defer second.Close()
	check.Equal(valuesOf(read(ctx, second, 1)), []string{"c"}, "what is left")
}
