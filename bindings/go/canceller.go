package rediscluster

/*
#include "bridge.h"
*/
import "C"

import "context"

// canceller ends a call in C when a context ends.
type canceller struct {
	cancel *C.rc_cancel
	stop   func() bool
	fired  chan struct{} // told when the context's end has been passed on
	spent  bool
}

// Cancellers that were not needed serve again.
var idleCancellers = make(chan *canceller, 64)

// newCanceller returns nil when out of memory.
func newCanceller() *canceller {
	select {
	case k := <-idleCancellers:
		return k
	default:
	}
	cancel := C.rc_cancel_new()
	if cancel == nil {
		return nil
	}
	return &canceller{cancel: cancel, fired: make(chan struct{}, 1)}
}

func (k *canceller) follow(ctx context.Context) { k.stop = afterFunc(ctx, k.pass) }

func (k *canceller) pass() {
	C.rc_cancel_fire(k.cancel)
	k.fired <- struct{}{}
}

// fire ends the call at once.
func (k *canceller) fire() {
	C.rc_cancel_fire(k.cancel)
	k.spent = true
}

// end is for when the call has ended.
func (k *canceller) end() {
	if k.stop != nil && !k.stop() {
		<-k.fired
		k.spent = true
	}
	k.stop = nil
	if !k.spent {
		select {
		case idleCancellers <- k:
			return
		default:
		}
	}
	C.rc_cancel_free(k.cancel)
}
