/**
 * A client for Redis and Valkey clusters: {@link io.rediscluster.Cluster} routes commands by their keys, follows
 * redirects, survives failovers and resharding, and says of every failure what became of the command.
 */
package io.rediscluster;
