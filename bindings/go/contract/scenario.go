package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

const patience = 20 * time.Second // of "eventually"

var (
	errRaise = errors.New("raised by the scenario") // how a block asks for it
	raised   = &struct{ text string }{"a panic of the runner's own"}
)

// step of a scenario, with the block that it has.
type step struct {
	line   string
	number int
	block  []step
}

// watching is a callback that runs.
type watching struct {
	watch *rediscluster.Watch
	queue []rediscluster.Command
	first bool
}

type scenario struct {
	client     client
	tries      int
	background sync.WaitGroup
	mutex      sync.Mutex
	noted      error // the first failure of another goroutine
}

func runScenario(block []step, nodes string) error {
	if _, err := control("reset"); err != nil {
		return err
	}
	s := &scenario{client: client{nodes: nodes}}
	if o := s.client.open([]word{{text: "timeout_ms=15000"}}); o.err != nil {
		return o.err
	}
	err := s.run(block, map[string]string{"nodes": nodes}, nil)
	s.client.cluster.Close()
	s.background.Wait()
	return err
}

func control(line string) (string, error) {
	connection, err := net.Dial("unix", os.Getenv("RC_TEST_CONTROL"))
	if err != nil {
		return "", err
	}
	defer connection.Close()
	fmt.Fprintln(connection, line)
	answer, err := io.ReadAll(connection)
	text := strings.TrimSpace(string(answer))
	if err == nil && text != "ok" && !strings.HasPrefix(text, "ok ") {
		err = fmt.Errorf("control: %s", text)
	}
	return strings.TrimPrefix(strings.TrimPrefix(text, "ok"), " "), err
}

func copied(variables map[string]string) map[string]string {
	own := make(map[string]string, len(variables))
	for name, value := range variables {
		own[name] = value
	}
	return own
}

// run returns errRaise or ErrAborted where a step asks for it.
func (s *scenario) run(block []step, variables map[string]string, in *watching) error {
	variables = copied(variables)
	for i := 0; i < len(block); i++ {
		at := block[i]
		var expected []word
		var err error
		if i+1 < len(block) && strings.ContainsRune("=!", rune(block[i+1].line[0])) {
			i++
			if expected, err = split(substitute(block[i].line, variables)); err != nil {
				return err
			}
		}
		err = s.step(at, variables, expected, in)
		if err == errRaise || err == rediscluster.ErrAborted {
			return err
		}
		var inner *failedStep
		if err != nil && !errors.As(err, &inner) {
			err = &failedStep{at.number, err}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type failedStep struct {
	number int
	err    error
}

func (f *failedStep) Error() string { return fmt.Sprintf("%d: %v", f.number, f.err) }

func (s *scenario) step(at step, variables map[string]string, expected []word, in *watching) error {
	line := substitute(at.line, variables)
	words, err := split(line)
	if err != nil {
		return err
	}
	verb, words := words[0].text, words[1:]
	_, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "needs":
		return nil
	case "abort":
		return rediscluster.ErrAborted
	case "raise":
		return errRaise
	case "control":
		_, err = control(rest)
		return err
	case "let":
		_, asked, _ := strings.Cut(rest, " ")
		variables[words[0].text], err = control(asked)
		return err
	case "first":
		if in.first {
			return s.run(at.block, variables, in)
		}
		return nil
	case "tries":
		if words[0].text != strconv.Itoa(s.tries) {
			return fmt.Errorf("the callback ran %d times", s.tries)
		}
		return nil
	case "threads":
		return s.threads(words, at.block, variables)
	case "background":
		s.background.Add(1)
		variables = copied(variables)
		go func() {
			defer s.background.Done()
			s.note(s.run(at.block, variables, nil))
		}()
		return nil
	case "join":
		s.background.Wait()
		return s.note(nil)
	case "eventually":
		return s.eventually(words, expected)
	case "watch":
		return s.watch(words, at.block, variables, expected)
	case "open":
		return check(expected, s.client.open(words))
	case "read":
		value, err := in.watch.Do(context.Background(), texts(words)...)
		return check(expected, outcome{value: value, err: err})
	case "queue":
		in.queue = append(in.queue, texts(words))
		return nil
	}
	return check(expected, s.client.call(verb, words))
}

// note keeps the first failure, and returns it.
func (s *scenario) note(err error) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.noted == nil {
		s.noted = err
	}
	return s.noted
}

func (s *scenario) threads(words []word, block []step, variables map[string]string) error {
	count, _ := strconv.Atoi(words[0].text)
	rounds, _ := strconv.Atoi(words[1].text)
	var group sync.WaitGroup
	for i := 0; i < count; i++ {
		own := copied(variables)
		own["thread"] = strconv.Itoa(i)
		group.Add(1)
		go func() {
			defer group.Done()
			for round := 0; round < rounds; round++ {
				own["round"] = strconv.Itoa(round)
				if err := s.run(block, own, nil); err != nil {
					s.note(err)
					return
				}
			}
		}()
	}
	group.Wait()
	return s.note(nil)
}

func (s *scenario) eventually(words, expected []word) error {
	end := time.Now().Add(patience)
	for {
		err := check(expected, s.client.call(words[0].text, words[1:]))
		if err == nil || time.Now().After(end) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *scenario) watch(words []word, block []step, variables map[string]string, expected []word) error {
	cluster, ctx, cancel, words := s.client.prepared(words)
	defer cancel()
	keys := make([]string, len(words))
	for i, w := range words {
		keys[i] = w.text
	}
	tries := 0
	var failed error // of the last run: the library may have repaired what was before
	callback := func(w *rediscluster.Watch) ([]rediscluster.Command, error) {
		in := &watching{watch: w, first: tries == 0}
		tries++
		failed = nil
		err := s.run(block, variables, in)
		if err == errRaise {
			panic(raised)
		}
		if err != rediscluster.ErrAborted {
			failed = err
		}
		return in.queue, err
	}
	var o outcome
	func() {
		defer func() { o.raised = recover() == raised && raised != nil }()
		list, err := cluster.Watch(ctx, keys, callback)
		o.value, o.err = list, err
	}()
	s.mutex.Lock()
	s.tries = tries
	s.mutex.Unlock()
	if failed != nil {
		return failed
	}
	return check(expected, o)
}
