package rediscluster_test

import (
	"context"
	"sync"
	"testing"
	"time"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

func BenchmarkGet(b *testing.B) {
	c := open(b)
	do(b, c, "SET", "bench", "value of sixty-four bytes or so, which is what many are like....")
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; i < b.N; i++ {
			if _, err := c.Do(ctx, "GET", "bench"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("deadline", func(b *testing.B) {
		b.ReportAllocs()
		limited, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		for i := 0; i < b.N; i++ {
			if _, err := c.Do(limited, "GET", "bench"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("16", func(b *testing.B) {
		var group sync.WaitGroup
		for g := 0; g < 16; g++ {
			group.Add(1)
			go func() {
				defer group.Done()
				for i := 0; i < b.N/16; i++ {
					if _, err := c.Do(ctx, "GET", "bench"); err != nil {
						b.Error(err)
					}
				}
			}()
		}
		group.Wait()
	})
}

func BenchmarkPipelineOf100(b *testing.B) {
	c := open(b)
	commands := make([]rediscluster.Command, 100)
	for i := range commands {
		commands[i] = rediscluster.Command{"GET", "bench" + string(rune('0'+i%10))}
	}
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if _, err := c.Pipeline(ctx, commands); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWatch(b *testing.B) {
	c := open(b)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		_, err := c.Watch(ctx, []string{"bench"}, func(w *rediscluster.Watch) ([]rediscluster.Command, error) {
			_, err := w.Do(ctx, "GET", "bench")
			return []rediscluster.Command{{"GET", "bench"}}, err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNothing(b *testing.B) {
	for i := 0; i < b.N; i++ {
		rediscluster.KeySlot("k")
	}
}
