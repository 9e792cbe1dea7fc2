package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
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

// plain is a number of which 0 is no default, or has an option of its own.
func plain(text string) int {
	value, _ := strconv.Atoi(text)
	return value
}

// number is one of an option; 0 is what the library is to refuse, but a default in Go: less stands for it.
func number(text string) time.Duration {
	value, _ := strconv.Atoi(text)
	if value == 0 {
		return -1
	}
	return time.Duration(value)
}

var readFrom = map[string]rediscluster.ReadFrom{"primary": rediscluster.ReadPrimary,
	"prefer_replica": rediscluster.ReadPreferReplica, "replica": rediscluster.ReadReplica,
	"round_robin": rediscluster.ReadRoundRobin, "lowest_latency": rediscluster.ReadLowestLatency,
	"same_zone": rediscluster.ReadSameZone}

func credentials(given string) func(string, int) (string, string, error) {
	return func(string, int) (string, string, error) {
		user, password, found := strings.Cut(given, ":")
		if !found {
			return "", "", errors.New("no credentials")
		}
		return user, password, nil
	}
}

// connecting sets options of connections. An empty text of these is no option in Go: what the library refuses as well
// stands for it.
func connecting(options *rediscluster.Options, name, value string) error {
	if value == "" {
		value = "\x00"
	}
	switch name {
	case "read_from":
		options.ReadFrom = readFrom[value]
	case "zone":
		options.Zone = value
	case "protocol":
		options.Protocol, _ = strconv.Atoi(value)
	case "tls":
		options.TLS = value == "1"
	case "tls_verify":
		options.TLSSkipVerify = value == "0"
	case "tls_ca_file":
		options.TLSCAFile = value
	case "tls_ca_dir":
		options.TLSCADir = value
	case "tls_certificate":
		options.TLSCertificate = value
	case "tls_key":
		options.TLSKey = value
	case "tls_key_password":
		options.TLSKeyPassword = value
	case "tls_server_name":
		options.TLSServerName = value
	case "tls_min_version":
		options.TLSMinVersion = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[value]
	case "credentials":
		options.Credentials = credentials(value)
	case "mapped":
		options.AddressMap = map[string]string{}
		for _, pair := range strings.Split(value, ",") {
			from, to, _ := strings.Cut(pair, ">")
			options.AddressMap[from] = to
		}
	default:
		return fmt.Errorf("no such option: %s", name)
	}
	return nil
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
			options.MaxRedirects, options.NoRedirects = plain(value), value == "0"
		case "watch_retries":
			options.WatchRetries, options.NoWatchRetries = plain(value), value == "0"
		case "database":
			options.Database = plain(value)
		case "refresh_interval_ms":
			options.RefreshInterval = time.Duration(plain(value)) * time.Millisecond
			options.NoRefreshInterval = value == "0"
		case "cancel_after_ms":
			after = value
		default:
			if err := connecting(&options, name, value); err != nil {
				return outcome{err: err}
			}
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
		case "read_from":
			options.ReadFrom = readFrom[value]
		case "route":
			options.Route = map[string]rediscluster.Route{"one": rediscluster.RouteOne, "primaries": rediscluster.RoutePrimaries,
				"nodes": rediscluster.RouteNodes}[value]
		case "node":
			options.Node = value
		case "route_key":
			options.RouteKey = []byte(value)
		case "split":
			options.NoSplit = value == "0"
		case "combine":
			options.ByNode = value == "by_node"
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
	case "explain":
		cluster, ctx, cancel, words := c.prepared(words)
		defer cancel()
		explained, err := cluster.Explain(ctx, texts(words[1:])...)
		return outcome{value: field(words[0].text, explained), err: err}
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
	case "scan":
		return c.scan(words[0].text)
	case "slot":
		return outcome{value: int64(rediscluster.KeySlot(words[0].text))}
	}
	return outcome{err: fmt.Errorf("no such step: %s", verb)}
}

func field(name string, explained rediscluster.Explanation) any {
	number := map[bool]int64{true: 1}
	switch name {
	case "keys":
		keys := []any{}
		for _, key := range explained.Keys {
			keys = append(keys, key)
		}
		return keys
	case "slot":
		return int64(explained.Slot)
	case "read_only":
		return number[explained.ReadOnly]
	case "may_block":
		return number[explained.MayBlock]
	}
	if explained.Node == "" {
		return "-"
	}
	return explained.Node
}

func (c *client) scan(pattern string) outcome {
	ctx := context.Background()
	scan, err := c.cluster.Scan(ctx, rediscluster.ScanOptions{Match: pattern})
	if err != nil {
		return outcome{err: err}
	}
	defer scan.Close()
	keys := map[string]bool{}
	for scan.Next(ctx) {
		keys[scan.Key()] = true
	}
	return outcome{value: int64(len(keys)), err: scan.Err()}
}

func (c *client) info(words []word) outcome {
	info, err := c.cluster.Info()
	if err != nil {
		return outcome{err: err}
	}
	if words[0].is("owner") {
		owner := info.Nodes[info.SlotOwner(rediscluster.KeySlot(words[1].text))]
		return outcome{value: fmt.Sprintf("%s:%d", owner.Host, owner.Port)}
	}
	primaries := 0
	ids := map[string]bool{}
	for _, node := range info.Nodes {
		ids[node.ID] = true
		if node.Primary {
			primaries++
		}
	}
	value := map[string]int{"nodes": len(info.Nodes), "primaries": primaries, "seeds": len(info.Seeds), "ids": len(ids),
		"slots_covered": info.SlotsCovered}[words[0].text]
	if words[0].is("counter") {
		value = int(info.Counters[words[1].text])
	}
	return outcome{value: int64(value)}
}
