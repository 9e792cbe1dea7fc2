package rediscluster_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

// standing is a node that does not answer until the test ends, with no other one in its place.
type standing struct {
	address string
}

func standStill(t *testing.T, node ...string) standing {
	t.Helper()
	number := append(node, "0")[0]
	patience := func(ms string) { // before the other nodes take a node for dead
		for _, node := range nodes(t) {
			connection, err := net.Dial("tcp", node)
			equal(t, err, nil)
			connection.SetDeadline(time.Now().Add(muchLess))
			fmt.Fprintf(connection, "CONFIG SET cluster-node-timeout %s\r\n", ms)
			answer := make([]byte, 5)
			_, err = connection.Read(answer)
			connection.Close()
			equal(t, string(answer), "+OK\r\n")
			equal(t, err, nil)
		}
	}
	patience("600000")
	address := control(t, "address "+number)
	control(t, "stop "+number)
	t.Cleanup(func() {
		control(t, "continue "+number)
		patience("1000")
	})
	return standing{address}
}

// keyOf is a key that the node has, or that another one has.
func keyOf(t *testing.T, c *rediscluster.Cluster, node standing, of bool) string {
	t.Helper()
	for i := 0; ; i++ {
		k := fmt.Sprintf("{%s-%d}", t.Name(), i)
		told, err := c.Explain(ctx, "GET", k)
		equal(t, err, nil)
		if (told.Node == node.address) == of {
			return k
		}
	}
}

// threads is how many the process has.
func threads(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	equal(t, err, nil)
	_, after, _ := strings.Cut(string(text), "Threads:")
	var n int
	fmt.Sscan(after, &n)
	return n
}

// Callers without number that want a node which stands still leave room for those of other nodes.
func TestANodeThatStandsStillSlowsNoOther(t *testing.T) {
	const maxCalls = 32
	c := open(t, func(o *rediscluster.Options) {
		o.MaxCalls = maxCalls
		o.MaxBlockingCalls = maxCalls
		o.Timeout = time.Minute
	})
	still := standStill(t)
	stuck, healthy := keyOf(t, c, still, true), keyOf(t, c, still, false)
	watch := func(ctx context.Context, k string) error {
		_, err := c.Watch(ctx, []string{k}, func(w *rediscluster.Watch) ([]command, error) { return []command{{"GET", k}}, nil })
		return err
	}
	pipeline := func(ctx context.Context, keys ...string) error {
		commands := []command{}
		for i := 0; i < 200; i++ {
			commands = append(commands, command{"GET", keys[i%len(keys)]})
		}
		list, err := c.Pipeline(ctx, commands)
		for _, reply := range list {
			if failed, ok := reply.(error); ok && err == nil {
				err = failed
			}
		}
		return err
	}
	kinds := map[string]func(ctx context.Context, k string) error{
		"command":  func(ctx context.Context, k string) error { _, err := c.Do(ctx, "GET", k); return err },
		"pipeline": func(ctx context.Context, k string) error { return pipeline(ctx, k) },
		"transaction": func(ctx context.Context, k string) error {
			_, err := c.Transaction(ctx, []command{{"GET", k}})
			return err
		},
		"watch":    watch,
		"blocking": func(ctx context.Context, k string) error { _, err := c.Do(ctx, "BLPOP", k+"q", "0.01"); return err },
		"over both nodes": func(ctx context.Context, k string) error {
			if k == healthy {
				return pipeline(ctx, healthy)
			}
			return pipeline(ctx, healthy, stuck)
		},
	}
	before := threads(t)
	for name, call := range kinds {
		t.Run(name, func(t *testing.T) {
			ending, end := context.WithCancel(ctx)
			var group sync.WaitGroup
			var begun int32
			for i := 0; i < 10*maxCalls; i++ {
				group.Add(1)
				go func() {
					defer group.Done()
					atomic.AddInt32(&begun, 1)
					if err := call(ending, stuck); !errors.Is(err, rediscluster.ErrCancelled) {
						t.Errorf("%v", err)
					}
				}()
			}
			for atomic.LoadInt32(&begun) < 10*maxCalls {
				runtime.Gosched()
			}
			for i := 0; i < 30; i++ {
				limited, cancel := context.WithTimeout(ctx, muchLess)
				for healthyName, call := range kinds {
					if err := call(limited, healthy); err != nil {
						t.Errorf("%s beside %s: %v", healthyName, name, err)
						i = 30
					}
				}
				cancel()
			}
			if now := threads(t); now > before+3*maxCalls {
				t.Errorf("%d threads, and %d before", now, before)
			}
			end()
			group.Wait()
		})
	}
}

func TestAReplicaThatStandsStillSlowsNotItsPrimary(t *testing.T) {
	const maxCalls = 16
	c := open(t, func(o *rediscluster.Options) { o.MaxCalls = maxCalls; o.Timeout = time.Minute })
	reader := c.With(rediscluster.CallOptions{ReadFrom: rediscluster.ReadReplica})
	k := keyOf(t, c, standing{control(t, "address 0")}, true)
	standStill(t, "3") // its replica
	ending, end := context.WithCancel(ctx)
	var group sync.WaitGroup
	for i := 0; i < 10*maxCalls; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			if _, err := reader.Do(ending, "GET", k); !errors.Is(err, rediscluster.ErrCancelled) {
				t.Errorf("%v", err)
			}
		}()
	}
	for i := 0; i < 50; i++ {
		limited, cancel := context.WithTimeout(ctx, muchLess)
		if _, err := c.Do(limited, "GET", k); err != nil {
			t.Error(err)
			i = 50
		}
		cancel()
	}
	end()
	group.Wait()
}

func TestBlockingCommandsTakeNoPlaceFromOthers(t *testing.T) {
	c := open(t, func(o *rediscluster.Options) { o.MaxCalls = 10; o.Timeout = time.Minute })
	q := key(t, c, "q")
	waiting, release := context.WithCancel(ctx)
	ended := make(chan error)
	const blocked = 40
	for i := 0; i < blocked; i++ {
		go func(i int) {
			var err error
			switch i % 4 {
			case 0:
				_, err = c.Do(waiting, "BLPOP", q, 0)
			case 1:
				_, err = c.Do(waiting, "XREAD", "BLOCK", 0, "STREAMS", q+"x", "$")
			case 2:
				var list []any
				if list, err = c.Pipeline(waiting, []command{{"BLPOP", q, 0}}); err == nil {
					err = list[0].(error)
				}
			case 3:
				_, err = c.Watch(waiting, []string{q}, func(w *rediscluster.Watch) ([]command, error) {
					<-waiting.Done()
					return nil, nil
				})
			}
			ended <- err
		}(i)
	}
	control(t, fmt.Sprint("wait-blocked ", blocked/4*3))
	for i := 0; i < 100; i++ {
		equal(t, do(t, c, "ECHO", i), fmt.Sprint(i))
		equal(t, do(t, c, "GET", q+"k"), nil)
	}
	release()
	for i := 0; i < blocked; i++ {
		if err := <-ended; !errors.Is(err, rediscluster.ErrCancelled) {
			t.Error(err)
		}
	}
}

func TestMoreCallsThanMayBeUnderWayWaitForTheirTurn(t *testing.T) {
	for name, change := range map[string]func(*rediscluster.Options){
		"MaxCalls":         func(o *rediscluster.Options) { o.MaxCalls = 1 },
		"MaxBlockingCalls": func(o *rediscluster.Options) { o.MaxCalls, o.MaxBlockingCalls = 1, 1 },
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, change, func(o *rediscluster.Options) { o.Timeout = time.Minute })
			still := standStill(t)
			k := keyOf(t, c, still, true)
			holding, other := command{"GET", k}, command{"GET", keyOf(t, c, still, false)}
			if name == "MaxBlockingCalls" {
				holding, other = command{"BLPOP", k, 0}, command{"BLPOP", other[1], "0.001"}
			}
			holder, release := context.WithCancel(ctx)
			defer release()
			ended := make(chan error)
			go func() {
				_, err := c.Do(holder, holding...)
				ended <- err
			}()
			short := c.With(rediscluster.CallOptions{Timeout: 30 * time.Millisecond})
			var err error
			for from := time.Now(); !errors.Is(err, rediscluster.ErrBusy) && time.Since(from) < muchLess; {
				_, err = short.Do(ctx, other...)
			}
			failed := fails(t, err, rediscluster.ErrBusy, rediscluster.NotSent)
			if !strings.Contains(failed.Message, "raise Options."+name+", which is 1") {
				t.Error(failed)
			}
			limited, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
			defer cancel()
			_, err = c.Do(limited, other...)
			fails(t, err, rediscluster.ErrTimeout, rediscluster.NotSent)
			time.AfterFunc(20*time.Millisecond, release)
			equal(t, do(t, c, other...), nil)
			if err := <-ended; !errors.Is(err, rediscluster.ErrCancelled) {
				t.Error(err)
			}
		})
	}
}
