package io.rediscluster;

/** A watch session, for the time of the function given to {@link Cluster#watch}, and for its thread. */
public final class Watch {
  private final boolean binary;
  private final Interruption call;
  private final Errand errand;
  private NativeWatch session;

  /** call, errand: of the watch itself; may be null. */
  Watch(NativeWatch session, boolean binary, Interruption call, Errand errand) {
    this.session = session;
    this.call = call;
    this.errand = errand;
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
    NativeWatch asked = session;
    byte[] reply = errand == null ? ask(asked, packed) : errand.atRunner(() -> ask(asked, packed));
    return Unpacker.value(reply, !binary);
  }

  private byte[] ask(NativeWatch asked, byte[] packed) {
    return Interruption.resumed(call, () -> asked.command(packed));
  }

  void end() {
    session = null;
  }
}
