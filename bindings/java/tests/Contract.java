import io.rediscluster.CallOptions;
import io.rediscluster.Cancel;
import io.rediscluster.Cluster;
import io.rediscluster.Credentials;
import io.rediscluster.Explanation;
import io.rediscluster.Info;
import io.rediscluster.Options;
import io.rediscluster.ReadFrom;
import io.rediscluster.RedisClusterException;
import io.rediscluster.Route;
import io.rediscluster.Watch;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Runs the contract through the jar: contract_with_cluster java -cp ... Contract FILE... See tests/contract/README.md. Bytes are
 * Strings of ISO 8859-1 here.
 */
final class Contract {
  static final Charset BYTES = StandardCharsets.ISO_8859_1;

  static final class Failed extends RuntimeException {
    Failed(String what) {
      super(what);
    }
  }

  static final class Raised extends Exception {}

  record Word(String text, boolean quoted) {
    boolean is(String mark) {
      return !quoted && text.equals(mark);
    }

    byte[] bytes() {
      return text.getBytes(BYTES);
    }
  }

  record Step(String line, int number, List<Step> block) {}

  record Scenario(String name, String file, List<Step> block) {}

  // ---- words ----

  static Deque<Word> split(String line) {
    Deque<Word> words = new ArrayDeque<>();
    for (int at = 0; at < line.length(); ) {
      if (line.charAt(at) == ' ') {
        at++;
      } else if (line.charAt(at) == '"') {
        StringBuilder text = new StringBuilder();
        for (at++; line.charAt(at) != '"'; at++) {
          char c = line.charAt(at);
          if (c == '\\') {
            c = line.charAt(++at);
            if (c == 'x') {
              text.append((char) Integer.parseInt(line.substring(at + 1, at + 3), 16));
              at += 2;
              continue;
            }
            c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
          }
          text.append(c);
        }
        at++;
        words.add(new Word(text.toString(), true));
      } else {
        int end = line.indexOf(' ', at);
        end = end < 0 ? line.length() : end;
        words.add(new Word(repeated(line.substring(at, end)), false));
        at = end;
      }
    }
    return words;
  }

  static String repeated(String word) {
    int colon = word.indexOf(':');
    return word.startsWith("~") && colon > 0
        ? word.substring(colon + 1).repeat(Integer.parseInt(word.substring(1, colon)))
        : word;
  }

  static String substituted(String line, Map<String, String> variables) {
    for (Map.Entry<String, String> variable : variables.entrySet()) {
      line = line.replace("${" + variable.getKey() + "}", variable.getValue());
    }
    return line;
  }

  static String askControl(String line) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(System.getenv("RC_TEST_CONTROL")));
      channel.write(ByteBuffer.wrap((line + "\n").getBytes(BYTES)));
      ByteBuffer buffer = ByteBuffer.allocate(4096);
      while (channel.read(buffer) >= 0) {}
      String answer = new String(buffer.array(), 0, buffer.position(), BYTES).strip();
      if (!answer.startsWith("ok")) {
        throw new Failed("control: " + answer);
      }
      return answer.substring(2).strip();
    }
  }

  // ---- what is expected ----

  static boolean nameFits(Word word, Object name) {
    return word.text.equals("*") || word.text.equals(name == null ? "-" : name.toString());
  }

  static boolean errorFits(Deque<Word> words, Object value) {
    Word code = words.poll();
    Word serverCode = words.poll();
    Word outcome = words.poll();
    return value instanceof RedisClusterException error && nameFits(code, error.code())
        && nameFits(serverCode, error.serverCode()) && nameFits(outcome, error.outcome());
  }

  /** Takes one value off the front of the words. */
  static boolean fits(Deque<Word> words, Object value) {
    Word word = words.poll();
    if (word.is("*")) {
      return true;
    } else if (word.is("nil")) {
      return value == null;
    } else if (word.is("(")) {
      return errorFits(words, value) & words.poll().is(")");
    } else if (word.is("[")) {
      if (!(value instanceof List<?> list)) {
        return false;
      }
      for (Object element : list) {
        if (words.peek().is("]") || !fits(words, element)) {
          return false;
        }
      }
      return words.poll().is("]");
    } else if (!word.quoted && word.text.matches(":-?\\d+")) {
      return value instanceof Long number && number == Long.parseLong(word.text.substring(1));
    } else if (!word.quoted && word.text.startsWith(">=")) {
      return value instanceof Long number && number >= Long.parseLong(word.text.substring(2));
    } else if (!word.quoted && word.text.matches("\\+.+")) {
      return word.text.substring(1).equals(value);
    }
    return value instanceof byte[] bytes && Arrays.equals(bytes, word.bytes());
  }

  static String show(Object value) {
    String shown = value instanceof byte[] bytes ? '"' + new String(bytes, BYTES) + '"' : String.valueOf(value);
    return shown.substring(0, Math.min(shown.length(), 200));
  }

  static void check(Deque<Word> expected, Object value, Exception error) {
    Deque<Word> rest = new ArrayDeque<>(expected);
    Word kind = rest.poll();
    boolean good;
    if (kind == null) {
      good = error == null;
    } else if (kind.is("=")) {
      good = error == null && fits(rest, value) && rest.isEmpty();
    } else if (rest.peek().is("raised")) {
      good = error instanceof Raised;
    } else {
      good = errorFits(rest, error) && (rest.isEmpty() || error.getMessage().contains(rest.peek().text));
    }
    if (!good) {
      String got = error instanceof RedisClusterException failed
          ? failed.code() + " " + failed.serverCode() + " " + failed.outcome() + " " + failed.getMessage()
          : error != null ? error.toString() : show(value);
      throw new Failed("expected " + show(expected.stream().map(Word::text).toList()) + " but got " + got);
    }
  }

  // ---- calls ----

  interface Cancellable {
    Object call(Cancel cancel) throws Exception;
  }

  /** Fires a cancel after a time, while the call runs; no cancel for a negative time. */
  static Object cancelling(int delayMs, Cancellable call) throws Exception {
    if (delayMs < 0) {
      return call.call(null);
    }
    Cancel cancel = new Cancel();
    if (delayMs == 0) {
      cancel.fire();
      return call.call(cancel);
    }
    Thread thread = new Thread(() -> {
      try {
        Thread.sleep(delayMs);
        cancel.fire();
      } catch (InterruptedException ended) {
        // the call was faster
      }
    });
    thread.start();
    try {
      return call.call(cancel);
    } finally {
      thread.interrupt();
      thread.join();
    }
  }

  static List<byte[]> bytes(Iterable<Word> words) {
    List<byte[]> bytes = new ArrayList<>();
    words.forEach(word -> bytes.add(word.bytes()));
    return bytes;
  }

  static List<List<byte[]>> commands(Deque<Word> words) {
    List<List<byte[]>> commands = new ArrayList<>();
    if (!words.isEmpty()) {
      commands.add(new ArrayList<>());
    }
    for (Word word : words) {
      if (word.is(";")) {
        commands.add(new ArrayList<>());
      } else {
        commands.get(commands.size() - 1).add(word.bytes());
      }
    }
    return commands;
  }

  private static final class Watching {
    Watch session;
    boolean first;
    final List<List<byte[]>> queued = new ArrayList<>();
  }

  private volatile Cluster cluster;
  private volatile int tries;
  private FutureTask<Void> background;

  private void scenario(Scenario scenario) throws Exception {
    askControl("reset");
    Map<String, String> variables = Map.of("nodes", System.getenv("RC_TEST_NODES"));
    open(split("timeout_ms=15000"), variables);
    try {
      run(scenario.block, variables, null);
    } finally {
      cluster.close();
      if (background != null) {
        try {
          background.get();
        } catch (ExecutionException noted) {
          // join has told, or the scenario has failed anyway
        }
      }
    }
  }

  private Object open(Deque<Word> words, Map<String, String> variables) throws Exception {
    if (cluster != null) {
      cluster.close();
    }
    Options options = new Options().binary(true);
    String nodes = variables.get("nodes");
    String certificate = "";
    String key = "";
    int delay = -1;
    for (Word word : words) {
      String name = word.text.substring(0, word.text.indexOf('='));
      String value = word.text.substring(name.length() + 1);
      switch (name) {
        case "nodes" -> nodes = value;
        case "url" -> {
          options = Options.url(value).binary(true);
          nodes = "";
        }
        case "password" -> options.password(value);
        case "username" -> options.username(value);
        case "name" -> options.name(value);
        case "timeout_ms" -> options.timeout(Duration.ofMillis(Integer.parseInt(value)));
        case "connect_timeout_ms" -> options.connectTimeout(Duration.ofMillis(Integer.parseInt(value)));
        case "max_redirects" -> options.maxRedirects(Integer.parseInt(value));
        case "watch_retries" -> options.watchRetries(Integer.parseInt(value));
        case "database" -> options.database(Integer.parseInt(value));
        case "refresh_interval_ms" -> options.refreshInterval(Duration.ofMillis(Integer.parseInt(value)));
        case "read_from" -> options.readFrom(readFrom(value));
        case "zone" -> options.zone(value);
        case "protocol" -> options.protocol(Integer.parseInt(value));
        case "tls" -> options.tls(value.equals("1"));
        case "tls_verify" -> options.tlsVerify(value.equals("1"));
        case "tls_ca_file" -> options.tlsCaFile(Path.of(value));
        case "tls_ca_dir" -> options.tlsCaDir(Path.of(value));
        case "tls_certificate" -> certificate = value;
        case "tls_key" -> key = value;
        case "tls_key_password" -> options.tlsKeyPassword(value);
        case "tls_server_name" -> options.tlsServerName(value);
        case "tls_min_version" -> options.tlsMinVersion(value);
        case "credentials" -> options.credentials((host, port) -> credentials(value));
        case "mapped" -> {
          for (String pair : value.split(",")) {
            String[] both = pair.split(">", 2);
            options.addressMap(Map.of(both[0], both[1]));
          }
        }
        case "cancel_after_ms" -> delay = Integer.parseInt(value);
        default -> throw new Failed("no such option: " + name);
      }
    }
    if (!certificate.isEmpty() || !key.isEmpty()) {
      options.tlsCertificate(Path.of(certificate), Path.of(key));
    }
    for (String node : nodes.isEmpty() ? new String[0] : nodes.split(",")) {
      options.node(node);
    }
    Options all = options;
    return cancelling(delay, cancel -> {
      cluster = Cluster.open(all.cancel(cancel));
      return null;
    });
  }

  private Object call(String verb, Deque<Word> words, List<Step> block, Map<String, String> variables, Watching watching)
      throws Exception {
    CallOptions options = new CallOptions();
    int delay = -1;
    boolean plain = true;
    while (!words.isEmpty() && !words.peek().quoted && words.peek().text.startsWith("@")) {
      String[] option = words.poll().text.substring(1).split("=");
      plain = false;
      switch (option[0]) {
        case "timeout_ms" -> options.timeout(Duration.ofMillis(Integer.parseInt(option[1])));
        case "idempotent" -> options.idempotent(option[1].equals("1"));
        case "read_from" -> options.readFrom(readFrom(option[1]));
        case "route" -> options.route(Route.valueOf(option[1].toUpperCase(Locale.ROOT)));
        case "node" -> options.node(option[1]);
        case "route_key" -> options.routeKey(option[1]);
        case "split" -> options.split(option[1].equals("1"));
        case "combine" -> options.byNode(option[1].equals("by_node"));
        default -> delay = Integer.parseInt(option[1]);
      }
    }
    CallOptions given = plain ? null : options;
    return cancelling(delay, cancel -> {
      options.cancel(cancel);
      return switch (verb) {
        case "read" -> watching.session.command(bytes(words).toArray());
        case "queue" -> watching.queued.add(bytes(words));
        case "open" -> open(words, variables);
        case "find" -> find(words.peek().text);
        case "refresh" -> {
          cluster.refresh();
          yield null;
        }
        case "close" -> {
          cluster.close();
          yield null;
        }
        case "scan" -> cluster.scan().match(words.peek().bytes()).stream().map(key -> new String((byte[]) key, BYTES)).distinct()
            .count();
        case "slot" -> (long) Cluster.keySlot(words.peek().bytes());
        case "info" -> info(words);
        case "command" -> cluster.command(given, bytes(words).toArray());
        case "pipeline" -> cluster.pipeline(given, commands(words));
        case "transaction" -> cluster.transaction(given, commands(words));
        case "explain" -> explain(words.poll().text, cluster.explain(given, bytes(words).toArray()));
        case "watch" -> watch(given, bytes(words), block, variables);
        default -> throw new Failed("no such step: " + verb);
      };
    });
  }

  private Object watch(CallOptions options, List<byte[]> keys, List<Step> block, Map<String, String> variables)
      throws Exception {
    int[] runs = {0};
    try {
      return cluster.<Exception>watch(options, keys, session -> {
        Watching watching = new Watching();
        watching.session = session;
        watching.first = runs[0]++ == 0;
        return run(block, variables, watching) ? watching.queued : Cluster.ABORT;
      });
    } finally {
      tries = runs[0];
    }
  }

  private static ReadFrom readFrom(String name) {
    return ReadFrom.valueOf(name.toUpperCase(Locale.ROOT));
  }

  private static Credentials credentials(String given) {
    int colon = given.indexOf(':');
    if (colon < 0) {
      throw new NoSuchElementException("no credentials");
    }
    return new Credentials(given.substring(0, colon), given.substring(colon + 1));
  }

  private static Object explain(String field, Explanation explained) {
    return switch (field) {
      case "keys" -> explained.keys();
      case "slot" -> (long) explained.slot();
      case "node" -> (explained.node() == null ? "-" : explained.node()).getBytes(BYTES);
      case "read_only" -> explained.readOnly() ? 1L : 0L;
      default -> explained.mayBlock() ? 1L : 0L;
    };
  }

  private long find(String name) {
    Cluster found = Cluster.find(name, true);
    cluster = found == null ? cluster : found;
    return found == null ? 0 : 1;
  }

  private Object info(Deque<Word> words) {
    Info info = cluster.info();
    String field = words.poll().text;
    if (field.equals("owner")) {
      Info.Node owner = info.nodes().get(info.slotOwner(Cluster.keySlot(words.poll().bytes())));
      return (owner.host() + ":" + owner.port()).getBytes(BYTES);
    }
    return (Long) switch (field) {
      case "ids" -> info.nodes().stream().map(Info.Node::id).distinct().count();
      case "nodes" -> (long) info.nodes().size();
      case "primaries" -> info.nodes().stream().filter(Info.Node::primary).count();
      case "seeds" -> (long) info.seeds().size();
      case "slots_covered" -> (long) info.slotsCovered();
      default -> info.counters().getOrDefault(words.poll().text, 0L);
    };
  }

  // ---- steps ----

  /** False where the block ends by `abort`. */
  private boolean run(List<Step> block, Map<String, String> outer, Watching watching) throws Exception {
    Map<String, String> variables = new HashMap<>(outer);
    for (int i = 0; i < block.size(); i++) {
      Step step = block.get(i);
      try {
        String line = substituted(step.line, variables);
        Deque<Word> words = split(line);
        String verb = words.poll().text;
        if (verb.equals("abort")) {
          return false;
        } else if (verb.equals("raise")) {
          throw new Raised();
        }
        Deque<Word> expected = new ArrayDeque<>();
        if (i + 1 < block.size() && block.get(i + 1).line.matches("(?s)[=!].*")) {
          expected = split(substituted(block.get(++i).line, variables));
        }
        if (verb.equals("let")) {
          variables.put(words.poll().text, askControl(line.split(" ", 3)[2]));
        } else if (verb.equals("eventually")) {
          eventually(words, expected, variables);
        } else if (!around(verb, line, words, step.block, variables, watching)) {
          checkCall(verb, words, step.block, variables, watching, expected);
        }
      } catch (Failed failed) {
        throw failed.getMessage().startsWith("line ") ? failed : new Failed("line " + step.number + ": " + failed.getMessage());
      }
    }
    return true;
  }

  private void checkCall(String verb, Deque<Word> words, List<Step> block, Map<String, String> variables,
      Watching watching, Deque<Word> expected) throws Exception {
    Object value = null;
    Exception error = null;
    try {
      value = call(verb, new ArrayDeque<>(words), block, variables, watching);
    } catch (RedisClusterException | Raised caught) {
      error = caught;
    }
    check(expected, value, error);
  }

  private void eventually(Deque<Word> words, Deque<Word> expected, Map<String, String> variables) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    String verb = words.poll().text;
    while (true) {
      try {
        checkCall(verb, words, null, variables, null, expected);
        return;
      } catch (Failed failed) {
        if (System.nanoTime() > end) {
          throw failed;
        }
      }
      Thread.sleep(20);
    }
  }

  private boolean around(String verb, String line, Deque<Word> words, List<Step> block, Map<String, String> variables,
      Watching watching) throws Exception {
    switch (verb) {
      case "control" -> askControl(line.split(" ", 2)[1]);
      case "first" -> {
        if (watching.first) {
          run(block, variables, watching);
        }
      }
      case "tries" -> {
        if (tries != Integer.parseInt(words.poll().text)) {
          throw new Failed("the callback ran " + tries + " times");
        }
      }
      case "threads" ->
          threads(Integer.parseInt(words.poll().text), Integer.parseInt(words.poll().text), block, variables);
      case "background" -> background = start(() -> run(block, variables, null));
      case "join" -> join(background);
      default -> {
        return false;
      }
    }
    return true;
  }

  private static FutureTask<Void> start(Callable<?> work) {
    FutureTask<Void> task = new FutureTask<>(() -> {
      work.call();
      return null;
    });
    new Thread(task).start();
    return task;
  }

  private static void join(FutureTask<Void> task) throws Exception {
    try {
      task.get();
    } catch (ExecutionException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    }
  }

  private void threads(int count, int rounds, List<Step> block, Map<String, String> variables) throws Exception {
    List<FutureTask<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Map<String, String> own = new HashMap<>(variables);
      own.put("thread", String.valueOf(i));
      tasks.add(start(() -> {
        for (int round = 0; round < rounds; round++) {
          own.put("round", String.valueOf(round));
          run(block, own, null);
        }
        return null;
      }));
    }
    for (FutureTask<Void> task : tasks) {
      join(task);
    }
  }

  // ---- files ----

  static List<Scenario> read(String path) throws IOException {
    List<Scenario> scenarios = new ArrayList<>();
    Deque<List<Step>> open = new ArrayDeque<>();
    int number = 0;
    for (String raw : Files.readAllLines(Path.of(path), BYTES)) {
      number++;
      String line = raw.strip();
      String verb = line.split(" ", 2)[0];
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      switch (verb) {
        case "scenario" -> {
          open.clear();
          open.push(new ArrayList<>());
          scenarios.add(new Scenario(line.substring(9), Path.of(path).getFileName().toString(), open.peek()));
        }
        case "end" -> open.pop();
        default -> {
          Step step = new Step(line, number, new ArrayList<>());
          open.peek().add(step);
          if (List.of("watch", "threads", "background", "fork", "first").contains(verb)) {
            open.push(step.block);
          }
        }
      }
    }
    return scenarios;
  }

  public static void main(String[] files) throws IOException {
    int passed = 0;
    int skipped = 0;
    int all = 0;
    for (String file : files) {
      for (Scenario scenario : read(file)) {
        all++;
        if (scenario.block.get(0).line.equals("needs fork")) {
          skipped++;
          System.out.println("skipped " + scenario.name + ": a Java process cannot fork");
          continue;
        }
        try {
          new Contract().scenario(scenario);
          passed++;
          System.out.println("ok " + scenario.name);
        } catch (Exception failed) {
          System.out.println("FAILED " + scenario.name + ": " + scenario.file + ": " + failed);
        }
      }
    }
    System.out.println("contract: " + passed + " of " + all + " passed, " + skipped + " skipped");
    System.exit(passed + skipped == all && passed > 0 ? 0 : 1);
  }
}
