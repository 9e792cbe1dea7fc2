package rediscluster

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// handle is a reference to a cluster of the C library: freed when it is closed and the last call has ended.
type handle struct {
	cluster *C.rc_cluster
	calls   int64 // under way, and the marks below once it is closed
	quick   *admission
	lasting *admission    // of calls that take as long as others want: commands that block, and watches
	timeout time.Duration // of a call that says nothing else
	reads   ReadFrom      // of a call that says nothing else, as far as is known
	kept    []*functions  // that the cluster may call
}

const (
	closedMark = 1 << 62
	freedMark  = 1 << 61
)

var timeoutOfURL = regexp.MustCompile(`[?&]timeout_ms=(\d{1,9})`)

func newHandle(cluster *C.rc_cluster, options Options, kept []*functions) *handle {
	h := &handle{cluster: cluster, timeout: options.Timeout, reads: options.ReadFrom, kept: kept}
	if h.reads == 0 && strings.Contains(options.URL, "read_from=") {
		h.reads = ReadRoundRobin // some that is not the primary alone
	}
	if of := timeoutOfURL.FindStringSubmatch(options.URL); h.timeout == 0 && of != nil {
		ms, _ := strconv.Atoi(of[1])
		h.timeout = time.Duration(ms) * time.Millisecond
	}
	if h.timeout == 0 {
		h.timeout = 5 * time.Second
	}
	h.quick = newAdmission(orDefault(options.MaxCalls, defaultMaxCalls))
	h.lasting = newAdmission(orDefault(options.MaxBlockingCalls, defaultMaxBlockingCalls))
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

// enter begins a call, which leave ends: what w has, `count` of them, for the operation.
func (h *handle) enter(ctx context.Context, options CallOptions, operation uint32, w *work, count int) (call, error) {
	if options.Timeout < 0 {
		return call{}, failure(ErrInvalidArgument, "CallOptions.Timeout is negative")
	}
	if !h.hold() {
		return call{}, failure(ErrClosed, "the cluster is closed")
	}
	s := &seat{}
	if !h.takeSeat(s, options.ReadFrom, operation, w, count) {
		if err := h.wait(ctx, &options, s); err != nil {
			s.leave()
			h.release()
			return call{}, err
		}
	}
	begun, err := begin(ctx, options)
	begun.seat = s
	if err != nil {
		begun.freeTexts()
		h.leave(&begun)
	}
	return begun, err
}

func (h *handle) leave(c *call) {
	c.seat.leave()
	h.release()
}

// takeSeat returns false where the call has to wait for its place.
func (h *handle) takeSeat(s *seat, reads ReadFrom, operation uint32, w *work, count int) bool {
	if operation != C.RCGO_WATCH && h.quick.enterUnsorted(s) {
		return true
	}
	nodes, lasting := h.nodesOf(reads, operation, w, count)
	if lasting {
		h.lasting.enter(s, nodes)
	} else {
		h.quick.enter(s, nodes)
	}
	return s.ready == nil
}

// nodesOf tells which nodes a call is for as far as the client knows, and whether it may last as long as others want.
func (h *handle) nodesOf(reads ReadFrom, operation uint32, w *work, count int) (nodes []string, lasting bool) {
	lasting = operation == C.RCGO_WATCH
	if w != nil {
		if reads == 0 {
			reads = h.reads
		}
		elsewhere := C.int(0)
		if reads > ReadPrimary && (operation == C.RCGO_COMMAND || operation == C.RCGO_PIPELINE) {
			elsewhere = 1
		}
		lasting = C.rcgo_find_nodes(h.cluster, operation, elsewhere, w.data(), C.size_t(count), &w.answer) != 0 || lasting
		nodes = w.texts()
	}
	if len(nodes) == 0 {
		nodes = []string{""}
	}
	return nodes, lasting
}

// wait returns when the call has its place. The waiting counts: it makes options.Timeout less.
func (h *handle) wait(ctx context.Context, options *CallOptions, s *seat) error {
	timeout := options.Timeout
	if _, limited := ctx.Deadline(); !limited && timeout == 0 {
		timeout = h.timeout
	}
	var late <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		late = timer.C
	}
	from := time.Now()
	select {
	case <-s.ready:
	case <-ctx.Done():
		return ended(ctx)
	case <-late:
		return h.busy(s, timeout)
	}
	if timeout > 0 {
		options.Timeout = max(timeout-time.Since(from), 1)
	}
	return nil
}

func (h *handle) busy(s *seat, timeout time.Duration) *Error {
	limit := "MaxCalls"
	if s.of == h.lasting {
		limit = "MaxBlockingCalls"
	}
	node, calls := s.busiest()
	if node == "" {
		node = "no known node"
	}
	return failure(ErrBusy, "%d calls are under way to %s, and none ended in %v: raise Options.%s, which is %d", calls, node,
		timeout, limit, s.of.most)
}

func orDefault(given, otherwise int) int {
	if given == 0 {
		return otherwise
	}
	return given
}

func max(a, b time.Duration) time.Duration {
	if a > b {
		return a
	}
	return b
}
