package io.rediscluster;

import java.time.Duration;

/**
 * An attempt to have a node run a command, when it has ended.
 *
 * @param command the command's name, in capitals
 * @param number which attempt of its command it is, from 1
 * @param code how it failed, such as "TIMEOUT"; null for a reply
 * @param serverCode the first word of an error that the node answered with, or null
 */
public record Attempt(String host, int port, String command, Duration duration, int number, String code, String serverCode,
    Outcome outcome) {}
