// Package rediscluster is a client for Redis and Valkey clusters, on the C library of the same name.
//
//	c, err := rediscluster.Open(ctx, rediscluster.Options{Nodes: []string{"127.0.0.1:7000"}})
//	if err != nil {
//		return err
//	}
//	defer c.Close()
//	_, err = c.Do(ctx, "SET", "k", "v")
//	v, err := c.Do(ctx, "GET", "k") // "v"
//
// A [Cluster] serves any number of goroutines. It routes each command by the slot of its keys, follows redirects,
// and survives failovers and resharding.
//
// # Time
//
// A call ends when its context ends: at the context's deadline, or soon after it is cancelled. Without a deadline
// it ends after [Options].Timeout. Redirects and everything that is sent again happen within that time.
//
// # Values
//
// Arguments are strings, []byte, integers, floats, bools (1 or 0), and types made of these. Replies are
//
//	nil                nil
//	status, bytes      string, which may hold any bytes; []byte for bytes if CallOptions.Bytes is set
//	integer            int64
//	array, set, push   []any
//	error              *Error, as an element of a larger reply only
//	double, bool       float64, bool
//	big number         *big.Int
//	map                map[any]any, or []any of keys and values where a key cannot be a map's
//
// [As] converts a reply to the type that is expected: n, err := rediscluster.As[int64](c.Do(ctx, "INCR", "n")).
//
// # Errors
//
// Errors are [*Error], with a [Code] that errors.Is finds, the first word of a server's error, and the [Outcome],
// which tells whether the command was executed:
//
//	errors.Is(err, rediscluster.ErrTimeout)
//
// # Threads
//
// A call waits in C, and so occupies a thread meanwhile. At most [Options].MaxCalls do at a time, and besides them at most
// [Options].MaxBlockingCalls watches and commands that block; others wait in Go. Of both no node can take more than half:
// a node that does not answer keeps nobody from the others. A call also keeps one of GOMAXPROCS until the runtime notices, some
// 20 µs: a program on few processors whose many goroutines do little but call gains from a larger GOMAXPROCS.
package rediscluster
