package rediscluster_test

import (
	"context"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

// resident is how much memory the process has, in bytes: C's and Go's.
func resident(t *testing.T) int {
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	equal(t, err, nil)
	return pages * os.Getpagesize()
}

// A leak of 50 bytes a call would show.
func TestNothingLeaks(t *testing.T) {
	const callers, calls, limit = 8, 200000, 10 << 20
	if testing.Short() {
		t.Skip("takes a minute")
	}
	c := open(t)
	text, queue, long := key(t, c, "text"), key(t, c, "queue"), key(t, c, "long")
	do(t, c, "SET", text, "text")
	do(t, c, "SET", long, strings.Repeat("v", 20000))
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for name, call := range map[string]func() error{
		"success": func() error { _, err := c.Do(ctx, "GET", text); return err },
		"long":    func() error { _, err := c.Do(ctx, "GET", long); return err },
		"error":   func() error { _, err := c.Do(ctx, "LPUSH", text, 1); return err },
		"deadline": func() error {
			limited, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			_, err := c.Do(limited, "GET", text)
			return err
		},
		"cancelled": func() error { _, err := c.Do(ended, "GET", text); return err },
		"timeout": func() error {
			limited, cancel := context.WithTimeout(ctx, 100*time.Microsecond)
			defer cancel()
			_, err := c.Do(limited, "BLPOP", queue, 1)
			return err
		},
		"pipeline": func() error {
			_, err := c.Pipeline(ctx, []command{{"GET", text}, {"INCR", text}, {"GET", long}})
			return err
		},
		"cross slot": func() error { _, err := c.Transaction(ctx, []command{{"GET", "a"}, {"GET", "b"}}); return err },
		"watch": func() error {
			_, err := c.Watch(ctx, []string{text}, func(w *rediscluster.Watch) ([]command, error) {
				_, err := w.Do(ctx, "GET", text)
				return []command{{"GET", text}}, err
			})
			return err
		},
		"open": func() error {
			opened, err := rediscluster.Open(ctx, rediscluster.Options{
				Nodes:       nodes(t),
				Credentials: func(string, int) (string, string, error) { return "", "", nil },
				Log:         func(rediscluster.LogLevel, string) {},
				OnAttempt:   func(rediscluster.Attempt) {},
			})
			if err == nil {
				err = opened.Close()
			}
			return err
		},
		"aborted": func() error {
			_, err := c.Watch(ctx, []string{text}, func(w *rediscluster.Watch) ([]command, error) {
				return nil, rediscluster.ErrAborted
			})
			return err
		},
	} {
		number := calls
		if name == "timeout" || name == "watch" || name == "aborted" || name == "long" {
			number /= 10 // these are slow
		}
		if name == "open" {
			number /= 50
		}
		run := func(n int) {
			var group sync.WaitGroup
			for g := 0; g < callers; g++ {
				group.Add(1)
				go func() {
					defer group.Done()
					for i := 0; i < n/callers; i++ {
						call()
					}
				}()
			}
			group.Wait()
		}
		run(number / 10)
		before := resident(t)
		run(number)
		grown := resident(t) - before
		t.Logf("%s: %d bytes more after %d calls", name, grown, number)
		if grown > limit*number/calls+2<<20 {
			t.Errorf("%s: %d bytes more after %d calls", name, grown, number)
		}
	}
}
