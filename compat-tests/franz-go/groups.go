package franzgo

import (
	"context"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"odradek/compat/go/check"
)

// rebalance expects the first member to give up `revoked` partitions when the second comes: all in the eager
// protocol, those of the second alone in the cooperative one.
func (c cases) rebalance(ctx context.Context, revoked int, opts ...kgo.Opt) {
	topic, group := c.newTopic(ctx, 4, nil), check.Unique("group")
	first := c.join(topic, group, opts...)
	defer first.Close()
	check.Until(ctx, "the first has all", func() bool { return len(first.partitions()) == 4 })
	second := c.join(topic, group, opts...)
	check.Until(ctx, "both have half", func() bool {
		return len(first.partitions()) == 2 && len(second.partitions()) == 2
	})
	check.Equal(first.revoked, revoked, "partitions that the first gave up")
	for partition := range second.partitions() {
		check.Equal(first.partitions()[partition], false, "a partition has two owners")
	}
	second.LeaveGroup()
	second.Close()
	check.Until(ctx, "the first has all again", func() bool { return len(first.partitions()) == 4 })
}

func (c cases) staticMember(ctx context.Context, opts ...kgo.Opt) {
	topic, group := c.newTopic(ctx, 4, nil), check.Unique("group")
	with := func(name string) []kgo.Opt { return append([]kgo.Opt{kgo.InstanceID(name)}, opts...) }
	first := c.join(topic, group, with("first")...)
	defer first.Close()
	second := c.join(topic, group, with("second")...)
	check.Until(ctx, "both have half", func() bool {
		return len(first.partitions()) == 2 && len(second.partitions()) == 2
	})
	mine, changes := second.partitions(), first.changes()
	second.Close()
	second = c.join(topic, group, with("second")...)
	defer second.Close()
	check.Until(ctx, "the second is back", func() bool { return len(second.partitions()) == 2 })
	check.Equal(second.partitions(), mine, "partitions of the member that came back")
	check.Equal(first.changes(), changes, "changes that the other member saw")
}

func (c cases) commits(ctx context.Context) {
	topic, group := c.newTopic(ctx, 1, nil), check.Unique("group")
	c.produce(ctx, topic, []string{"a", "b", "c"})
	first := c.join(topic, group, kgo.DisableAutoCommit())
	records := read(ctx, first.Client, 3)
	check.NoError(first.CommitRecords(ctx, records[:2]...), "commit")
	first.LeaveGroup()
	first.Close()
	second := c.join(topic, group, kgo.DisableAutoCommit())
	defer second.Close()
	check.Equal(valuesOf(read(ctx, second.Client, 1)), []string{"c"}, "what is left")
}

func (c cases) consumerProtocol(ctx context.Context, balancer kgo.GroupBalancer, assignor string) {
	topic, group := c.newTopic(ctx, 4, nil), check.Unique("group")
	opts := []kgo.Opt{kgo.ServerSideBalancer(), kgo.Balancers(balancer), kgo.DisableAutoCommit()}
	c.produce(ctx, topic, []string{"a", "b"})
	first := c.join(topic, group, opts...)
	defer first.Close()
	check.Until(ctx, "the first has all", func() bool { return len(first.partitions()) == 4 })
	check.NoError(first.CommitRecords(ctx, read(ctx, first.Client, 2)...), "commit")
	second := c.join(topic, group, opts...)
	check.Until(ctx, "both have half", func() bool {
		return len(first.partitions()) == 2 && len(second.partitions()) == 2
	})
	check.Equal(first.revoked, 2, "partitions that the first gave up")
	admin := c.admin()
	defer admin.Close()
	described, err := admin.DescribeConsumerGroups(ctx, group)
	check.NoError(err, "describe")
	check.NoError(described[group].Err, "describe the group")
	check.Equal([]any{described[group].AssignorName, len(described[group].Members)}, []any{assignor, 2}, "description")
	second.LeaveGroup()
	second.Close()
	check.Until(ctx, "the first has all again", func() bool { return len(first.partitions()) == 4 })
	offsets, err := admin.FetchOffsets(ctx, group)
	check.NoError(err, "fetch offsets")
	committed, _ := offsets.Lookup(topic, 0)
	check.Equal(committed.At, int64(2), "committed offset")
}

// shareFromStart lets a share group begin at the first record.
func (c cases) shareFromStart(ctx context.Context, group string) {
	client := c.client()
	defer client.Close()
	config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
	config.Name, config.Value = "share.auto.offset.reset", kmsg.StringPtr("earliest")
	resource := kmsg.NewIncrementalAlterConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeGroupConfig, group
	resource.Configs = append(resource.Configs, config)
	request := kmsg.NewPtrIncrementalAlterConfigsRequest()
	request.Resources = append(request.Resources, resource)
	response, err := request.RequestWith(ctx, client)
	check.NoError(err, "alter the group's configs")
	check.NoError(kerr.ErrorForCode(response.Resources[0].ErrorCode), "alter the group's configs")
}

func (c cases) shareGroup(ctx context.Context) {
	topic, group := c.newTopic(ctx, 2, nil), check.Unique("share")
	c.shareFromStart(ctx, group)
	c.produce(ctx, topic, check.Numbered("value", 100))
	opts := []kgo.Opt{
		kgo.ShareGroup(group), kgo.ConsumeTopics(topic), kgo.ShareMaxRecords(10), kgo.ShareMaxRecordsStrict(),
	}
	first, second := c.client(opts...), c.client(opts...)
	defer first.Close()
	defer second.Close()
	seen := map[string]int{}
	check.Until(ctx, "all records came", func() bool {
		for _, client := range []*kgo.Client{first, second} {
			short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
			for _, record := range client.PollFetches(short).Records() {
				seen[string(record.Value)]++
				record.Ack(kgo.AckAccept)
			}
			cancel()
		}
		return len(seen) == 100
	})
	check.NoError(first.FlushAcks(ctx), "acknowledge")
	check.NoError(second.FlushAcks(ctx), "acknowledge")
	for value, times := range seen {
		check.Equal(times, 1, "deliveries of "+value)
	}
	admin := c.admin()
	defer admin.Close()
	described, err := admin.DescribeShareGroups(ctx, group)
	check.NoError(err, "describe")
	check.NoError(described[group].Err, "describe the group")
	check.Equal([]any{described[group].GroupState, len(described[group].Members)}, []any{"Stable", 2}, "description")
	offsets, err := admin.DescribeShareGroupOffsets(ctx, group)
	check.NoError(err, "describe offsets")
	check.Equal(offsets[group].Offsets[topic][0].StartOffset > 0, true, "the start offset has moved")
}

func (c cases) shareAcknowledge(ctx context.Context) {
	topic, group := c.newTopic(ctx, 1, nil), check.Unique("share")
	c.shareFromStart(ctx, group)
	c.produce(ctx, topic, []string{"accept", "release", "reject"})
	client := c.client(kgo.ShareGroup(group), kgo.ConsumeTopics(topic))
	defer client.Close()
	for _, record := range read(ctx, client, 3) {
		check.Equal(record.DeliveryCount(), int32(1), "first delivery of "+string(record.Value))
		record.Ack(map[string]kgo.AckStatus{
			"accept": kgo.AckAccept, "release": kgo.AckRelease, "reject": kgo.AckReject,
		}[string(record.Value)])
	}
	check.NoError(client.FlushAcks(ctx), "acknowledge")
	again := read(ctx, client, 1)
	check.Equal(valuesOf(again), []string{"release"}, "what comes again")
	check.Equal(again[0].DeliveryCount(), int32(2), "delivery count")
	again[0].Ack(kgo.AckAccept)
	check.NoError(client.FlushAcks(ctx), "acknowledge")
}

func (c cases) adminGroups(ctx context.Context) {
	topic, group := c.newTopic(ctx, 2, nil), check.Unique("group")
	admin := c.admin()
	defer admin.Close()
	one := c.join(topic, group, kgo.ClientID("me"), kgo.Balancers(kgo.RangeBalancer()))
	check.Until(ctx, "it has all", func() bool { return len(one.partitions()) == 2 })
	described, err := admin.DescribeGroups(ctx, group)
	check.NoError(err, "describe")
	check.Equal([]any{described[group].State, described[group].Protocol, described[group].Members[0].ClientID},
		[]any{"Stable", "range", "me"}, "description")
	listed, err := admin.ListGroups(ctx, "Stable")
	check.NoError(err, "list")
	_, found := listed[group]
	check.Equal(found, true, "the group is listed")
	deleted, err := admin.DeleteGroup(ctx, group)
	check.Is(deletionError(deleted, err), kerr.NonEmptyGroup, "delete with a member")
	one.LeaveGroup()
	one.Close()
	offsets := kadm.Offsets{}
	offsets.Add(kadm.Offset{Topic: topic, Partition: 0, At: 7, LeaderEpoch: -1, Metadata: "note"})
	offsets.Add(kadm.Offset{Topic: topic, Partition: 1, At: 8, LeaderEpoch: -1})
	check.NoError(admin.CommitAllOffsets(ctx, group, offsets), "commit")
	fetched, err := admin.FetchOffsets(ctx, group)
	check.NoError(err, "fetch offsets")
	first, _ := fetched.Lookup(topic, 0)
	check.Equal([]any{first.At, first.Metadata}, []any{int64(7), "note"}, "committed")
	removed, err := admin.DeleteOffsets(ctx, group, kadm.TopicsSet{topic: {1: {}}})
	check.NoError(err, "delete offsets")
	check.NoError(removed.Error(), "delete offsets")
	_, err = admin.DeleteGroup(ctx, group)
	check.NoError(err, "delete")
	deleted, err = admin.DeleteGroup(ctx, group)
	check.Is(deletionError(deleted, err), kerr.GroupIDNotFound, "delete twice")
	missing, err := admin.DescribeGroups(ctx, group)
	if err != nil && !strings.Contains(err.Error(), "GROUP_ID_NOT_FOUND") {
		check.NoError(err, "describe what is gone")
	}
	check.Equal(missing[group].State, "Dead", "state of a group that is gone")
}

func deletionError(deleted kadm.DeleteGroupResponse, err error) error {
	if err != nil {
		return err
	}
	return deleted.Err
}
