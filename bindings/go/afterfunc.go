//go:build go1.21

package rediscluster

import "context"

func afterFunc(ctx context.Context, f func()) func() bool { return context.AfterFunc(ctx, f) }
