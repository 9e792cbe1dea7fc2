package rediscluster_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

func example() *rediscluster.Cluster {
	c, err := rediscluster.Open(ctx, rediscluster.Options{Nodes: strings.Split(os.Getenv("RC_TEST_NODES"), ",")})
	if err != nil {
		log.Fatal(err)
	}
	return c
}

func Example() {
	ctx := context.Background()
	nodes := strings.Split(os.Getenv("RC_TEST_NODES"), ",") // "127.0.0.1:7000", ...
	c, err := rediscluster.Open(ctx, rediscluster.Options{Nodes: nodes})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Do(ctx, "RPUSH", "queue", "hello, cluster"); err != nil {
		log.Fatal(err)
	}
	popped, err := c.Do(ctx, "LPOP", "queue")
	fmt.Println(popped, err)
	// Output: hello, cluster <nil>
}

func ExampleCluster_Do() {
	c := example()
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	fmt.Println(c.Do(ctx, "SET", "example:text", "v"))
	fmt.Println(c.Do(ctx, "GET", "example:missing"))
	_, err := c.Do(ctx, "INCR", "example:text")
	var failed *rediscluster.Error
	if errors.As(err, &failed) {
		fmt.Println(failed.Code.String(), failed.ServerCode, failed.Outcome)
	}
	fmt.Println(errors.Is(err, rediscluster.ErrServer))
	// Output:
	// OK <nil>
	// <nil> <nil>
	// RC_ERR_SERVER ERR RC_OUTCOME_EXECUTED
	// true
}

func ExampleCluster_Pipeline() {
	c := example()
	defer c.Close()
	replies, err := c.Pipeline(ctx, []rediscluster.Command{
		{"SET", "example:a", 1}, {"INCRBY", "example:a", 41}, {"GET", "example:a"}, {"DEL", "example:b"},
	})
	fmt.Println(replies, err)
	// Output: [OK 42 42 0] <nil>
}

func ExampleCluster_Transaction() {
	c := example()
	defer c.Close()
	replies, err := c.Transaction(ctx, []rediscluster.Command{
		{"DEL", "{example:order}:items"}, {"RPUSH", "{example:order}:items", "tea", "cup"},
		{"SET", "{example:order}:state", "open"},
	})
	fmt.Println(replies, err)
	// Output: [0 2 OK] <nil>
}

func ExampleCluster_Watch() {
	c := example()
	defer c.Close()
	c.Do(ctx, "SET", "example:balance", 100)
	withdraw := func(amount int) error {
		_, err := c.Watch(ctx, []string{"example:balance"}, func(w *rediscluster.Watch) ([]rediscluster.Command, error) {
			balance, err := rediscluster.As[int](w.Do(ctx, "GET", "example:balance"))
			if err != nil {
				return nil, err
			}
			if balance < amount {
				return nil, errors.New("not enough")
			}
			return []rediscluster.Command{{"SET", "example:balance", balance - amount}}, nil
		})
		return err
	}
	fmt.Println(withdraw(30))
	fmt.Println(withdraw(500))
	fmt.Println(c.Do(ctx, "GET", "example:balance"))
	// Output:
	// <nil>
	// not enough
	// 70 <nil>
}
