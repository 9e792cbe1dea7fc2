package rediscluster

/*
#include "bridge.h"
*/
import "C"

import (
	"encoding/binary"
	"math"
	"math/big"
	"reflect"
	"unsafe"
)

// reader builds values from the flat form that bridge.h describes.
type reader struct {
	rest  []byte
	bytes bool // []byte for bytes
}

func (r *reader) take(n int) []byte {
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) u32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

// text is borrowed.
func (r *reader) text(far bool) []byte {
	if !far {
		return r.take(int(r.u32()))
	}
	address, length := r.u64(), r.u64()
	return unsafe.Slice((*byte)(pointer(address)), int(length))
}

// pointer makes an address of C's memory, told as a number, a pointer again.
func pointer(address uint64) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&address))
}

func (r *reader) value() any {
	kind := r.take(1)[0]
	far := kind&C.RCGO_FAR != 0
	switch kind &^ C.RCGO_FAR {
	case C.RC_REPLY_STRING, C.RC_REPLY_VERBATIM:
		if text := r.text(far); r.bytes {
			return append([]byte{}, text...)
		} else {
			return string(text)
		}
	case C.RC_REPLY_STATUS:
		text := r.text(far)
		if string(text) == "OK" {
			return "OK" // the usual one needs no memory
		}
		return string(text)
	case C.RC_REPLY_BIG_NUMBER:
		text := string(r.text(far))
		if number, ok := new(big.Int).SetString(text, 10); ok {
			return number
		}
		return text
	case C.RC_REPLY_INTEGER:
		return int64(r.u64())
	case C.RC_REPLY_BOOL:
		return r.u64() != 0
	case C.RC_REPLY_DOUBLE:
		return math.Float64frombits(r.u64())
	case C.RC_REPLY_ARRAY, C.RC_REPLY_SET, C.RC_REPLY_PUSH:
		return r.list()
	case C.RC_REPLY_MAP:
		return mapOf(r.list())
	case C.RC_REPLY_ERROR, C.RCGO_FAILED:
		return r.failure()
	}
	return nil
}

func (r *reader) list() []any {
	list := make([]any, r.u32())
	for i := range list {
		list[i] = r.value()
	}
	return list
}

func (r *reader) failure() *Error {
	failed := &Error{
		Code:       Code(r.u32()),
		Outcome:    Outcome(r.u32()),
		ServerCode: string(r.text(false)),
		Message:    string(r.text(false)),
	}
	for left := r.u32(); left > 0; left-- {
		part := Part{Node: string(r.text(false))}
		for keys := r.u32(); keys > 0; keys-- {
			part.Keys = append(part.Keys, int(r.u32()))
		}
		part.Reply = r.value()
		if why, ok := r.value().(*Error); ok {
			part.Err = why
		}
		failed.Parts = append(failed.Parts, part)
	}
	if failed.Code == ErrAuth {
		failed.Message = withRefusal(failed.Message)
	}
	return failed
}

func mapOf(pairs []any) any {
	made := make(map[any]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		key := pairs[i]
		if bytes, ok := key.([]byte); ok {
			key = string(bytes)
		}
		if key != nil && !reflect.TypeOf(key).Comparable() {
			return pairs
		}
		made[key] = pairs[i+1]
	}
	return made
}
