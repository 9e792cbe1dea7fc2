//go:build !go1.21

package rediscluster

import (
	"context"
	"sync/atomic"
)

// afterFunc is context.AfterFunc, which Go has since 1.21.
func afterFunc(ctx context.Context, f func()) func() bool {
	var decided int32
	quit := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
			if atomic.CompareAndSwapInt32(&decided, 0, 1) {
				f()
			}
		case <-quit:
		}
	}()
	return func() bool {
		stopped := atomic.CompareAndSwapInt32(&decided, 0, 1)
		if stopped {
			close(quit)
		}
		return stopped
	}
}
