module rediscluster

go 1.19
