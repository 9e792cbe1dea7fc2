// go-redis: goroutines share one ClusterClient. Several go through its automatic pipelining, which was faster for them;
// one alone does not, for which it was slower.
package main

import (
	"context"

	"driver"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

type client struct{ redis.Cmdable }

func (c client) Get(key, value string) error {
	reply, err := c.Cmdable.Get(context.Background(), key).Result()
	return driver.Checked(reply, err, key, value)
}

func (c client) Set(key, value string) error {
	reply, err := c.Cmdable.Set(context.Background(), key, value, 0).Result()
	return driver.Checked(reply, err, key, "OK")
}

func (c client) Mget(keys, values []string) error {
	replies, err := c.Cmdable.MGet(context.Background(), keys...).Result()
	for i := 0; err == nil && i < len(values); i++ {
		if replies[i] != values[i] {
			err = driver.Wrong(keys[i])
		}
	}
	return err
}

func (c client) Pipeline(keys, values []string) error {
	pipeline := c.Cmdable.Pipeline()
	gets := make([]*redis.StringCmd, 0, len(keys))
	for _, key := range keys {
		gets = append(gets, pipeline.Get(context.Background(), key))
	}
	if _, err := pipeline.Exec(context.Background()); err != nil {
		return err
	}
	for i, get := range gets {
		reply, err := get.Result()
		if err = driver.Checked(reply, err, keys[i], values[i]); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	cluster := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:                    driver.Nodes(),
		PoolSize:                 64,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	defer cluster.Close()
	auto, err := cluster.AutoPipeline()
	if err != nil {
		driver.Die(err)
	}
	driver.Serve(func(parallel int) driver.Client {
		if parallel > 1 {
			return client{auto}
		}
		return client{cluster}
	})
}
