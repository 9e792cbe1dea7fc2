package rediscluster

/*
#include <stdlib.h>
#include "bridge.h"
*/
import "C"

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"unsafe"
)

// ScanOptions say which keys a scan returns. The zero value stands for all.
type ScanOptions struct {
	Match  string // only keys that match this pattern; where its hash tag is literal, only that slot is asked
	Count  int    // how many keys a page should have, a hint; default 1000
	Type   string // only keys of that type: "string", "hash", ...
	Cursor string // goes on where another scan was, of any process, whose Cursor this is: with the same Match and Type
}

// Scan is a walk over the keys of the whole cluster: see [Cluster.Scan]. One goroutine at a time.
type Scan struct {
	cluster *Cluster
	raw     *rawScan
	page    []any
	key     string
	cursor  string
	behind  string
	err     error
}

// rawScan is freed once.
type rawScan struct {
	scan *C.rc_scan
	once sync.Once
}

func (r *rawScan) free() {
	r.once.Do(func() {
		runtime.SetFinalizer(r, nil)
		C.rc_scan_free(r.scan)
	})
}

// Scan begins a walk over all keys. Every key that is there from the beginning to the end comes at least once, while slots move
// and primaries die, or its slot is among DoubtfulSlots.
//
//	scan, err := c.Scan(ctx, rediscluster.ScanOptions{Match: "user:*"})
//	if err != nil {
//		return err
//	}
//	defer scan.Close()
//	for scan.Next(ctx) {
//		fmt.Println(scan.Key())
//	}
//	return scan.Err()
func (c *Cluster) Scan(ctx context.Context, options ScanOptions) (*Scan, error) {
	if options.Count < 0 || options.Count > 1<<31-1 {
		return nil, failure(ErrInvalidArgument, "ScanOptions.Count is %d: give 1 or more", options.Count)
	}
	if strings.IndexByte(options.Type+options.Cursor, 0) >= 0 {
		return nil, failure(ErrInvalidArgument, "ScanOptions has a NUL in Type or Cursor")
	}
	terms := C.rcgo_scan_terms{count: C.int(options.Count), match_len: C.size_t(len(options.Match))}
	for _, text := range []struct {
		to   **C.char
		from string
	}{{&terms.match, options.Match}, {&terms._type, options.Type}, {&terms.cursor, options.Cursor}} {
		if text.from != "" {
			*text.to = C.CString(text.from)
			defer C.free(unsafe.Pointer(*text.to))
		}
	}
	call, err := c.enter(ctx, c.options, C.RCGO_REFRESH, nil, 0)
	if err != nil {
		return nil, err
	}
	w := newWork()
	scan := C.rcgo_scan(c.cluster, terms, &w.answer)
	c.leave(&call)
	if _, err := call.end(w.result(false)); err != nil {
		return nil, err
	}
	s := &Scan{cluster: c, raw: &rawScan{scan: scan}}
	runtime.SetFinalizer(s.raw, (*rawScan).free) // a net only: Close is what frees
	s.behind = s.toldCursor()
	s.cursor = s.behind
	return s, nil
}

// Next goes to the next key; false at the end, and after an error: see Err. After an error it may be called again, and goes on
// from where the scan was.
func (s *Scan) Next(ctx context.Context) bool {
	s.err = nil
	if len(s.page) == 0 && !s.nextPage(ctx) {
		return false
	}
	s.key, _ = s.page[0].(string)
	s.page = s.page[1:]
	if len(s.page) == 0 {
		s.cursor = s.behind
	}
	return true
}

func (s *Scan) nextPage(ctx context.Context) bool {
	if s.raw == nil {
		s.err = failure(ErrClosed, "the scan is closed")
		return false
	}
	call, err := s.cluster.enter(ctx, s.cluster.options, C.RCGO_REFRESH, nil, 0)
	if err != nil {
		s.err = err
		return false
	}
	w := newWork()
	C.rcgo_scan_next(s.raw.scan, call.terms, &w.answer)
	s.cluster.leave(&call)
	reply, err := call.end(w.result(false))
	if err != nil {
		s.err = err
		return false
	}
	s.behind = s.toldCursor()
	s.page, _ = reply.([]any)
	if len(s.page) == 0 {
		s.cursor = s.behind
	}
	return len(s.page) > 0
}

func (s *Scan) toldCursor() string {
	told := C.GoString(C.rc_scan_cursor(s.raw.scan))
	runtime.KeepAlive(s.raw)
	return told
}

// Key returns the key that Next went to. It may have any bytes.
func (s *Scan) Key() string { return s.key }

// Err returns why Next was false; nil at the end.
func (s *Scan) Err() error { return s.err }

// Cursor returns a text from which another scan goes on. It comes before the keys of a page of which not all have been taken,
// so that some may come twice but none is missed.
func (s *Scan) Cursor() string { return s.cursor }

// DoubtfulSlots returns the slots of which it cannot be proven that every key was seen. Whole at the end; nil once closed.
func (s *Scan) DoubtfulSlots() []int {
	var slots []int
	if s.raw == nil {
		return nil
	}
	for i := 0; i < int(C.rc_scan_doubtful_count(s.raw.scan)); i++ {
		slots = append(slots, int(C.rc_scan_doubtful_slot(s.raw.scan, C.size_t(i))))
	}
	runtime.KeepAlive(s.raw)
	return slots
}

// Close frees the scan. It always returns nil.
func (s *Scan) Close() error {
	if s.raw != nil {
		s.raw.free()
	}
	s.raw, s.page = nil, nil
	return nil
}
