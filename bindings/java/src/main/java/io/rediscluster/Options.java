package io.rediscluster;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a cluster is opened with. Each method gives back the same object; what is wrong is told by {@link Cluster#open}. */
public final class Options {
  static final Duration USUAL_TIMEOUT = Duration.ofSeconds(5);

  private static final Pattern TIMEOUT_IN_URL = Pattern.compile("[?&]timeout_ms=(\\d{1,9})");

  private final List<Consumer<NativeOptions>> settings = new ArrayList<>();
  private boolean binary;
  private Cancel cancel;
  private CredentialsFunction credentials;
  private System.Logger logger;
  private Consumer<Attempt> onAttempt;
  private String url = "";
  private Duration timeout;
  private ReadFrom reads;
  private int maxCalls = Places.MAX_CALLS;
  private int maxBlockingCalls = Places.MAX_BLOCKING_CALLS;

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

  /** Options from "redis://user:password@host:7000,host2:7001/?timeout_ms=1000"; "rediss://" turns TLS on. */
  public static Options url(String url) {
    Options options = new Options().with(to -> to.use_url(text("url", url)));
    options.url = url;
    return options;
  }

  /** One more node to ask for the cluster's layout. */
  public Options node(String address) {
    return with(to -> to.add_address(text("node", address)));
  }

  /** One more node to ask for the cluster's layout. */
  public Options node(String host, int port) {
    return with(to -> to.add_node(text("host", host), port));
  }

  /** The user whose password is given; the server's default user otherwise. */
  public Options username(String username) {
    return with(to -> to.set_text("username", text("username", username)));
  }

  /** The password that is sent to every node. */
  public Options password(String password) {
    return with(to -> to.set_text("password", text("password", password)));
  }

  /** A name by which {@link Cluster#find} finds the open cluster. */
  public Options name(String name) {
    return with(to -> to.set_text("name", text("name", name)));
  }

  /** How long a whole call may take, whatever happens in it; 5 s by default. */
  public Options timeout(Duration timeout) {
    this.timeout = timeout;
    return with(to -> to.set_number("timeout_ms", milliseconds("timeout", timeout)));
  }

  /** How long one attempt to connect may take, within the call's time; 2 s by default. */
  public Options connectTimeout(Duration timeout) {
    return with(to -> to.set_number("connect_timeout_ms", milliseconds("connectTimeout", timeout)));
  }

  /** How many redirects in a row a call follows; 5 by default. */
  public Options maxRedirects(int count) {
    return with(to -> to.set_number("max_redirects", count));
  }

  /** How often a watch starts again after a watched key has changed; 3 by default. */
  public Options watchRetries(int count) {
    return with(to -> to.set_number("watch_retries", count));
  }

  /** The number of the database that all commands are for; 0 by default, the only one in most clusters. */
  public Options database(int number) {
    return with(to -> to.set_number("database", number));
  }

  /**
   * After how long a handle that has had no reason to asks again how the slots are spread; 60 s by default, never with a duration of
   * zero.
   */
  public Options refreshInterval(Duration interval) {
    return with(to -> to.set_number("refresh_interval_ms", milliseconds("refreshInterval", interval)));
  }

  /** Where commands that only read may go; the primary by default. */
  public Options readFrom(ReadFrom from) {
    this.reads = from;
    return with(to -> to.set_number("read_from", given("readFrom", from).value));
  }

  /** The availability zone of the caller, for {@link ReadFrom#SAME_ZONE}. */
  public Options zone(String zone) {
    return with(to -> to.set_text("zone", text("zone", zone)));
  }

  /** The version of the protocol: 2, or 3, which has maps, sets, doubles and booleans in replies; 2 by default. */
  public Options protocol(int version) {
    return with(to -> to.set_number("protocol", version));
  }

  /**
   * Asked at each connect for the user and the password, instead of {@link #username} and {@link #password}. Functions given
   * here run on the threads that make calls, several at once, and make them wait.
   */
  public Options credentials(CredentialsFunction function) {
    this.credentials = function;
    return this;
  }

  /** Whether connections are encrypted; not by default. Each method below but tlsVerify turns it on. */
  public Options tls(boolean yes) {
    return with(to -> to.set_number("tls", yes ? 1 : 0));
  }

  /** Whether certificates are verified; they are by default. */
  public Options tlsVerify(boolean yes) {
    return with(to -> to.set_number("tls_verify", yes ? 1 : 0));
  }

  /** The certificates of the authorities that are trusted, as PEM; those that the system trusts by default. */
  public Options tlsCaFile(Path file) {
    return with(to -> to.set_text("tls_ca_file", path("tlsCaFile", file)));
  }

  /** The same as a folder prepared by "openssl rehash". */
  public Options tlsCaDir(Path folder) {
    return with(to -> to.set_text("tls_ca_dir", path("tlsCaDir", folder)));
  }

  /** The certificate that the client shows, and its key, as PEM. */
  public Options tlsCertificate(Path certificate, Path key) {
    return with(to -> to.set_certificate(path("certificate", certificate), path("key", key)));
  }

  /** The password that the key's file is encrypted with. */
  public Options tlsKeyPassword(String password) {
    return with(to -> to.set_text("tls_key_password", text("tlsKeyPassword", password)));
  }

  /** The name that certificates must be made out to, instead of the host that is connected to. */
  public Options tlsServerName(String name) {
    return with(to -> to.set_text("tls_server_name", text("tlsServerName", name)));
  }

  /** The oldest version of TLS that is spoken: "1.2", the default, or "1.3". */
  public Options tlsMinVersion(String version) {
    int value = "1.2".equals(version) ? NativeConstants.RC_TLS_1_2 : "1.3".equals(version) ? NativeConstants.RC_TLS_1_3 : -1;
    return with(to -> to.set_number("tls_min_version", value));
  }

  /** "host:port" to "host:port": where to connect to for nodes that announce what does not lead there from here. */
  public Options addressMap(Map<String, String> map) {
    map.forEach((from, at) -> with(to -> to.map_address(text("addressMap", from), text("addressMap", at))));
    return this;
  }

  /**
   * Is told what happens inside, up to the level that it takes when the cluster is opened. What it throws goes to the thread's
   * handler of uncaught exceptions.
   */
  public Options logger(System.Logger logger) {
    this.logger = logger;
    return this;
  }

  /** Is told of each attempt to have a node run a command. What it throws goes as that of {@link #logger}. */
  public Options onAttempt(Consumer<Attempt> function) {
    this.onAttempt = function;
    return this;
  }

  /**
   * How many calls of virtual threads may be under way at a time, each of which a platform thread makes; 1000 by default. Calls to
   * one node get half of that at most, so that those to others find room beside a node that does not answer. More calls wait, for
   * their time at most, and then fail with {@link RedisClusterException.Busy}. Platform threads make their calls themselves, as many
   * as they are.
   */
  public Options maxCalls(int most) {
    this.maxCalls = most;
    return with(to -> positive("maxCalls", most));
  }

  /** The same for watches and commands that block (BLPOP, XREAD BLOCK, ...), which do not count there; 2000 by default. */
  public Options maxBlockingCalls(int most) {
    this.maxBlockingCalls = most;
    return with(to -> positive("maxBlockingCalls", most));
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
    try {
      settings.forEach(setting -> setting.accept(options));
      new Functions(credentials, logger, onAttempt).putInto(options);
      CallOptions call = cancel == null ? null : new CallOptions().cancel(cancel);
      Errand errand = Errand.begin();
      return errand == null
          ? CallOptions.run(call, to -> options.open(to, !binary))
          : errand.run(() -> CallOptions.run(call, to -> options.open(to, !binary)));
    } finally {
      options.delete();
    }
  }

  Places places() {
    Duration usual = timeout;
    Matcher inUrl = TIMEOUT_IN_URL.matcher(url);
    if (usual == null && inUrl.find()) {
      usual = Duration.ofMillis(Integer.parseInt(inUrl.group(1)));
    }
    ReadFrom from = reads == null && url.contains("read_from=") ? ReadFrom.ROUND_ROBIN : reads; // not the primary alone
    return new Places(maxCalls, maxBlockingCalls, usual == null ? USUAL_TIMEOUT : usual, from);
  }

  private static void positive(String name, int value) {
    if (value <= 0) {
      throw RedisClusterException.invalid(name + " is " + value + ": give 1 or more");
    }
  }

  static int milliseconds(String name, Duration duration) {
    return (int) Math.max(-1, Math.min(Integer.MAX_VALUE, given(name, duration).plusNanos(999_999).toMillis()));
  }

  /** A text that C takes as it is. */
  static String text(String name, String value) {
    if (given(name, value).indexOf('\0') >= 0) {
      throw RedisClusterException.invalid(name + " has a NUL character");
    }
    return value;
  }

  private static String path(String name, Path value) {
    return given(name, value).toString();
  }

  private static <T> T given(String name, T value) {
    return Objects.requireNonNull(value, () -> name + " is null");
  }
}
