package rediscluster

/*
#include "bridge.h"
*/
import "C"

import (
	"context"
	"runtime/cgo"
	"sync"
)

// Watch is a watch session, for the time of its function.
type Watch struct {
	mutex    sync.Mutex
	watch    *C.rc_watch // nil when the function has returned
	commands *C.rc_commands
	bytes    bool
}

// Watch watches keys, which must lie in one slot, calls fn, and executes the commands that fn returns as a unit, unless
// a watched key has changed since: then all of it starts again, as often as Options.WatchRetries allows. It returns
// the replies, none where fn returned no commands.
//
// An error of fn aborts: nothing is executed, and Watch returns that error as it is. Return ErrAborted to abort without
// a reason of its own. But where a Do of the session failed for a redirect or a lost connection, the session starts again
// whatever fn returns. A panic in fn, or runtime.Goexit, aborts too and goes on up the stack. fn runs on the caller's goroutine
// and may use the cluster.
func (c *Cluster) Watch(ctx context.Context, keys []string, fn func(w *Watch) ([]Command, error)) ([]any, error) {
	if fn == nil {
		return nil, failure(ErrInvalidArgument, "fn is nil: give a function that returns commands")
	}
	w := newWork()
	for _, key := range keys {
		w.in = appendText(w.in, key)
	}
	call, err := c.enter(ctx, c.options, C.RCGO_WATCH, w, len(keys))
	if err != nil {
		w.free()
		return nil, err
	}
	if call.canceller == nil { // to end the call when fn panics
		if call.canceller = newCanceller(); call.canceller == nil {
			w.free()
			c.leave(&call)
			return nil, failure(ErrNoMemory, "out of memory")
		}
		call.terms.cancel = call.canceller.cancel
	}
	s := &sessions{opened: make(chan *Watch), verdict: make(chan bool), ended: make(chan struct{})}
	go s.run(c.cluster, call.terms, w, len(keys))

	returned := false
	defer func() {
		if !returned {
			call.canceller.fire()
			s.abandoned = true
			s.verdict <- false
			<-s.ended
			call.end(w.result(false))
		}
		c.leave(&call)
	}()
	failed := s.serve(ctx, fn, c.options.Bytes)
	returned = true
	reply, err := call.end(w.result(c.options.Bytes))
	if e, ok := err.(*Error); ok && e.Code == ErrAborted && failed != nil {
		return nil, failed
	}
	list, _ := reply.([]any)
	return list, err
}

// Do sends a command over the connection that watches, and returns its reply. It is executed at once: use it to
// read. Only while the function runs that got w. The context of Cluster.Watch ends it too.
func (w *Watch) Do(ctx context.Context, args ...any) (any, error) {
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	in := newWork()
	var err error
	if in.in, err = appendArguments(in.in, args); err != nil {
		in.free()
		return nil, err
	}
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.watch == nil {
		in.free()
		return nil, failure(ErrInvalidArgument, "the function of the watch session has returned")
	}
	C.rcgo_watch_command(w.watch, in.data(), C.size_t(len(args)), &in.answer)
	reply := in.result(w.bytes)
	if failed, ok := reply.(*Error); ok {
		return nil, failed
	}
	return reply, nil
}

func (w *Watch) close() {
	w.mutex.Lock()
	w.watch = nil
	w.mutex.Unlock()
}

// end appends what is to be executed.
func (w *Watch) end(commands []Command) error {
	in := newWork()
	var err error
	if in.in, err = appendCommands(in.in, commands); err != nil {
		in.free()
		return err
	}
	C.rcgo_append(w.commands, in.data(), C.size_t(len(commands)), &in.answer)
	if failed, ok := in.result(false).(*Error); ok {
		return failed
	}
	return nil
}

// sessions are those of one Cluster.Watch. The C library waits for each on a goroutine of its own, so that no panic
// of the user's function has to pass through frames of C.
type sessions struct {
	opened    chan *Watch
	verdict   chan bool // whether to execute
	ended     chan struct{}
	abandoned bool // nobody serves any more
}

func (s *sessions) run(cluster *C.rc_cluster, terms C.rcgo_terms, w *work, count int) {
	self := cgo.NewHandle(s)
	C.rcgo_watch(cluster, terms, w.data(), C.size_t(count), C.uintptr_t(self), &w.answer)
	self.Delete()
	close(s.ended)
}

// serve calls fn for each session until the last has ended, and returns the last one's error.
func (s *sessions) serve(ctx context.Context, fn func(w *Watch) ([]Command, error), bytes bool) error {
	var failed error
	for {
		select {
		case <-s.ended:
			return failed
		case w := <-s.opened:
			w.bytes = bytes
			var commands []Command
			if commands, failed = w.call(fn); failed == nil && ctx.Err() != nil {
				failed = ended(ctx)
			}
			if failed == nil {
				failed = w.end(commands)
			}
			s.verdict <- failed == nil
		}
	}
}

func (w *Watch) call(fn func(w *Watch) ([]Command, error)) ([]Command, error) {
	defer w.close()
	return fn(w)
}

//export rcgoSession
func rcgoSession(watch *C.rc_watch, commands *C.rc_commands, session C.uintptr_t) C.int {
	s := cgo.Handle(session).Value().(*sessions)
	if s.abandoned {
		return C.RC_ERR_CALLBACK
	}
	s.opened <- &Watch{watch: watch, commands: commands}
	if <-s.verdict {
		return C.RC_WATCH_EXECUTE
	}
	return C.RC_ERR_CALLBACK
}
