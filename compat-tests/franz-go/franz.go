// Package franzgo holds what franz-go expects of a broker.
package franzgo

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"odradek/compat/go/check"
)

type cases struct{ bootstrap string }

// Cases are all cases of this client.
func Cases(bootstrap string) []check.Case {
	c := cases{bootstrap}
	return []check.Case{
		{Name: "codecs", Run: c.codecs},
		{Name: "idempotence", Run: c.idempotence},
		{Name: "acks", Run: c.acks},
		{Name: "headers", Run: c.headers},
		{Name: "largeMessages", Run: c.largeMessages},
		{Name: "timestamps", Run: c.timestamps},
		{Name: "transactions", Run: c.transactions},
		{Name: "chain", Run: c.chain},
		{Name: "range", Run: func(ctx context.Context) { c.rebalance(ctx, 4, kgo.Balancers(kgo.RangeBalancer())) }},
		{Name: "sticky", Run: func(ctx context.Context) { c.rebalance(ctx, 4, kgo.Balancers(kgo.StickyBalancer())) }},
		{Name: "cooperative", Run: func(ctx context.Context) {
			c.rebalance(ctx, 2, kgo.Balancers(kgo.CooperativeStickyBalancer()))
		}},
		{Name: "staticMembers", Run: func(ctx context.Context) { c.staticMember(ctx, kgo.Balancers(kgo.RangeBalancer())) }},
		{Name: "commits", Run: c.commits},
		{Name: "consumerProtocol", Run: func(ctx context.Context) { c.consumerProtocol(ctx, kgo.StickyBalancer(), "uniform") }},
		{Name: "consumerProtocolRange", Run: func(ctx context.Context) { c.consumerProtocol(ctx, kgo.RangeBalancer(), "range") }},
		{Name: "shareGroup", Run: c.shareGroup},
		{Name: "shareAcknowledge", Run: c.shareAcknowledge},
		{Name: "adminTopics", Run: c.adminTopics},
		{Name: "adminConfigs", Run: c.adminConfigs},
		{Name: "adminGroups", Run: c.adminGroups},
		{Name: "adminRecords", Run: c.adminRecords},
		{Name: "adminTransactions", Run: c.adminTransactions},
		{Name: "adminCluster", Run: c.adminCluster},
	}
}

func (c cases) client(opts ...kgo.Opt) *kgo.Client {
	all := append([]kgo.Opt{kgo.SeedBrokers(c.bootstrap), kgo.FetchMaxWait(200 * time.Millisecond)}, opts...)
	client, err := kgo.NewClient(all...)
	check.NoError(err, "new client")
	return client
}

func (c cases) admin() *kadm.Client { return kadm.NewClient(c.client()) }

func (c cases) newTopic(ctx context.Context, partitions int32, configs map[string]*string) string {
	topic := check.Unique("topic")
	admin := c.admin()
	defer admin.Close()
	_, err := admin.CreateTopic(ctx, partitions, 1, configs, topic)
	check.NoError(err, "create topic")
	return topic
}

func (c cases) produce(ctx context.Context, topic string, values []string, opts ...kgo.Opt) {
	client := c.client(append(opts, kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	defer client.Close()
	records := make([]*kgo.Record, len(values))
	for index, value := range values {
		records[index] = kgo.StringRecord(value)
	}
	check.NoError(client.ProduceSync(ctx, records...).FirstErr(), "produce")
}

// read gives the next records of a client; any error that it is told ends the case.
func read(ctx context.Context, client *kgo.Client, count int) []*kgo.Record {
	var records []*kgo.Record
	for len(records) < count {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			check.Fail("poll after %d of %d records: %v", len(records), count, err)
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

func valuesOf(records []*kgo.Record) []string {
	values := make([]string, len(records))
	for index, record := range records {
		values[index] = string(record.Value)
	}
	return values
}

func (c cases) readAll(ctx context.Context, topic string, count int, opts ...kgo.Opt) []*kgo.Record {
	client := c.client(append(opts, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	defer client.Close()
	return read(ctx, client, count)
}

// member is a client in a group with what it has been told of its partitions.
type member struct {
	*kgo.Client
	mutex             sync.Mutex
	assigned          map[int32]bool
	revoked, changes_ int
}

func (c cases) join(topic, group string, opts ...kgo.Opt) *member {
	m := &member{assigned: map[int32]bool{}}
	took := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		m.change(partitions[topic], true)
	}
	gave := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		m.change(partitions[topic], false)
	}
	m.Client = c.client(append([]kgo.Opt{
		kgo.ConsumeTopics(topic), kgo.ConsumerGroup(group), kgo.HeartbeatInterval(200 * time.Millisecond),
		kgo.SessionTimeout(10 * time.Second), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.OnPartitionsAssigned(took), kgo.OnPartitionsRevoked(gave), kgo.OnPartitionsLost(gave),
	}, opts...)...)
	return m
}

func (m *member) change(partitions []int32, mine bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, partition := range partitions {
		if mine {
			m.assigned[partition] = true
		} else if m.assigned[partition] {
			delete(m.assigned, partition)
			m.revoked++
		}
	}
	if len(partitions) > 0 {
		m.changes_++
	}
}

func (m *member) partitions() map[int32]bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	copied := map[int32]bool{}
	for partition := range m.assigned {
		copied[partition] = true
	}
	return copied
}

func (m *member) changes() int {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.changes_
}

func (c cases) codecs(ctx context.Context) {
	topic := c.newTopic(ctx, 1, nil)
	var want []string
	codecs := []kgo.CompressionCodec{
		kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression(),
	}
	for index, codec := range codecs {
		values := check.Numbered(fmt.Sprint("codec", index), 100)
		c.produce(ctx, topic, values, kgo.ProducerBatchCompression(codec))
		want = append(want, values...)
	}
	records := c.readAll(ctx, topic, len(want))
	check.Equal(valuesOf(records), want, "values")
	var found []uint8
	for index := 0; index < len(records); index += 100 {
		found = append(found, records[index].Attrs.CompressionType())
	}
	check.Equal(found, []uint8{0, 1, 2, 3, 4}, "codecs of the batches")
}

func (c cases) idempotence(ctx context.Context) {
	topic := c.newTopic(ctx, 1, nil)
	values := check.Numbered("value", 5000)
	c.produce(ctx, topic, values, kgo.ProducerBatchMaxBytes(2000), kgo.ProducerBatchCompression(kgo.NoCompression()))
	records := c.readAll(ctx, topic, len(values))
	check.Equal(valuesOf(records), values, "values")
	check.Equal(records[0].ProducerID >= 0, true, "producer id is set")
}

func (c cases) acks(ctx context.Context) {
	topic := c.newTopic(ctx, 1, nil)
	for _, acks := range []kgo.Acks{kgo.NoAck(), kgo.LeaderAck(), kgo.AllISRAcks()} {
		c.produce(ctx, topic, []string{"v"}, kgo.RequiredAcks(acks), kgo.DisableIdempotentWrite())
	}
	check.Equal(len(c.readAll(ctx, topic, 3)), 3, "records")
}

func (c cases) headers(ctx context.Context) {
	topic := c.newTopic(ctx, 1, nil)
	client := c.client()
	defer client.Close()
	headers := []kgo.RecordHeader{{Key: "one", Value: []byte("1")}, {Key: "empty", Value: []byte{}}, {Key: "null"}, {Key: "one", Value: []byte("again")}}
	at := time.UnixMilli(1700000000123)
	full := &kgo.Record{Topic: topic, Key: []byte("k"), Value: []byte("v"), Headers: headers, Timestamp: at}
	null := &kgo.Record{Topic: topic, Key: nil, Value: nil}
	for _, record := range []*kgo.Record{full, null} {
		check.NoError(client.ProduceSync(ctx, record).FirstErr(), "produce")
	}
	records := c.readAll(ctx, topic, 2)
	check.Equal(records[0].Headers, headers, "headers")
	check.Equal(records[0].Timestamp.UnixMilli(), at.UnixMilli(), "timestamp")
	check.Equal(records[0].LeaderEpoch, int32(0), "leader epoch")
	check.Equal(records[1].Key == nil && records[1].Value == nil, true, "null key and value")
}

func (c cases) largeMessages(ctx context.Context) {
	topic := c.newTopic(ctx, 1, map[string]*string{"max.message.bytes": kmsg.StringPtr("10000000")})
	large := make([]byte, 5<<20)
	client := c.client(kgo.ProducerBatchMaxBytes(8<<20), kgo.ProducerBatchCompression(kgo.NoCompression()))
	defer client.Close()
	check.NoError(client.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: large}).FirstErr(), "produce 5 MiB")
	records := c.readAll(ctx, topic, 1, kgo.FetchMaxPartitionBytes(1000))
	check.Equal(len(records[0].Value), len(large), "size")
	small := c.newTopic(ctx, 1, map[string]*string{"max.message.bytes": kmsg.StringPtr("1000")})
	err := client.ProduceSync(ctx, &kgo.Record{Topic: small, Value: large[:5000]}).FirstErr()
	check.Is(err, kerr.MessageTooLarge, "produce more than max.message.bytes")
}

func (c cases) timestamps(ctx context.Context) {
	topic := c.newTopic(ctx, 1, nil)
	client := c.client()
	defer client.Close()
	for _, time_ := range []int64{1000, 2000, 3000} {
		record := &kgo.Record{Topic: topic, Value: []byte(fmt.Sprint(time_)), Timestamp: time.UnixMilli(time_)}
		check.NoError(client.ProduceSync(ctx, record).FirstErr(), "produce")
	}
	from := c.client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AfterMilli(1500)}}))
	defer from.Close()
	check.Equal(valuesOf(read(ctx, from, 2)), []string{"2000", "3000"}, "records after 1500")
	admin := c.admin()
	defer admin.Close()
	offset := func(listed kadm.ListedOffsets, err error) int64 {
		check.NoError(err, "list offsets")
		found, _ := listed.Lookup(topic, 0)
		check.NoError(found.Err, "list offsets of the partition")
		return found.Offset
	}
	check.Equal(offset(admin.ListOffsetsAfterMilli(ctx, 3000, topic)), int64(2), "offset at 3000")
	check.Equal(offset(admin.ListOffsetsAfterMilli(ctx, 3001, topic)), int64(3), "offset after the last")
	check.Equal(offset(admin.ListMaxTimestampOffsets(ctx, topic)), int64(2), "offset of the largest timestamp")
	check.Equal(offset(admin.ListStartOffsets(ctx, topic)), int64(0), "first offset")
	check.Equal(offset(admin.ListEndOffsets(ctx, topic)), int64(3), "end offset")
}
