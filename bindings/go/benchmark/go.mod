module benchmark

go 1.26.0

require (
	driver v0.0.0
	rediscluster v1.0.0
)

replace (
	driver => ../../../benchmarks/peers/shared/go
	rediscluster => ../
)
