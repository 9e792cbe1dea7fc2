package io.rediscluster;

/** A watch session, for the time of the function given to {@link Cluster#watch}, and for its thread. */
public final class Watch {
  private final boolean binary;
  private NativeWatch session;

  Watch(NativeWatch session, boolean binary) {
    this.session = session;
    this.binary = binary;
  }

  /**
   * Sends a command over the connection that watches, and returns its reply. It is executed at once: use it to read.
   *
   * @throws IllegalStateException after the function has ended
   */
  public Object command(Object... arguments) {
    if (session == null) {
      throw new IllegalStateException("the watch has ended");
    }
    return Unpacker.value(session.command(Packer.command(arguments)), !binary);
  }

  void end() {
    session = null;
  }
}
