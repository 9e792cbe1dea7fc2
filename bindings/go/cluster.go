package rediscluster

/*
#cgo pkg-config: rediscluster
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"runtime"
	"strings"
	"unsafe"
)

// Cluster is an open cluster. It may be used by any number of goroutines at once, and should be shared by them.
type Cluster struct {
	*handle
	options CallOptions
}

// Open opens a cluster: it asks the nodes of the options until one tells the layout.
func Open(ctx context.Context, options Options) (*Cluster, error) {
	settings := settingsOf(&options)
	defer settings.wipe()
	if settings.err != nil {
		return nil, settings.err
	}
	call, err := begin(ctx, CallOptions{})
	if err != nil {
		return nil, err
	}
	kept := functionsOf(&options)
	var self C.uintptr_t
	if kept != nil {
		self = C.uintptr_t(kept[0].self)
	}
	w := newWork()
	opened := C.rcgo_open(charsOf(settings.in), C.size_t(settings.count), self, call.terms, &w.answer)
	if _, err := call.end(w.result(false)); err != nil {
		drop(kept)
		return nil, err
	}
	return &Cluster{handle: newHandle(opened, options, kept)}, nil
}

// Find returns the cluster that was last opened under that name and is open, or nil. Close it as one of Open.
func Find(name string) *Cluster {
	if strings.IndexByte(name, 0) >= 0 {
		return nil
	}
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	if found, kept := find(text); found != nil {
		return &Cluster{handle: newHandle(found, Options{}, kept)}
	}
	return nil
}

// With returns the same cluster with other options for the calls that are made with it. There is nothing to close
// but the cluster itself, once.
func (c *Cluster) With(options CallOptions) *Cluster {
	return &Cluster{handle: c.handle, options: options}
}

// Close closes the cluster. Calls under way end with ErrClosed, and so do later ones. It may be called more than
// once, at any time, and always returns nil.
func (c *Cluster) Close() error {
	c.close()
	return nil
}

// Do sends a command to the node that serves its keys, and returns the reply. A server's error is an *Error with
// ErrServer. A command that blocks (BLPOP, XREAD BLOCK, ...) needs a context with a deadline, or a Timeout, later
// than its own.
func (c *Cluster) Do(ctx context.Context, args ...any) (any, error) {
	w := newWork()
	var err error
	if w.in, err = appendArguments(w.in, args); err != nil {
		w.free()
		return nil, err
	}
	return c.run(ctx, C.RCGO_COMMAND, w, len(args))
}

// Pipeline sends all commands at once, to as many nodes as their keys need, and returns their replies in the order
// of the commands. A command that failed has an *Error as its reply. They are not executed as a unit.
func (c *Cluster) Pipeline(ctx context.Context, commands []Command) ([]any, error) {
	return c.runList(ctx, C.RCGO_PIPELINE, commands)
}

// Transaction executes all commands as a unit (MULTI, EXEC) and returns their replies. All keys must lie in one slot:
// give them one hash tag, as {user:1}:name and {user:1}:age. A command that failed while the transaction ran has an
// *Error as its reply; the others were executed nevertheless.
func (c *Cluster) Transaction(ctx context.Context, commands []Command) ([]any, error) {
	return c.runList(ctx, C.RCGO_TRANSACTION, commands)
}

func (c *Cluster) runList(ctx context.Context, operation uint32, commands []Command) ([]any, error) {
	w := newWork()
	var err error
	if w.in, err = appendCommands(w.in, commands); err != nil {
		w.free()
		return nil, err
	}
	reply, err := c.run(ctx, operation, w, len(commands))
	list, _ := reply.([]any)
	return list, err
}

// run ends w.
func (c *Cluster) run(ctx context.Context, operation uint32, w *work, count int) (any, error) {
	call, err := c.enter(ctx, c.options, operation, w, count)
	if err != nil {
		w.free()
		return nil, err
	}
	C.rcgo_run(c.cluster, operation, call.terms, w.data(), C.size_t(count), &w.answer)
	c.leave(&call)
	return call.end(w.result(c.options.Bytes))
}

// Refresh asks the nodes for the cluster's layout now. The library does so itself whenever it has a reason to.
func (c *Cluster) Refresh(ctx context.Context) error {
	call, err := c.enter(ctx, c.options, C.RCGO_REFRESH, nil, 0)
	if err != nil {
		return err
	}
	w := newWork()
	C.rcgo_refresh(c.cluster, call.terms, &w.answer)
	c.leave(&call)
	_, err = call.end(w.result(false))
	return err
}

// KeySlot returns the slot of a key, 0 to 16383, hash tags honoured; no server is asked.
func KeySlot(key string) int {
	text := append([]byte(key), 0)
	slot := int(C.rc_key_slot((*C.char)(unsafe.Pointer(&text[0])), C.size_t(len(key))))
	runtime.KeepAlive(text)
	return slot
}

// Version returns the version of the C library.
func Version() string { return C.GoString(C.rc_version()) }
