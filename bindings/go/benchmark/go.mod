module benchmark

go 1.26.0

require (
	driver v0.0.0
	github.com/rediscluster/rediscluster/bindings/go v1.0.0
)

replace (
	driver => ../../../benchmarks/peers/shared/go
	github.com/rediscluster/rediscluster/bindings/go => ../
)
