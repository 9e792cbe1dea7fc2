package rediscluster_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

// apart runs f on a goroutine of its own, whatever that ends by.
func apart(f func()) {
	ended := make(chan bool)
	go func() {
		defer close(ended)
		defer func() { recover() }()
		f()
	}()
	<-ended
}

func TestOnlyAFunctionThatReturnsCommandsCommits(t *testing.T) {
	c := open(t)
	k := key(t, c, "k")
	for name, end := range map[string]func(){
		"panic":     func() { panic("mine") },
		"panic nil": func() { panic(nil) },
		"goexit":    runtime.Goexit,
		"nil map":   func() { var m map[string]int; m["a"] = 1 },
		"nil":       func() { var p *int; *p = 1 },
	} {
		apart(func() {
			c.Watch(ctx, []string{k}, func(w *rediscluster.Watch) (commands []command, err error) {
				commands = []command{{"SET", k, name}}
				w.Do(ctx, "GET", k)
				end()
				return
			})
		})
		apart(func() {
			c.Watch(ctx, []string{k}, func(w *rediscluster.Watch) (commands []command, err error) {
				defer func() { commands = []command{{"SET", k, name}} }() // a result, but no return
				end()
				return
			})
		})
		equal(t, do(t, c, "GET", k), nil)
	}
	_, err := c.Watch(ctx, []string{k}, func(w *rediscluster.Watch) ([]command, error) {
		return []command{{"SET", k, 1}, {"SET", k, struct{}{}}}, nil
	})
	fails(t, err, rediscluster.ErrInvalidArgument, rediscluster.NotSent)
	equal(t, do(t, c, "GET", k), nil)
}

func TestCredentialsThatDieRefuseTheConnection(t *testing.T) {
	for _, test := range []struct {
		said string
		end  func()
	}{
		{"panic", func() { panic(nil) }},
		{"panic: mine", func() { panic("mine") }},
		{"runtime.Goexit", runtime.Goexit},
	} {
		_, err := rediscluster.Open(ctx, rediscluster.Options{Nodes: nodes(t),
			Credentials: func(string, int) (string, string, error) { test.end(); return "", "", nil }})
		fails(t, err, rediscluster.ErrAuth, rediscluster.NotSent)
		if !strings.Contains(err.Error(), test.said) {
			t.Error(err)
		}
	}
}

// A hook that calls runtime.Goexit, as t.FailNow does, ends the program and leaves no call half-done.
func TestAHookThatExitsEndsTheProgram(t *testing.T) {
	if os.Getenv("RC_TEST_EXITS") != "" {
		c := open(t, func(o *rediscluster.Options) { o.OnAttempt = func(rediscluster.Attempt) { t.FailNow() } })
		c.Do(ctx, "SET", "k", 1)
		os.Exit(0)
	}
	program := exec.Command(os.Args[0], "-test.run=^TestAHookThatExitsEndsTheProgram$")
	program.Env = append(os.Environ(), "RC_TEST_EXITS=1")
	said, err := program.CombinedOutput()
	if err == nil || !strings.Contains(string(said), "runtime.Goexit") {
		t.Errorf("%v: %s", err, said)
	}
}
