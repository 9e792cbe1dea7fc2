package io.rediscluster;

/** Gives the user and the password for a connection to a node. */
@FunctionalInterface
public interface CredentialsFunction {
  /** What it throws makes the calls that need the connection fail with {@link RedisClusterException.Auth}. */
  Credentials get(String host, int port) throws Exception;
}
