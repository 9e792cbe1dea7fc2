package rediscluster_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

var ctx = context.Background()

// nodes are those of the cluster that contract_with_cluster has started.
func nodes(t testing.TB) []string {
	list := os.Getenv("RC_TEST_NODES")
	if list == "" {
		t.Fatal("RC_TEST_NODES is not set: run by bindings/go/test")
	}
	return strings.Split(list, ",")
}

func open(t testing.TB, change ...func(*rediscluster.Options)) *rediscluster.Cluster {
	t.Helper()
	options := rediscluster.Options{Nodes: nodes(t)}
	for _, f := range change {
		f(&options)
	}
	c, err := rediscluster.Open(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// key is one of the test's own, which no test before it has left something in.
func key(t testing.TB, c *rediscluster.Cluster, name string) string {
	t.Helper()
	k := t.Name() + ":" + name
	do(t, c, "DEL", k)
	return k
}

func do(t testing.TB, c *rediscluster.Cluster, args ...any) any {
	t.Helper()
	reply, err := c.Do(ctx, args...)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func equal(t testing.TB, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %#v, want %#v", got, want)
	}
}

func fails(t testing.TB, err error, code rediscluster.Code, outcome rediscluster.Outcome) *rediscluster.Error {
	t.Helper()
	var failed *rediscluster.Error
	if !errors.Is(err, code) || !errors.As(err, &failed) || failed.Outcome != outcome {
		t.Fatalf("got %v (%+v), want %v, %v", err, failed, code, outcome)
	}
	return failed
}

func TestRepliesAreValuesOfGo(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	equal(t, do(t, c, "SET", k, "v"), "OK")
	equal(t, do(t, c, "GET", k), "v")
	equal(t, do(t, c, "STRLEN", k), int64(1))
	equal(t, do(t, c, "GET", k+"missing"), nil)
	equal(t, do(t, c, "EVAL", "return {1, {'a', {}}, false}", 0), []any{int64(1), []any{"a", []any{}}, nil})
}

type name string

func TestArgumentsMayBeOfManyTypes(t *testing.T) {
	c := open(t)
	for _, test := range []struct {
		given any
		want  string
	}{
		{"text", "text"}, {[]byte("a\x00\xff\r\n"), "a\x00\xff\r\n"}, {"", ""}, {[]byte(nil), ""},
		{5, "5"}, {int64(-1 << 63), "-9223372036854775808"}, {uint64(1<<64 - 1), "18446744073709551615"},
		{uint8(7), "7"}, {2.5, "2.5"}, {float32(0.1), "0.1"}, {true, "1"}, {false, "0"}, {name("n"), "n"},
		{time.Duration(3), "3"},
	} {
		equal(t, do(t, c, "ECHO", test.given), test.want)
	}
	for _, bad := range []any{nil, struct{}{}, []string{"a"}, &struct{}{}, map[string]string{}} {
		_, err := c.Do(ctx, "ECHO", bad)
		fails(t, err, rediscluster.ErrInvalidArgument, rediscluster.NotSent)
		_, err = c.Pipeline(ctx, []rediscluster.Command{{"ECHO", bad}})
		fails(t, err, rediscluster.ErrInvalidArgument, rediscluster.NotSent)
	}
}

func TestValuesOfEverySizeComeBackWhole(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	inBytes := c.With(rediscluster.CallOptions{Bytes: true})
	for _, size := range []int{0, 1, 1023, 1024, 1025, 4000, 4072, 5000, 70000, 3000000} {
		value := bytes.Repeat([]byte("\x00\xffx"), size/3+1)[:size]
		do(t, c, "SET", k, value)
		equal(t, do(t, c, "GET", k), string(value))
		equal(t, do(t, inBytes, "GET", k), value)
		list, err := c.Pipeline(ctx, []rediscluster.Command{{"GET", k}, {"STRLEN", k}, {"GET", k}})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, list, []any{string(value), int64(size), string(value)})
	}
}

func TestRepliesThatExceedTheInlineBuffer(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	want := []any{}
	for i := 0; i < 3000; i++ {
		do(t, c, "RPUSH", k, i)
		want = append(want, fmt.Sprint(i))
	}
	equal(t, do(t, c, "LRANGE", k, 0, -1), want)
}

func TestAServersErrorTellsItsCodeAndOutcome(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	do(t, c, "SET", k, "text")
	_, err := c.Do(ctx, "LPUSH", k, 1)
	failed := fails(t, err, rediscluster.ErrServer, rediscluster.Executed)
	equal(t, failed.ServerCode, "WRONGTYPE")
	equal(t, failed.MayHaveExecuted(), true)
	if errors.Is(err, rediscluster.ErrTimeout) {
		t.Fatal("is not a timeout")
	}
	_, err = c.Do(ctx, "SUNION", "a", "b")
	equal(t, fails(t, err, rediscluster.ErrCrossSlot, rediscluster.NotSent).MayHaveExecuted(), false)
	equal(t, rediscluster.ErrCrossSlot.String(), "RC_ERR_CROSS_SLOT")
	equal(t, rediscluster.Unknown.String(), "RC_OUTCOME_UNKNOWN")
}

func TestPipelineKeepsOrderAndFailuresApart(t *testing.T) {
	c := open(t)
	a, b := key(t, c, "a"), key(t, c, "b")
	list, err := c.Pipeline(ctx, []rediscluster.Command{{"SET", a, 1}, {"SET", b, "x"}, {"INCR", b}, {"INCR", a}})
	if err != nil {
		t.Fatal(err)
	}
	failed := fails(t, list[2].(error), rediscluster.ErrServer, rediscluster.Executed)
	equal(t, list, []any{"OK", "OK", failed, int64(2)})
	list, err = c.Pipeline(ctx, nil)
	equal(t, err, nil)
	equal(t, list, []any{})
}

func TestTransaction(t *testing.T) {
	c := open(t)
	k := key(t, c, "{t}k")
	list, err := c.Transaction(ctx, []rediscluster.Command{{"SET", k, 1}, {"INCR", k}})
	equal(t, err, nil)
	equal(t, list, []any{"OK", int64(2)})
	_, err = c.Transaction(ctx, nil)
	fails(t, err, rediscluster.ErrEmpty, rediscluster.NotSent)
}

func TestReplyConversions(t *testing.T) {
	c := open(t)
	h := key(t, c, "h")
	do(t, c, "HSET", h, "a", 1, "b", 2.5)
	n, err := rediscluster.As[int](c.Do(ctx, "HGET", h, "a"))
	equal(t, err, nil)
	equal(t, n, 1)
	f, err := rediscluster.As[float64](c.Do(ctx, "HGET", h, "b"))
	equal(t, err, nil)
	equal(t, f, 2.5)
	m, err := rediscluster.As[map[string]string](c.Do(ctx, "HGETALL", h))
	equal(t, err, nil)
	equal(t, m, map[string]string{"a": "1", "b": "2.5"})
	list, err := rediscluster.As[[]string](c.Do(ctx, "HMGET", h, "a", "missing"))
	equal(t, err, nil)
	equal(t, list, []string{"1", ""})
	missing, err := rediscluster.As[string](c.Do(ctx, "HGET", h, "missing"))
	equal(t, err, nil)
	equal(t, missing, "")
	if _, err = rediscluster.As[int](c.Do(ctx, "ECHO", "secret")); err == nil || strings.Contains(err.Error(), "secret") {
		t.Fatal(err)
	}
	_, err = rediscluster.As[int](c.Do(ctx, "SUNION", "a", "b"))
	fails(t, err, rediscluster.ErrCrossSlot, rediscluster.NotSent)
}

func TestManyGoroutinesGetTheirOwnReplies(t *testing.T) {
	c := open(t, func(o *rediscluster.Options) { o.MaxCalls = 8 })
	var group sync.WaitGroup
	for g := 0; g < 50; g++ {
		group.Add(1)
		go func(g int) {
			defer group.Done()
			for i := 0; i < 100; i++ {
				want := fmt.Sprintf("%d-%d", g, i)
				if got, err := c.Do(ctx, "ECHO", want); err != nil || got != want {
					t.Errorf("got %v, %v", got, err)
				}
			}
		}(g)
	}
	group.Wait()
}

func TestInfoAndFindAndRefresh(t *testing.T) {
	c := open(t, func(o *rediscluster.Options) { o.Name = "go.find" })
	equal(t, c.Refresh(ctx), nil)
	info, err := c.Info()
	equal(t, err, nil)
	equal(t, info.SlotsCovered, 16384)
	equal(t, info.Counters["refreshes"] >= 2, true)
	equal(t, len(info.Nodes) >= 3 && info.Nodes[0].Primary && info.Nodes[0].Slots > 0, true)
	equal(t, info.Seeds, nodes(t))
	found := rediscluster.Find("go.find")
	equal(t, do(t, found, "PING"), "PONG")
	equal(t, rediscluster.Find("go.find\x00") == nil, true)
	equal(t, found.Close(), nil)
	equal(t, rediscluster.Find("go.nothing") == nil, true)
}

func TestNodesHaveIDsRangesAndPrimaries(t *testing.T) {
	c := open(t)
	info, err := c.Info()
	equal(t, err, nil)
	for _, node := range info.Nodes {
		slots := 0
		for _, r := range node.Ranges {
			slots += r.Last - r.First + 1
		}
		equal(t, []any{len(node.ID), slots, node.PrimaryIndex < 0}, []any{40, node.Slots, node.Primary})
		equal(t, node.Primary || info.Nodes[node.PrimaryIndex].Primary, true)
	}
	owner := info.Nodes[info.SlotOwner(rediscluster.KeySlot("k"))]
	there := c.With(rediscluster.CallOptions{Node: fmt.Sprintf("%s:%d", owner.Host, owner.Port)})
	equal(t, do(t, there, "SET", "k", 1), "OK")
	equal(t, info.SlotOwner(16384), -1)
}

func TestRoutesAreChecked(t *testing.T) {
	c := open(t)
	for _, options := range []rediscluster.CallOptions{{Route: rediscluster.RouteOne, Node: "h:1"}, {Node: "h"}, {Route: 9}} {
		_, err := c.With(options).Do(ctx, "DBSIZE")
		fails(t, err, rediscluster.ErrInvalidArgument, rediscluster.NotSent)
	}
}

func TestAScanGivesEveryKeyAndItsCursorGoesOn(t *testing.T) {
	c := open(t)
	keys := map[string]bool{}
	for i := 0; i < 500; i++ {
		key := fmt.Sprint("goscan:", i)
		do(t, c, "SET", key, 1)
		keys[key] = true
	}
	begin := func(options rediscluster.ScanOptions) *rediscluster.Scan {
		options.Match = "goscan:*"
		scan, err := c.Scan(ctx, options)
		equal(t, err, nil)
		return scan
	}
	found, rest := map[string]bool{}, map[string]bool{}
	scan := begin(rediscluster.ScanOptions{Count: 20})
	defer scan.Close()
	for i := 0; i < 130 && scan.Next(ctx); i++ {
		found[scan.Key()], rest[scan.Key()] = true, true
	}
	count := 0
	for other := begin(rediscluster.ScanOptions{Cursor: scan.Cursor()}); other.Next(ctx); count++ {
		rest[other.Key()] = true
	}
	equal(t, count < 500, true)
	equal(t, rest, keys)
	for scan.Next(ctx) {
		found[scan.Key()] = true
	}
	equal(t, scan.Err(), nil)
	equal(t, found, keys)
	equal(t, len(scan.DoubtfulSlots()), 0)
	equal(t, begin(rediscluster.ScanOptions{Cursor: scan.Cursor()}).Next(ctx), false)
	equal(t, begin(rediscluster.ScanOptions{Type: "list"}).Next(ctx), false)
	for _, options := range []rediscluster.ScanOptions{{Cursor: "rubbish"}, {Count: -1}, {Type: "a\x00"}} {
		_, err := c.Scan(ctx, options)
		fails(t, err, rediscluster.ErrInvalidArgument, rediscluster.NotSent)
	}
	equal(t, scan.Close(), nil)
	equal(t, scan.Next(ctx), false)
	fails(t, scan.Err(), rediscluster.ErrClosed, rediscluster.NotSent)
}

func TestKeySlot(t *testing.T) {
	equal(t, rediscluster.KeySlot("foo"), 12182)
	equal(t, rediscluster.KeySlot(""), 0)
	equal(t, rediscluster.Version() != "", true)
}

func TestOptionsThatAreWrong(t *testing.T) {
	for _, o := range []rediscluster.Options{
		{}, {Nodes: []string{"127.0.0.1:99999"}}, {Nodes: nodes(t), Timeout: -1}, {Nodes: nodes(t), MaxRedirects: -1},
		{Nodes: []string{"a\x00b"}}, {URL: "http://a"}, {Nodes: nodes(t), Name: "not a name"},
	} {
		_, err := rediscluster.Open(ctx, o)
		fails(t, err, rediscluster.ErrInvalidArgument, rediscluster.NotSent)
	}
}

func TestTextsWithANulAreRefusedByName(t *testing.T) {
	bad := "hidden\x00"
	for name, o := range map[string]rediscluster.Options{
		"node": {Nodes: []string{bad}}, "url": {URL: bad}, "username": {Username: bad}, "password": {Password: bad},
		"name": {Name: bad}, "zone": {Zone: bad}, "tls_ca_file": {TLSCAFile: bad}, "tls_ca_dir": {TLSCADir: bad},
		"tls_certificate": {TLSKey: bad}, "tls_key_password": {TLSKeyPassword: bad}, "tls_server_name": {TLSServerName: bad},
		"mapped_address": {AddressMap: map[string]string{"h:1": bad + ":1"}},
	} {
		_, err := rediscluster.Open(ctx, o)
		fails(t, err, rediscluster.ErrInvalidArgument, rediscluster.NotSent)
		equal(t, strings.Contains(err.Error(), "the option "+name+" has a NUL"), true)
		equal(t, strings.Contains(err.Error(), "hidden"), false)
	}
}

func TestWhatIsClosedSaysSo(t *testing.T) {
	c := open(t)
	c.Close()
	c.Close()
	_, err := c.Do(ctx, "PING")
	fails(t, err, rediscluster.ErrClosed, rediscluster.NotSent)
	_, err = c.Pipeline(ctx, []command{{"PING"}})
	fails(t, err, rediscluster.ErrClosed, rediscluster.NotSent)
	_, err = c.Watch(ctx, []string{"k"}, func(*rediscluster.Watch) ([]command, error) { return nil, nil })
	fails(t, err, rediscluster.ErrClosed, rediscluster.NotSent)
	_, err = c.Explain(ctx, "GET", "k")
	fails(t, err, rediscluster.ErrClosed, rediscluster.NotSent)
	_, err = c.Info()
	fails(t, err, rediscluster.ErrClosed, rediscluster.NotSent)
	fails(t, c.Refresh(ctx), rediscluster.ErrClosed, rediscluster.NotSent)
	_, err = open(t).Watch(ctx, []string{"k"}, nil)
	fails(t, err, rediscluster.ErrInvalidArgument, rediscluster.NotSent)
}
