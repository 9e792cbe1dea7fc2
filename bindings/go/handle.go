package rediscluster

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

// handle is a reference to a cluster of the C library: freed when it is closed and the last call has ended.
type handle struct {
	cluster *C.rc_cluster
	calls   int64 // under way, and the marks below once it is closed
	admit   chan struct{}
	timeout time.Duration // of a call that says nothing else
	kept    []*functions  // that the cluster may call
}

const (
	closedMark = 1 << 62
	freedMark  = 1 << 61
)

func newHandle(cluster *C.rc_cluster, options Options, kept []*functions) *handle {
	h := &handle{cluster: cluster, timeout: options.Timeout, kept: kept}
	if h.timeout == 0 {
		h.timeout = 5 * time.Second
	}
	maxCalls := options.MaxCalls
	if maxCalls == 0 {
		maxCalls = defaultMaxCalls
	}
	h.admit = make(chan struct{}, maxCalls)
	runtime.SetFinalizer(h, (*handle).close) // a net only: Close is what closes
	return h
}

// hold keeps the cluster from being freed until release is called; false where it is closed.
func (h *handle) hold() bool {
	if atomic.AddInt64(&h.calls, 1) < closedMark {
		return true
	}
	h.release()
	return false
}

func (h *handle) release() {
	if atomic.AddInt64(&h.calls, -1) == closedMark &&
		atomic.CompareAndSwapInt64(&h.calls, closedMark, closedMark|freedMark) {
		C.rc_cluster_free(h.cluster)
		drop(h.kept)
	}
}

func (h *handle) close() {
	for {
		calls := atomic.LoadInt64(&h.calls)
		if calls >= closedMark {
			return
		}
		if atomic.CompareAndSwapInt64(&h.calls, calls, calls+closedMark+1) {
			break
		}
	}
	C.rc_cluster_close(h.cluster)
	h.release()
	runtime.SetFinalizer(h, nil)
}

// enter begins a call, which leave ends.
func (h *handle) enter(ctx context.Context, options CallOptions) (call, error) {
	if options.Timeout < 0 {
		return call{}, failure(ErrInvalidArgument, "CallOptions.Timeout is negative")
	}
	if !h.hold() {
		return call{}, failure(ErrClosed, "the cluster is closed")
	}
	waited, err := h.wait(ctx, options)
	if err != nil {
		h.release()
		return call{}, err
	}
	if waited > 0 { // that counts too
		if options.Timeout == 0 {
			options.Timeout = h.timeout
		}
		options.Timeout = max(options.Timeout-waited, 1)
	}
	begun, err := begin(ctx, options)
	if err != nil {
		h.leave()
	}
	return begun, err
}

func (h *handle) leave() {
	<-h.admit
	h.release()
}

// wait returns when no more than Options.MaxCalls calls are in C.
func (h *handle) wait(ctx context.Context, options CallOptions) (time.Duration, error) {
	select {
	case h.admit <- struct{}{}:
		return 0, nil
	default:
	}
	timeout := h.timeout
	if options.Timeout > 0 {
		timeout = options.Timeout
	}
	from := time.Now()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case h.admit <- struct{}{}:
		return time.Since(from), nil
	case <-ctx.Done():
		return 0, ended(ctx)
	case <-timer.C:
		return 0, failure(ErrBusy, "%d calls are under way, and none ended in %v: raise Options.MaxCalls", cap(h.admit),
			timeout)
	}
}

func max(a, b time.Duration) time.Duration {
	if a > b {
		return a
	}
	return b
}
