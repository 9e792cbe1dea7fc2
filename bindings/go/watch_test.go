package rediscluster_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

type command = rediscluster.Command

func TestWatchExecutesWhatItsFunctionReturns(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	do(t, c, "SET", k, 1)
	list, err := c.Watch(ctx, []string{k}, func(w *rediscluster.Watch) ([]command, error) {
		n, err := rediscluster.As[int](w.Do(ctx, "GET", k))
		return []command{{"SET", k, n + 1}, {"GET", k}}, err
	})
	equal(t, err, nil)
	equal(t, list, []any{"OK", "2"})
}

func TestWatchRunsAgainWhereAKeyChanged(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	tries := 0
	list, err := c.Watch(ctx, []string{k}, func(w *rediscluster.Watch) ([]command, error) {
		if tries++; tries == 1 {
			do(t, c, "SET", k, "other") // by the function's own client
		}
		return []command{{"APPEND", k, "!"}}, nil
	})
	equal(t, err, nil)
	equal(t, list, []any{int64(6)})
	equal(t, tries, 2)
}

func TestWatchReturnsTheErrorOfItsFunctionUnchanged(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	mine := errors.New("mine")
	for _, want := range []error{mine, rediscluster.ErrAborted} {
		_, err := c.Watch(ctx, []string{k}, func(w *rediscluster.Watch) ([]command, error) {
			return []command{{"SET", k, 1}}, want
		})
		if err != want {
			t.Fatal(err)
		}
	}
	_, err := c.Watch(ctx, []string{k}, func(w *rediscluster.Watch) ([]command, error) {
		return []command{{"SET", k, 1}, {"MULTI"}}, nil
	})
	fails(t, err, rediscluster.ErrUnsupported, rediscluster.NotSent)
	equal(t, do(t, c, "GET", k), nil)
}

func panicking(t *testing.T, c *rediscluster.Cluster, k string, value any) (recovered any, stack string) {
	defer func() {
		recovered = recover()
		text := make([]byte, 1<<16)
		stack = string(text[:runtime.Stack(text, false)])
	}()
	c.Watch(ctx, []string{k}, func(w *rediscluster.Watch) ([]command, error) { // the line that is wanted
		w.Do(ctx, "GET", k)
		panic(value)
	})
	return nil, ""
}

func TestAPanicPassesThroughWatch(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	mine := &struct{ text string }{"mine"}
	for i := 0; i < 100; i++ {
		recovered, stack := panicking(t, c, k, mine)
		equal(t, recovered == mine, true)
		equal(t, strings.Contains(stack, "panicking.func"), true) // with the frames of where it happened
	}
	equal(t, do(t, c, "SET", k, 1), "OK")
}

func TestGoexitPassesThroughWatch(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	exited := make(chan bool)
	go func() {
		returned := false
		defer func() { exited <- !returned }()
		c.Watch(ctx, []string{k}, func(w *rediscluster.Watch) ([]command, error) {
			runtime.Goexit()
			return nil, nil
		})
		returned = true
	}()
	equal(t, <-exited, true)
	equal(t, do(t, c, "SET", k, 1), "OK")
}

func TestASessionEndsWithItsFunction(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	var kept *rediscluster.Watch
	list, err := c.Watch(ctx, []string{k}, func(w *rediscluster.Watch) ([]command, error) {
		kept = w
		return nil, nil
	})
	equal(t, err, nil)
	equal(t, list, []any{})
	_, err = kept.Do(ctx, "GET", k)
	fails(t, err, rediscluster.ErrInvalidArgument, rediscluster.NotSent)
}

func TestWatchInAWatch(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	list, err := c.Watch(ctx, []string{k}, func(*rediscluster.Watch) ([]command, error) {
		inner, err := c.Watch(ctx, []string{k + "inner"}, func(*rediscluster.Watch) ([]command, error) {
			return []command{{"ECHO", "inner"}}, nil
		})
		return []command{{"ECHO", inner[0]}}, err
	})
	equal(t, err, nil)
	equal(t, list, []any{"inner"})
}

func TestACancelledContextEndsAWatch(t *testing.T) {
	c := open(t, func(o *rediscluster.Options) { o.Timeout = time.Minute })
	k := key(t, c, "k")
	cancelled, cancel := context.WithCancel(ctx)
	_, err := c.Watch(cancelled, []string{k}, func(w *rediscluster.Watch) ([]command, error) {
		cancel()
		return []command{{"SET", k, 1}}, nil
	})
	fails(t, err, rediscluster.ErrCancelled, rediscluster.NotSent)
	equal(t, errors.Is(err, context.Canceled), true)
	equal(t, do(t, c, "GET", k), nil)
}

func TestACallbackMayCloseTheCluster(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	_, err := c.Watch(ctx, []string{k}, func(w *rediscluster.Watch) ([]command, error) {
		c.Close()
		return []command{{"SET", k, 1}}, nil
	})
	if !errors.Is(err, rediscluster.ErrClosed) {
		t.Fatal(err)
	}
}
