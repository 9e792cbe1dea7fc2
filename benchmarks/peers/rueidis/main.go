// rueidis: goroutines share one client, which pipelines what they do at once.
package main

import (
	"context"
	"time"

	"driver"

	"github.com/redis/rueidis"
)

type client struct{ rueidis.Client }

func (c client) Get(key, value string) error {
	reply, err := c.Do(context.Background(), c.B().Get().Key(key).Build()).ToString()
	return driver.Checked(reply, err, key, value)
}

func (c client) Set(key, value string) error {
	reply, err := c.Do(context.Background(), c.B().Set().Key(key).Value(value).Build()).ToString()
	return driver.Checked(reply, err, key, "OK")
}

func (c client) Mget(keys, values []string) error {
	replies, err := c.Do(context.Background(), c.B().Mget().Key(keys...).Build()).AsStrSlice()
	for i := 0; err == nil && i < len(values); i++ {
		err = driver.Checked(replies[i], nil, keys[i], values[i])
	}
	return err
}

func (c client) Pipeline(keys, values []string) error {
	commands := make(rueidis.Commands, 0, len(keys))
	for _, key := range keys {
		commands = append(commands, c.B().Get().Key(key).Build())
	}
	for i, result := range c.DoMulti(context.Background(), commands...) {
		reply, err := result.ToString()
		if err = driver.Checked(reply, err, keys[i], values[i]); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	shared, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress:   driver.Nodes(),
		DisableCache:  true,                   // no caching in the client, as with the other clients
		MaxFlushDelay: 100 * time.Microsecond, // twice as fast with 64 goroutines, hardly slower with 16
	})
	if err != nil {
		driver.Die(err)
	}
	driver.Serve(func(int) driver.Client { return client{shared} })
}
