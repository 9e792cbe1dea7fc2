package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"rediscluster"
)

// client is the handle that a scenario's operations use.
type client struct {
	cluster *rediscluster.Cluster
	nodes   string // of the environment
}

// limited is a context that ends after so many milliseconds, as cancel_after_ms has it.
func limited(after string) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	if after == "0" {
		cancel()
	} else if after != "" {
		ms, _ := strconv.Atoi(after)
		time.AfterFunc(time.Duration(ms)*time.Millisecond, cancel)
	}
	return ctx, cancel
}

// number is one of an option; 0 is what the library is to refuse, but a default in Go: less stands for it.
func number(text string) time.Duration {
	value, _ := strconv.Atoi(text)
	if value == 0 {
		return -1
	}
	return time.Duration(value)
}

func (c *client) open(words []word) outcome {
	options := rediscluster.Options{}
	list, after := c.nodes, ""
	for _, w := range words {
		name, value, _ := strings.Cut(w.text, "=")
		switch name {
		case "nodes":
			list = value
		case "url":
			options.URL, list = value, ""
		case "password":
			options.Password = value
		case "username":
			options.Username = value
		case "name":
			options.Name = value
		case "timeout_ms":
			options.Timeout = number(value) * time.Millisecond
		case "connect_timeout_ms":
			options.ConnectTimeout = number(value) * time.Millisecond
		case "max_redirects":
			options.MaxRedirects, options.NoRedirects = int(number(value)), value == "0"
		case "watch_retries":
			options.WatchRetries, options.NoWatchRetries = int(number(value)), value == "0"
		case "cancel_after_ms":
			after = value
		default:
			return outcome{err: fmt.Errorf("no such option: %s", name)}
		}
	}
	if list != "" {
		options.Nodes = strings.Split(list, ",")
	}
	if c.cluster != nil {
		c.cluster.Close()
	}
	ctx, cancel := limited(after)
	defer cancel()
	opened, err := rediscluster.Open(ctx, options)
	if err == nil {
		c.cluster = opened
	}
	return outcome{err: err}
}

// prepared is the client and the context of a call, by the options in front of its words.
func (c *client) prepared(words []word) (*rediscluster.Cluster, context.Context, context.CancelFunc, []word) {
	var options rediscluster.CallOptions
	after := ""
	for ; len(words) > 0 && !words[0].quoted && strings.HasPrefix(words[0].text, "@"); words = words[1:] {
		name, value, _ := strings.Cut(words[0].text[1:], "=")
		switch name {
		case "timeout_ms":
			options.Timeout = number(value) * time.Millisecond
		case "idempotent":
			options.Idempotent = value == "1"
		case "cancel_after_ms":
			after = value
		}
	}
	ctx, cancel := limited(after)
	return c.cluster.With(options), ctx, cancel, words
}

func commands(words []word) []rediscluster.Command {
	var all []rediscluster.Command
	var one rediscluster.Command
	for _, w := range words {
		if w.is(";") {
			all = append(all, one)
			one = nil
		} else {
			one = append(one, w.text)
		}
	}
	if len(words) > 0 {
		all = append(all, one)
	}
	return all
}

func (c *client) call(verb string, words []word) (o outcome) {
	switch verb {
	case "command", "pipeline", "transaction":
		cluster, ctx, cancel, words := c.prepared(words)
		defer cancel()
		if verb == "command" {
			o.value, o.err = cluster.Do(ctx, texts(words)...)
			return o
		}
		operation := cluster.Pipeline
		if verb == "transaction" {
			operation = cluster.Transaction
		}
		list, err := operation(ctx, commands(words))
		return outcome{value: list, err: err}
	case "find":
		found := rediscluster.Find(words[0].text)
		if found == nil {
			return outcome{value: int64(0)}
		}
		c.cluster = found
		return outcome{value: int64(1)}
	case "refresh":
		return outcome{err: c.cluster.Refresh(context.Background())}
	case "close":
		return outcome{err: c.cluster.Close()}
	case "info":
		return c.info(words)
	case "slot":
		return outcome{value: int64(rediscluster.KeySlot(words[0].text))}
	}
	return outcome{err: fmt.Errorf("no such step: %s", verb)}
}

func (c *client) info(words []word) outcome {
	info, err := c.cluster.Info()
	if err != nil {
		return outcome{err: err}
	}
	primaries := 0
	for _, node := range info.Nodes {
		if node.Primary {
			primaries++
		}
	}
	value := map[string]int{"nodes": len(info.Nodes), "primaries": primaries, "seeds": len(info.Seeds),
		"slots_covered": info.SlotsCovered}[words[0].text]
	if words[0].is("counter") {
		value = int(info.Counters[words[1].text])
	}
	return outcome{value: int64(value)}
}
