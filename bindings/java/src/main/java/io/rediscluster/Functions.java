package io.rediscluster;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;

/** A user's functions, of which any may be null. */
record Functions(CredentialsFunction credentials, System.Logger logger, Consumer<Attempt> onAttempt)
    implements NativeFunctions {
  void putInto(NativeOptions options) {
    if (credentials != null) {
      options.set_credentials(this);
    }
    if (onAttempt != null) {
      options.set_attempt_hook(this);
    }
    for (int most = NativeConstants.RC_LOG_DEBUG; logger != null && most > 0; most--) {
      if (logger.isLoggable(level(most))) {
        options.set_log(most, this);
        return;
      }
    }
  }

  @Override
  public byte[] credentials(byte[] host, int port) {
    try (Interruption.Pause pause = Interruption.pause()) {
      Credentials given = credentials.get(text(host), port);
      String username = given.username() == null ? "" : Options.text("the username", given.username());
      return Packer.command(new Object[] {username, Options.text("the password", given.password())});
    } catch (Throwable thrown) {
      return Packer.command(new Object[] {thrown.toString()});
    }
  }

  @Override
  public void log(int level, byte[] line) {
    try (Interruption.Pause pause = Interruption.pause()) {
      logger.log(level(level), text(line));
    } catch (Throwable thrown) {
      report(thrown);
    }
  }

  @Override
  public void attempt(byte[] host, int port, byte[] command, long microseconds, int number, int code, byte[] serverCode,
      int outcome) {
    try (Interruption.Pause pause = Interruption.pause()) {
      onAttempt.accept(new Attempt(text(host), port, text(command), Duration.ofNanos(microseconds * 1000), number,
          code == NativeConstants.RC_OK ? null : RedisClusterException.name(code), text(serverCode), Outcome.of(outcome)));
    } catch (Throwable thrown) {
      report(thrown);
    }
  }

  private static void report(Throwable thrown) {
    Thread thread = Thread.currentThread();
    try {
      thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
    } catch (Throwable again) {
      // as the virtual machine does
    }
  }

  private static System.Logger.Level level(int level) {
    return switch (level) {
      case NativeConstants.RC_LOG_ERROR -> System.Logger.Level.ERROR;
      case NativeConstants.RC_LOG_WARNING -> System.Logger.Level.WARNING;
      case NativeConstants.RC_LOG_INFO -> System.Logger.Level.INFO;
      default -> System.Logger.Level.DEBUG;
    };
  }

  private static String text(byte[] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }
}
