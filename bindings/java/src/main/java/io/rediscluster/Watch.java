package io.rediscluster;

/** A watch session, for the time of the function given to {@link Cluster#watch}, and for its thread. */
public final class Watch {
  private final boolean binary;
  private final Interruption call;
  private NativeWatch session;

  /** call: of the watch itself. */
  Watch(NativeWatch session, boolean binary, Interruption call) {
    this.session = session;
    this.call = call;
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
    byte[] packed = Packer.command(arguments);
    return Unpacker.value(Interruption.resumed(call, () -> session.command(packed)), !binary);
  }

  void end() {
    session = null;
  }
}
