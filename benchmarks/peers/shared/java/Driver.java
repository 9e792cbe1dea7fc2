import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

/** The driver protocol for clients in Java: rounds asked for on standard input, keys, values, and what was measured. */
final class Driver {
  record Round(String op, int parallel, int size, int batch, double seconds) {
    static Round parse(String line) {
      String[] words = line.trim().split("\\s+");
      boolean known =
          words.length == 6 && words[0].equals("round") && List.of("get", "set", "mget", "pipeline").contains(words[1]);
      if (!known) return null;
      return new Round(words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3]), Integer.parseInt(words[4]),
          Double.parseDouble(words[5]));
    }

    boolean isPipeline() {
      return op.equals("pipeline");
    }
  }

  /** Keys and values go on after their end, so that a batch can start at any of the count keys. */
  static final class Workload {
    final int count;
    final byte[][] keys;
    final byte[][] values;

    Workload(Round round) {
      boolean mget = round.op.equals("mget");
      count = round.size >= 4 << 20 ? 4 : mget || round.size >= 65536 ? 100 : 3000;
      keys = new byte[count + round.batch][];
      values = new byte[count + round.batch][];
      for (int i = 0; i < keys.length; ++i) {
        String key = "bench:" + round.size + (mget ? ":{m}:" : ":") + i % count;
        keys[i] = key.getBytes();
        values[i] = (key + ":").repeat(round.size / key.length() + 1).substring(0, round.size).getBytes();
      }
    }
  }

  /** One caller: which keys are next, and how long its calls took. The time of a call ends where the next begins. */
  static final class Caller {
    final Round round;
    final Workload workload;
    int index;
    private final int step;
    private long[] nanoseconds = new long[1 << 16];
    private int calls;
    private long began;
    private long before;

    Caller(Round round, Workload workload, int number) {
      this.round = round;
      this.workload = workload;
      index = number * 700 % workload.count;
      step = round.isPipeline() ? round.batch : 1;
    }

    void begin() {
      began = before = System.nanoTime();
    }

    /** Notes that a call has ended and goes on to the next keys; false when the round is over. */
    boolean ended() {
      long now = System.nanoTime();
      if (calls == nanoseconds.length) nanoseconds = Arrays.copyOf(nanoseconds, 2 * calls);
      nanoseconds[calls++] = now - before;
      before = now;
      index = (index + step) % workload.count;
      return now - began < round.seconds * 1e9;
    }

    byte[] key() {
      return workload.keys[index];
    }

    byte[] value() {
      return workload.values[index];
    }

    byte[][] batchOfKeys() {
      return Arrays.copyOfRange(workload.keys, index, index + round.batch);
    }

    void check(byte[] reply) {
      check(reply, 0);
    }

    void check(byte[] reply, int offset) {
      if (!Arrays.equals(reply, workload.values[index + offset])) wrong(index + offset);
    }

    void checkOk(String reply) {
      if (!"OK".equals(reply)) wrong(index);
    }

    private void wrong(int at) {
      die("wrong reply at " + new String(workload.keys[at]), null);
    }
  }

  interface Run {
    /** Starts the callers, all at once, and returns when their rounds are over. */
    void run(List<Caller> callers) throws Exception;
  }

  interface Call {
    /** One call of a client that blocks, with the check of its replies. */
    void call(Caller caller) throws Exception;
  }

  /** A thread for each caller. */
  static Run threads(Call call) {
    return callers -> {
      CountDownLatch ready = new CountDownLatch(callers.size());
      List<Thread> threads = new ArrayList<>();
      for (Caller caller : callers) {
        threads.add(new Thread(() -> {
          try {
            ready.countDown();
            ready.await();
            caller.begin();
            do {
              call.call(caller);
            } while (caller.ended());
          } catch (Exception error) {
            die("a call failed", error);
          }
        }));
      }
      for (Thread thread : threads) thread.start();
      for (Thread thread : threads) thread.join();
    };
  }

  static List<String> nodes(String[] arguments) {
    if (arguments.length != 2 || !arguments[0].equals("--nodes")) die("usage: --nodes HOST:PORT,...", null);
    return List.of(arguments[1].split(","));
  }

  static void serve(Run run) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Round round = Round.parse(line);
      System.out.println(
          round == null ? "{\"error\": \"this driver does not know: " + line.trim() + "\"}" : measured(run, round));
    }
  }

  private static String measured(Run run, Round round) throws Exception {
    Workload workload = new Workload(round);
    List<Caller> callers = new ArrayList<>();
    for (int number = 0; number < round.parallel; ++number) callers.add(new Caller(round, workload, number));
    run.run(callers);
    long began = callers.stream().mapToLong(caller -> caller.began).min().getAsLong();
    long ended = callers.stream().mapToLong(caller -> caller.before).max().getAsLong();
    long[] all = callers.stream().flatMapToLong(caller -> Arrays.stream(caller.nanoseconds, 0, caller.calls)).toArray();
    Arrays.sort(all);
    return String.format(Locale.ROOT, "{\"commands\": %d, \"seconds\": %.6f, \"latency_us\": [%.1f, %.1f, %.1f]}",
        (long) all.length * (round.isPipeline() ? round.batch : 1), (ended - began) / 1e9, at(all, 0.5), at(all, 0.99),
        at(all, 0.999));
  }

  private static double at(long[] sorted, double part) {
    return sorted[Math.min(sorted.length - 1, (int) (sorted.length * part))] / 1e3;
  }

  static void die(String message, Throwable cause) {
    System.err.println("driver: " + message);
    if (cause != null) cause.printStackTrace();
    Runtime.getRuntime().halt(1);
  }
}
