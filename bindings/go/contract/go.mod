module contract

go 1.19

require github.com/rediscluster/rediscluster/bindings/go v1.0.0

replace github.com/rediscluster/rediscluster/bindings/go => ../
