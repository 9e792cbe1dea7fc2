/** A client for Redis and Valkey clusters. */
module io.rediscluster {
  exports io.rediscluster;
}
