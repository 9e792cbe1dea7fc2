// Package driver is the driver protocol for clients in Go: rounds of calls by goroutines that share one client.
package driver

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Client does one call; each checks its replies and gives an error when one is not what was written.
type Client interface {
	Get(key, value string) error
	Set(key, value string) error
	Mget(keys, values []string) error
	Pipeline(keys, values []string) error // GETs
}

type round struct {
	op                    string
	parallel, size, batch int
	seconds               float64
}

func parse(line string) (round, bool) {
	words := strings.Fields(line)
	if len(words) != 6 || words[0] != "round" || !slices.Contains([]string{"get", "set", "mget", "pipeline"}, words[1]) {
		return round{}, false
	}
	parallel, err1 := strconv.Atoi(words[2])
	size, err2 := strconv.Atoi(words[3])
	batch, err3 := strconv.Atoi(words[4])
	seconds, err4 := strconv.ParseFloat(words[5], 64)
	good := err1 == nil && err2 == nil && err3 == nil && err4 == nil
	return round{words[1], parallel, size, batch, seconds}, good
}

// Keys and values go on after their end, so that a slice of a batch can start at any of the count keys.
type workload struct {
	count        int
	keys, values []string
}

func workloadOf(r round) workload {
	count, tag := 3000, ""
	if r.op == "mget" {
		count, tag = 100, "{m}:"
	}
	if r.size >= 65536 {
		count = 100
	}
	if r.size >= 4<<20 {
		count = 4
	}
	w := workload{count: count}
	for i := range count {
		key := fmt.Sprintf("bench:%d:%s%d", r.size, tag, i)
		w.keys = append(w.keys, key)
		w.values = append(w.values, strings.Repeat(key+":", r.size/len(key)+1)[:r.size])
	}
	for i := range r.batch {
		w.keys = append(w.keys, w.keys[i])
		w.values = append(w.values, w.values[i])
	}
	return w
}

func call(client Client, r round, w workload, index int) error {
	switch r.op {
	case "get":
		return client.Get(w.keys[index], w.values[index])
	case "set":
		return client.Set(w.keys[index], w.values[index])
	case "mget":
		return client.Mget(w.keys[index:index+r.batch], w.values[index:index+r.batch])
	default:
		return client.Pipeline(w.keys[index:index+r.batch], w.values[index:index+r.batch])
	}
}

// The time of a call ends where that of the next begins.
func caller(client Client, r round, w workload, number int) []time.Duration {
	step := 1
	if r.op == "pipeline" {
		step = r.batch
	}
	latencies := make([]time.Duration, 0, 1<<16)
	began := time.Now()
	before := time.Duration(0)
	limit := time.Duration(r.seconds * float64(time.Second))
	for index := number * 700 % w.count; before < limit; index = (index + step) % w.count {
		if err := call(client, r, w, index); err != nil {
			Die(fmt.Errorf("%s: %w", r.op, err))
		}
		after := time.Since(began)
		latencies = append(latencies, after-before)
		before = after
	}
	return latencies
}

func run(client Client, r round) string {
	w := workloadOf(r)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	latencies := make([][]time.Duration, r.parallel)
	for number := range r.parallel {
		ready.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			ready.Done()
			<-start
			latencies[number] = caller(client, r, w, number)
		}()
	}
	ready.Wait()
	began := time.Now()
	close(start)
	done.Wait()
	took := time.Since(began)
	all := slices.Concat(latencies...)
	slices.Sort(all)
	at := func(part float64) float64 {
		return float64(all[min(len(all)-1, int(float64(len(all))*part))].Nanoseconds()) / 1e3
	}
	commands := len(all)
	if r.op == "pipeline" {
		commands *= r.batch
	}
	return fmt.Sprintf(`{"commands": %d, "seconds": %.6f, "latency_us": [%.1f, %.1f, %.1f]}`,
		commands, took.Seconds(), at(0.5), at(0.99), at(0.999))
}

// Nodes gives the addresses after --nodes.
func Nodes() []string {
	if len(os.Args) != 3 || os.Args[1] != "--nodes" {
		Die(fmt.Errorf("usage: %s --nodes HOST:PORT,...", os.Args[0]))
	}
	return strings.Split(os.Args[2], ",")
}

// Serve answers rounds until standard input ends. pick gives the client for so many callers.
func Serve(pick func(parallel int) Client) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if r, good := parse(lines.Text()); good {
			fmt.Println(run(pick(r.parallel), r))
		} else {
			fmt.Printf("{\"error\": \"this driver does not know: %s\"}\n", strings.TrimSpace(lines.Text()))
		}
	}
}

// Checked is the call's own error, or that its reply is not what was written.
func Checked(reply string, err error, key, expected string) error {
	if err == nil && reply != expected {
		err = Wrong(key)
	}
	return err
}

// Wrong is the error for a reply that is not what was written.
func Wrong(key string) error { return fmt.Errorf("wrong reply at %s", key) }

// Die ends the driver.
func Die(err error) {
	fmt.Fprintln(os.Stderr, "driver:", err)
	os.Exit(1)
}
