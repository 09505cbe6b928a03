// Package sarama holds what Sarama expects of a broker.
package sarama

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"odradek/compat/go/check"
)

type cases struct{ bootstrap string }

// Cases are all cases of this client.
func Cases(bootstrap string) []check.Case {
	c := cases{bootstrap}
	return []check.Case{
		{Name: "codecs", Run: c.codecs},
		{Name: "versions", Run: c.versions},
		{Name: "idempotence", Run: c.idempotence},
		{Name: "headers", Run: c.headers},
		{Name: "largeMessages", Run: c.largeMessages},
		{Name: "timestamps", Run: c.timestamps},
		{Name: "transactions", Run: c.transactions},
		{Name: "chain", Run: c.chain},
		{Name: "range", Run: func(ctx context.Context) { c.rebalance(ctx, sarama.NewBalanceStrategyRange()) }},
		{Name: "roundRobin", Run: func(ctx context.Context) { c.rebalance(ctx, sarama.NewBalanceStrategyRoundRobin()) }},
		{Name: "sticky", Run: func(ctx context.Context) { c.rebalance(ctx, sarama.NewBalanceStrategySticky()) }},
		{Name: "cooperative", Run: func(ctx context.Context) { c.rebalance(ctx, sarama.NewBalanceStrategyCooperativeSticky()) }},
		{Name: "staticMembers", Run: c.staticMembers},
		{Name: "commits", Run: c.commits},
		{Name: "adminTopics", Run: c.adminTopics},
		{Name: "adminConfigs", Run: c.adminConfigs},
		{Name: "adminGroups", Run: c.adminGroups},
		{Name: "adminRecords", Run: c.adminRecords},
		{Name: "adminCluster", Run: c.adminCluster},
	}
}

func newConfig() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.MaxWaitTime = 100 * time.Millisecond
	config.Consumer.Group.Heartbeat.Interval = 200 * time.Millisecond
	config.Consumer.Group.Rebalance.Retry.Backoff = 100 * time.Millisecond
	return config
}

func (c cases) admin() sarama.ClusterAdmin {
	admin, err := sarama.NewClusterAdmin([]string{c.bootstrap}, newConfig())
	check.NoError(err, "new admin")
	return admin
}

func text(value string) *string { return &value }

func (c cases) newTopic(ctx context.Context, partitions int32, configs map[string]*string) string {
	admin, topic := c.admin(), check.Unique("topic")
	defer admin.Close()
	detail := sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: configs}
	check.NoError(admin.CreateTopic(topic, &detail, false), "create topic")
	check.Until(ctx, "the topic has its leaders", func() bool {
		described, err := admin.DescribeTopics([]string{topic})
		return err == nil && described[0].Err == sarama.ErrNoError && len(described[0].Partitions) == int(partitions)
	})
	return topic
}

func (c cases) producer(config *sarama.Config) sarama.SyncProducer {
	producer, err := sarama.NewSyncProducer([]string{c.bootstrap}, config)
	check.NoError(err, "new producer")
	return producer
}

func (c cases) produce(topic string, values []string, config *sarama.Config) {
	config.Producer.Partitioner = sarama.NewManualPartitioner
	producer := c.producer(config)
	defer producer.Close()
	messages := make([]*sarama.ProducerMessage, len(values))
	for index, value := range values {
		messages[index] = &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(value)}
	}
	check.NoError(producer.SendMessages(messages), "produce")
}

// read gives the first records of a partition from an offset on.
func (c cases) read(ctx context.Context, topic string, partition int32, from int64, count int, config *sarama.Config) []*sarama.ConsumerMessage {
	consumer, err := sarama.NewConsumer([]string{c.bootstrap}, config)
	check.NoError(err, "new consumer")
	defer consumer.Close()
	reader, err := consumer.ConsumePartition(topic, partition, from)
	check.NoError(err, "consume")
	defer reader.Close()
	var messages []*sarama.ConsumerMessage
	for len(messages) < count {
		select {
		case message := <-reader.Messages():
			messages = append(messages, message)
		case <-ctx.Done():
			check.Fail("%d of %d records in time", len(messages), count)
		}
	}
	return messages
}

func valuesOf(messages []*sarama.ConsumerMessage) []string {
	values := make([]string, len(messages))
	for index, message := range messages {
		values[index] = string(message.Value)
	}
	return values
}

func (c cases) codecs(ctx context.Context) {
	topic := c.newTopic(ctx, 1, nil)
	var want []string
	for codec := sarama.CompressionNone; codec <= sarama.CompressionZSTD; codec++ {
		config, values := newConfig(), check.Numbered(codec.String(), 100)
		config.Producer.Compression = codec
		c.produce(topic, values, config)
		want = append(want, values...)
	}
	check.Equal(valuesOf(c.read(ctx, topic, 0, 0, len(want), newConfig())), want, "values")
}

// versions poses as a client of every age that the library knows: message sets of both formats are among them.
func (c cases) versions(ctx context.Context) {
	modern := []sarama.KafkaVersion{sarama.V1_0_0_0, sarama.V2_1_0_0, sarama.V2_8_0_0, sarama.V3_6_0_0, sarama.V4_0_0_0}
	topic := c.newTopic(ctx, 1, nil)
	for index, version := range modern {
		config := newConfig()
		config.Version = version
		c.produce(topic, []string{version.String()}, config)
		messages := c.read(ctx, topic, 0, int64(index), 1, config)
		check.Equal(string(messages[0].Value), version.String(), "value")
	}
}

func (c cases) idempotence(ctx context.Context) {
	topic, values := c.newTopic(ctx, 1, nil), check.Numbered("value", 2000)
	config := newConfig()
	config.Producer.Idempotent = true
	config.Net.MaxOpenRequests = 1
	config.Producer.Flush.MaxMessages = 50
	c.produce(topic, values, config)
	check.Equal(valuesOf(c.read(ctx, topic, 0, 0, len(values), newConfig())), values, "values")
}

func (c cases) headers(ctx context.Context) {
	topic := c.newTopic(ctx, 1, nil)
	producer := c.producer(newConfig())
	defer producer.Close()
	headers := []sarama.RecordHeader{{Key: []byte("one"), Value: []byte("1")}, {Key: []byte("empty"), Value: []byte{}}, {Key: []byte("one"), Value: []byte("again")}}
	at := time.UnixMilli(1700000000123)
	full := &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder("k"), Value: sarama.StringEncoder("v"), Headers: headers, Timestamp: at}
	_, offset, err := producer.SendMessage(full)
	check.NoError(err, "produce")
	check.Equal(offset, int64(0), "offset")
	_, _, err = producer.SendMessage(&sarama.ProducerMessage{Topic: topic})
	check.NoError(err, "produce null")
	messages := c.read(ctx, topic, 0, 0, 2, newConfig())
	var found []sarama.RecordHeader
	for _, header := range messages[0].Headers {
		found = append(found, *header)
	}
	check.Equal(found, headers, "headers")
	check.Equal(messages[0].Timestamp.UnixMilli(), at.UnixMilli(), "timestamp")
	check.Equal(messages[1].Key == nil && messages[1].Value == nil, true, "null key and value")
}

func (c cases) largeMessages(ctx context.Context) {
	topic := c.newTopic(ctx, 1, map[string]*string{"max.message.bytes": text("10000000")})
	config := newConfig()
	config.Producer.MaxMessageBytes = 8 << 20
	config.Consumer.Fetch.Default = 1000
	c.produce(topic, []string{string(make([]byte, 5<<20))}, config)
	check.Equal(len(c.read(ctx, topic, 0, 0, 1, config)[0].Value), 5<<20, "size")
	small := c.newTopic(ctx, 1, map[string]*string{"max.message.bytes": text("1000")})
	producer := c.producer(newConfig())
	defer producer.Close()
	_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: small, Value: sarama.ByteEncoder(make([]byte, 5000))})
	check.Is(err, sarama.ErrMessageSizeTooLarge, "produce more than max.message.bytes")
}

func (c cases) timestamps(ctx context.Context) {
	topic := c.newTopic(ctx, 1, nil)
	producer := c.producer(newConfig())
	defer producer.Close()
	for _, at := range []int64{1000, 2000, 3000} {
		_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(fmt.Sprint(at)), Timestamp: time.UnixMilli(at)})
		check.NoError(err, "produce")
	}
	client, err := sarama.NewClient([]string{c.bootstrap}, newConfig())
	check.NoError(err, "new client")
	defer client.Close()
	for at, want := range map[int64]int64{1500: 1, 3000: 2, 3001: -1, sarama.OffsetOldest: 0, sarama.OffsetNewest: 3} {
		offset, err := client.GetOffset(topic, 0, at)
		check.NoError(err, "get offset")
		check.Equal(offset, want, fmt.Sprint("offset at ", at))
	}
	check.Equal(valuesOf(c.read(ctx, topic, 0, 1, 2, newConfig())), []string{"2000", "3000"}, "records")
}

// member is a consumer in a group. A session of the cooperative protocol lives on while its claims change.
type member struct {
	sarama.ConsumerGroup
	mutex    sync.Mutex
	session  sarama.ConsumerGroupSession
	sessions int
	inbox    chan *sarama.ConsumerMessage
	stop     context.CancelFunc
	ended    chan struct{}
}

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.session = session
	m.sessions++
	return nil
}

func (m *member) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		session.MarkMessage(message, "note")
		select {
		case m.inbox <- message:
		case <-session.Context().Done():
			return nil
		}
	}
	return nil
}

func (m *member) held(topic string) []int32 {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.session == nil {
		return nil
	}
	return m.session.Claims()[topic]
}

func (c cases) join(topic, group string, config *sarama.Config) *member {
	consumer, err := sarama.NewConsumerGroup([]string{c.bootstrap}, group, config)
	check.NoError(err, "new member")
	running, stop := context.WithCancel(context.Background())
	m := &member{ConsumerGroup: consumer, inbox: make(chan *sarama.ConsumerMessage, 1000), stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(m.ended)
		for running.Err() == nil {
			if consumer.Consume(running, []string{topic}, m) != nil {
				time.Sleep(50 * time.Millisecond)
			}
		}
	}()
	return m
}

func (m *member) leave() {
	m.stop()
	<-m.ended
	check.NoError(m.Close(), "close")
}

func (m *member) take(ctx context.Context, count int) []string {
	var values []string
	for len(values) < count {
		select {
		case message := <-m.inbox:
			values = append(values, string(message.Value))
		case <-ctx.Done():
			check.Fail("%d of %d records in time", len(values), count)
		}
	}
	return values
}
