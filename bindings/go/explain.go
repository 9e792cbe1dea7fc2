package rediscluster

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
	"net"
	"strconv"
)

// Explanation is what would be done with a command.
type Explanation struct {
	Text     string // all of it in English
	Keys     []string
	Slot     int    // of the keys; -1 without keys, and where they lie in several slots
	Node     string // "host:port" where it would go now; "" where none is known, or it would be refused
	ReadOnly bool   // it only reads
	MayBlock bool   // it may keep its connection waiting
}

// Explain tells what Do would do with a command, without sending it.
func (c *Cluster) Explain(ctx context.Context, args ...any) (Explanation, error) {
	w := newWork()
	var err error
	if w.in, err = appendArguments(w.in, args); err != nil {
		w.free()
		return Explanation{}, err
	}
	reply, err := c.run(ctx, C.RCGO_EXPLAIN, w, len(args))
	if err != nil {
		return Explanation{}, err
	}
	fields := reply.([]any)
	explained := Explanation{Text: fields[0].(string), Slot: int(fields[2].(int64)), ReadOnly: fields[5].(int64) != 0,
		MayBlock: fields[6].(int64) != 0}
	for _, key := range fields[1].([]any) {
		explained.Keys = append(explained.Keys, key.(string))
	}
	if host := fields[3].(string); host != "" {
		explained.Node = net.JoinHostPort(host, strconv.Itoa(int(fields[4].(int64))))
	}
	return explained, nil
}
