package rediscluster

/*
#include "bridge.h"
*/
import "C"

import (
	"bytes"
	"sync"
	"unsafe"
)

// work is the memory of one call.
type work struct {
	in     []byte
	answer C.rcgo_answer
}

// Buffers that have become larger than this are not kept.
const keptBytes = 1 << 16

var works = sync.Pool{New: func() any { return &work{in: make([]byte, 0, 512)} }}

func newWork() *work { return works.Get().(*work) }

func (w *work) free() {
	if cap(w.in) > keptBytes {
		return
	}
	w.in = w.in[:0]
	works.Put(w)
}

// data is where the arguments are.
func (w *work) data() *C.char { return (*C.char)(unsafe.Pointer(&w.in[:1][0])) }

// texts are those of rcgo_find_nodes.
func (w *work) texts() []string {
	var texts []string
	from := unsafe.Slice((*byte)(unsafe.Pointer(&w.answer.near[0])), int(w.answer.size))
	for len(from) > 0 {
		end := bytes.IndexByte(from, 0)
		texts = append(texts, string(from[:end]))
		from = from[end+1:]
	}
	return texts
}

// result reads the answer, an *Error where the call failed, and ends the work.
func (w *work) result(inBytes bool) any {
	from := unsafe.Pointer(&w.answer.near[0])
	if w.answer.heap != 0 {
		from = pointer(uint64(w.answer.heap))
	}
	r := reader{rest: unsafe.Slice((*byte)(from), int(w.answer.size)), bytes: inBytes}
	value := r.value()
	if w.answer.heap != 0 || w.answer.reply != 0 {
		C.rcgo_release(&w.answer)
	}
	w.free()
	return value
}
