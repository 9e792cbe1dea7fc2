package rediscluster_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

// muchLess is a time that only a call which nobody ended would pass.
const muchLess = 10 * time.Second

func TestACancelledContextEndsABlockedCall(t *testing.T) {
	c := open(t, func(o *rediscluster.Options) { o.Timeout = time.Minute })
	q := key(t, c, "q")
	cancelled, cancel := context.WithCancel(ctx)
	time.AfterFunc(20*time.Millisecond, cancel)
	from := time.Now()
	_, err := c.Do(cancelled, "BLPOP", q, 0)
	fails(t, err, rediscluster.ErrCancelled, rediscluster.Unknown)
	equal(t, errors.Is(err, context.Canceled), true)
	equal(t, time.Since(from) < muchLess, true)
	equal(t, do(t, c, "ECHO", "mine"), "mine")
}

func TestADeadlineIsTheCallsTimeout(t *testing.T) {
	c := open(t, func(o *rediscluster.Options) { o.Timeout = time.Minute })
	q := key(t, c, "q")
	short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
	defer cancel()
	from := time.Now()
	_, err := c.Do(short, "BLPOP", q, 0)
	fails(t, err, rediscluster.ErrTimeout, rediscluster.Unknown)
	equal(t, errors.Is(err, context.DeadlineExceeded), true)
	equal(t, time.Since(from) < muchLess, true)

	_, err = c.With(rediscluster.CallOptions{Timeout: 30 * time.Millisecond}).Do(ctx, "BLPOP", q, 0)
	fails(t, err, rediscluster.ErrTimeout, rediscluster.Unknown)
	equal(t, errors.Is(err, context.DeadlineExceeded), false)
}

func TestADeadlineMayBeLaterThanTheUsualTimeout(t *testing.T) {
	c := open(t, func(o *rediscluster.Options) { o.Timeout = 50 * time.Millisecond })
	q := key(t, c, "q")
	long, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	reply, err := c.Do(long, "BLPOP", q, "0.3")
	equal(t, err, nil)
	equal(t, reply, nil)
}

func TestAnEndedContextSendsNothing(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err := c.Do(cancelled, "SET", k, 1)
	fails(t, err, rediscluster.ErrCancelled, rediscluster.NotSent)
	_, err = c.Watch(cancelled, []string{k}, nil)
	fails(t, err, rediscluster.ErrInvalidArgument, rediscluster.NotSent)
	late, cancel := context.WithTimeout(ctx, -1)
	defer cancel()
	_, err = c.Pipeline(late, []rediscluster.Command{{"SET", k, 1}})
	fails(t, err, rediscluster.ErrTimeout, rediscluster.NotSent)
	equal(t, errors.Is(err, context.DeadlineExceeded), true)
	equal(t, do(t, c, "GET", k), nil)
}

func TestACancelledContextEndsOpen(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing
	equal(t, err, nil)
	defer mute.Close()
	cancelled, cancel := context.WithCancel(ctx)
	time.AfterFunc(20*time.Millisecond, cancel)
	from := time.Now()
	_, err = rediscluster.Open(cancelled, rediscluster.Options{Nodes: []string{mute.Addr().String()}, Timeout: time.Minute})
	equal(t, errors.Is(err, rediscluster.ErrCancelled) && errors.Is(err, context.Canceled), true)
	equal(t, time.Since(from) < muchLess, true)
}

func TestContextsThatEndNowAndThenDisturbNobody(t *testing.T) {
	c := open(t)
	var group sync.WaitGroup
	for g := 0; g < 8; g++ {
		group.Add(1)
		go func(g int) {
			defer group.Done()
			for i := 0; i < 300; i++ {
				some, cancel := context.WithTimeout(ctx, time.Minute)
				if i%3 == 0 {
					go cancel()
				}
				got, err := c.Do(some, "ECHO", g)
				if err != nil && !(i%3 == 0 && errors.Is(err, context.Canceled)) {
					t.Error(err)
				} else if err == nil && got != string(rune('0'+g)) {
					t.Error(got)
				}
				cancel()
			}
		}(g)
	}
	group.Wait()
}

func TestCloseEndsCallsUnderWay(t *testing.T) {
	c := open(t, func(o *rediscluster.Options) { o.Timeout = time.Minute })
	q := key(t, c, "q")
	ends := make(chan error)
	for i := 0; i < 4; i++ {
		go func() {
			_, err := c.Do(ctx, "BLPOP", q, 0)
			ends <- err
		}()
	}
	watcher := open(t)
	for blocked := 0; blocked < 4; { // of all nodes: one has the key
		blocked = blockedClients(t, watcher, q)
	}
	for i := 0; i < 4; i++ {
		go c.Close()
	}
	for i := 0; i < 4; i++ {
		if err := <-ends; !errors.Is(err, rediscluster.ErrClosed) {
			t.Fatal(err)
		}
	}
	equal(t, c.Close(), nil)
	_, err := c.Do(ctx, "PING")
	fails(t, err, rediscluster.ErrClosed, rediscluster.NotSent)
	_, err = c.Info()
	fails(t, err, rediscluster.ErrClosed, rediscluster.NotSent)
	fails(t, c.Refresh(ctx), rediscluster.ErrClosed, rediscluster.NotSent)
}

// blockedClients tells how many clients wait for the key, a list: as many as pushes it takes until one stays.
func blockedClients(t *testing.T, c *rediscluster.Cluster, q string) int {
	n, err := rediscluster.As[int](c.Do(ctx, "EVAL",
		"return tonumber(string.match(redis.call('INFO', 'clients'), 'blocked_clients:(%d+)'))", 1, q))
	equal(t, err, nil)
	return n
}

func TestAForgottenClusterIsClosedByTheCollector(t *testing.T) {
	forget := func() {
		c, err := rediscluster.Open(ctx, rediscluster.Options{Nodes: nodes(t), Name: "go.forgotten"})
		equal(t, err, nil)
		do(t, c, "PING")
	}
	forget()
	from := time.Now()
	for rediscluster.Find("go.forgotten") != nil {
		runtime.GC()
		if time.Since(from) > muchLess {
			t.Fatal("still open")
		}
	}
}
