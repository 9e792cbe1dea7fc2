package rediscluster

import "time"

// Options are what a cluster is opened with. The zero value of a field stands for its default.
type Options struct {
	// Nodes to ask for the cluster's layout, as "host:port", "[::1]:7000" or "host" (port 6379). Any node will do,
	// several are better.
	Nodes []string

	// URL, instead of or besides the other fields: redis://[user[:password]@]host[:port][,host[:port]...][?name=value...]
	URL string

	Username string
	Password string

	// Name by which Find finds the open cluster.
	Name string

	Timeout        time.Duration // of a call whose context has no deadline; default 5 s
	ConnectTimeout time.Duration // of one attempt to connect to one node; default 2 s

	MaxRedirects   int  // in a row that a call follows; default 5
	NoRedirects    bool // follow none
	WatchRetries   int  // after a watched key has changed; default 3
	NoWatchRetries bool // try a watch once

	// MaxCalls is how many calls may wait in C at a time, each occupying a thread; default 1000. The Go runtime ends
	// a program that needs 10000 threads.
	MaxCalls int
}

// CallOptions are what is different for some calls: see [Cluster.With].
type CallOptions struct {
	// Timeout of the calls, instead of that of Options. The deadline of a context holds too.
	Timeout time.Duration

	// Idempotent says that the commands may be executed more than once: they are sent again even when it is not
	// known whether they were executed. Commands that only read are sent again anyway.
	Idempotent bool

	// Bytes makes replies that are bytes []byte, not string.
	Bytes bool
}

const defaultMaxCalls = 1000

// milliseconds rounds up, so that no time is none; 0 stands for the default, and what is negative stays so.
func milliseconds(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	const most = 1<<31 - 1
	if d > most*time.Millisecond {
		return most
	}
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}
