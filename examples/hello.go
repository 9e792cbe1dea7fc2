package main

import (
	"context"
	"fmt"
	"log"
	"os"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

func main() {
	ctx := context.Background()
	cluster, err := rediscluster.Open(ctx, rediscluster.Options{Nodes: os.Args[1:]})
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	cluster.Do(ctx, "RPUSH", "queue", "hello, cluster")
	popped, err := cluster.Do(ctx, "LPOP", "queue")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(popped)
}
