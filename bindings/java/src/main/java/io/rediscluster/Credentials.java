package io.rediscluster;

/**
 * A user and a password.
 *
 * @param username null for the server's default user
 */
public record Credentials(String username, String password) {
  @Override
  public String toString() {
    return "Credentials[username=" + username + "]";
  }
}
