// The Go package behind the driver protocol of benchmarks/: goroutines share one Cluster.
package main

import (
	"context"

	"driver"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

type client struct{ cluster *rediscluster.Cluster }

var ctx = context.Background()

func checked(reply any, err error, key, expected string) error {
	if err == nil && reply != expected {
		err = driver.Wrong(key)
	}
	return err
}

func checkedAll(replies []any, err error, keys, values []string) error {
	for i := 0; err == nil && i < len(values); i++ {
		err = checked(replies[i], nil, keys[i], values[i])
	}
	return err
}

func (c client) Get(key, value string) error {
	reply, err := c.cluster.Do(ctx, "GET", key)
	return checked(reply, err, key, value)
}

func (c client) Set(key, value string) error {
	reply, err := c.cluster.Do(ctx, "SET", key, value)
	return checked(reply, err, key, "OK")
}

func (c client) Mget(keys, values []string) error {
	command := rediscluster.Command{"MGET"}
	for _, key := range keys {
		command = append(command, key)
	}
	replies, err := c.cluster.Do(ctx, command...)
	list, _ := replies.([]any)
	return checkedAll(list, err, keys, values)
}

func (c client) Pipeline(keys, values []string) error {
	commands := make([]rediscluster.Command, len(keys))
	for i, key := range keys {
		commands[i] = rediscluster.Command{"GET", key}
	}
	replies, err := c.cluster.Pipeline(ctx, commands)
	return checkedAll(replies, err, keys, values)
}

func main() {
	cluster, err := rediscluster.Open(ctx, rediscluster.Options{Nodes: driver.Nodes()})
	if err != nil {
		driver.Die(err)
	}
	driver.Serve(func(int) driver.Client { return client{cluster} })
}
