package io.rediscluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What a cluster is opened with. Each method gives back the same object; what is wrong is told by {@link Cluster#open}. */
public final class Options {
  private final List<Consumer<NativeOptions>> settings = new ArrayList<>();
  private boolean binary;
  private Cancel cancel;

  /** Options with every default and no node. */
  public Options() {}

  /** Options with these nodes: "host:port", "[::1]:7000" or "host". One is enough, several are better. */
  public static Options nodes(String... addresses) {
    Options options = new Options();
    for (String address : addresses) {
      options.node(address);
    }
    return options;
  }

  /** Options from "redis://user:password@host:7000,host2:7001/?timeout_ms=1000". */
  public static Options url(String url) {
    return new Options().with(to -> to.use_url(url));
  }

  /** One more node to ask for the cluster's layout. */
  public Options node(String address) {
    return with(to -> to.add_address(address));
  }

  /** One more node to ask for the cluster's layout. */
  public Options node(String host, int port) {
    return with(to -> to.add_node(host, port));
  }

  /** The user whose password is given; the server's default user otherwise. */
  public Options username(String username) {
    return with(to -> to.set_username(username));
  }

  /** The password that is sent to every node. */
  public Options password(String password) {
    return with(to -> to.set_password(password));
  }

  /** A name by which {@link Cluster#find} finds the open cluster. */
  public Options name(String name) {
    return with(to -> to.set_name(name));
  }

  /** How long a whole call may take, whatever happens in it; 5 s by default. */
  public Options timeout(Duration timeout) {
    return with(to -> to.set_timeout_ms(milliseconds(timeout)));
  }

  /** How long one attempt to connect may take, within the call's time; 2 s by default. */
  public Options connectTimeout(Duration timeout) {
    return with(to -> to.set_connect_timeout_ms(milliseconds(timeout)));
  }

  /** How many redirects in a row a call follows; 5 by default. */
  public Options maxRedirects(int count) {
    return with(to -> to.set_max_redirects(count));
  }

  /** How often a watch starts again after a watched key has changed; 3 by default. */
  public Options watchRetries(int count) {
    return with(to -> to.set_watch_retries(count));
  }

  /** Whether strings of replies are byte[]. By default they are String, where bytes that are no UTF-8 are lost. */
  public Options binary(boolean binary) {
    this.binary = binary;
    return this;
  }

  /** What ends the opening. */
  public Options cancel(Cancel cancel) {
    this.cancel = cancel;
    return this;
  }

  private Options with(Consumer<NativeOptions> setting) {
    settings.add(setting);
    return this;
  }

  boolean isBinary() {
    return binary;
  }

  NativeCluster open() {
    NativeOptions options = new NativeOptions();
    NativeCallOptions call = CallOptions.toNative(cancel == null ? null : new CallOptions().cancel(cancel));
    try {
      settings.forEach(setting -> setting.accept(options));
      return options.open(call, !binary);
    } finally {
      CallOptions.free(call);
      options.delete();
    }
  }

  static int milliseconds(Duration duration) {
    return (int) Math.max(-1, Math.min(Integer.MAX_VALUE, duration.plusNanos(999_999).toMillis()));
  }
}
