module contract

go 1.19

require rediscluster v1.0.0

replace rediscluster => ../
