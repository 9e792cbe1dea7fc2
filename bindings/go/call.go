package rediscluster

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// call is what a context and options make of one call.
type call struct {
	ctx         context.Context
	terms       C.rcgo_terms
	canceller   *canceller // nil where the context cannot end
	hasDeadline bool       // of the context, and sooner than other limits
	seat        *seat      // nil for Open
	texts       []unsafe.Pointer
}

// route puts into the terms where the call goes.
func (c *call) route(options CallOptions) error {
	ways := 0
	for _, given := range []bool{options.Route != RouteAuto, options.Node != "", options.RouteKey != nil} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		return failure(ErrInvalidArgument, "give one of CallOptions.Route, Node and RouteKey")
	}
	c.terms.route = C.int(options.Route)
	if options.NoSplit {
		c.terms.unsplit = 1
	}
	if options.ByNode {
		c.terms.combine = C.RC_COMBINE_BY_NODE
	}
	if options.Node != "" {
		host, port, err := net.SplitHostPort(options.Node)
		number, _ := strconv.Atoi(port)
		if err != nil || strings.IndexByte(host, 0) >= 0 {
			return failure(ErrInvalidArgument, "CallOptions.Node is no \"host:port\"")
		}
		c.terms.node, c.terms.node_port = C.CString(host), C.int(number)
		c.texts = append(c.texts, unsafe.Pointer(c.terms.node))
	}
	if options.RouteKey != nil {
		key := C.CBytes(options.RouteKey)
		c.terms.key, c.terms.key_len = (*C.char)(key), C.size_t(len(options.RouteKey))
		c.texts = append(c.texts, key)
	}
	return nil
}

func (c *call) freeTexts() {
	for _, text := range c.texts {
		C.free(text)
	}
	c.texts = nil
}

func (o *CallOptions) hasRoute() bool {
	return o.Route != RouteAuto || o.Node != "" || o.RouteKey != nil || o.NoSplit || o.ByNode
}

// begin fails where the context has ended. What it returns needs end.
func begin(ctx context.Context, options CallOptions) (call, error) {
	c := call{ctx: ctx}
	c.terms.timeout_ms = C.int(milliseconds(options.Timeout))
	c.terms.read_from = C.int(options.ReadFrom)
	if options.Idempotent {
		c.terms.idempotent = 1
	}
	if options.hasRoute() {
		if err := c.route(options); err != nil {
			return c, err
		}
	}
	if ctx.Done() == nil {
		return c, nil
	}
	if ctx.Err() != nil {
		return c, ended(ctx)
	}
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		if left <= 0 {
			return c, timedOut()
		}
		if options.Timeout == 0 || left < options.Timeout {
			c.hasDeadline = true
			c.terms.timeout_ms = C.int(milliseconds(left))
		}
	}
	if c.canceller = newCanceller(); c.canceller == nil {
		return c, failure(ErrNoMemory, "out of memory")
	}
	c.terms.cancel = c.canceller.cancel
	c.canceller.follow(ctx)
	return c, nil
}

// end gives back what the call needed, and tells what it came to.
func (c *call) end(reply any) (any, error) {
	c.freeTexts()
	if c.canceller != nil {
		c.canceller.end()
		c.explainAll(reply)
	}
	if failed, ok := reply.(*Error); ok {
		return nil, failed
	}
	return reply, nil
}

// explainAll says of errors that are the context's doing that they are.
func (c *call) explainAll(reply any) {
	switch v := reply.(type) {
	case *Error:
		c.explain(v)
	case []any:
		for _, element := range v {
			if failed, ok := element.(*Error); ok {
				c.explain(failed)
			}
		}
	}
}

func (c *call) explain(failed *Error) {
	switch {
	case failed.Code == ErrCancelled && errors.Is(c.ctx.Err(), context.DeadlineExceeded):
		failed.Code = ErrTimeout
		failed.cause = context.DeadlineExceeded
	case failed.Code == ErrCancelled:
		failed.cause = c.ctx.Err()
	case failed.Code == ErrTimeout && c.hasDeadline:
		failed.cause = context.DeadlineExceeded
	}
}

// ended is the error of a call that was not begun because its context had ended.
func ended(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return timedOut()
	}
	failed := failure(ErrCancelled, "the context was cancelled before anything was sent")
	failed.cause = ctx.Err()
	return failed
}

func timedOut() *Error {
	failed := failure(ErrTimeout, "the context's deadline had passed before anything was sent")
	failed.cause = context.DeadlineExceeded
	return failed
}
