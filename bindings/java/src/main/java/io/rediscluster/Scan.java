package io.rediscluster;

import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The keys of the whole cluster, String or byte[] as replies are: {@link Cluster#scan}. Every key that is there from the
 * beginning to the end comes at least once, while slots move and primaries die, or its slot is in {@link #doubtfulSlots}.
 *
 * <pre>{@code
 * for (Object key : cluster.scan().match("user:*").count(500)) { ... }
 * }</pre>
 *
 * <p>There is one walk: what was taken by one iterator does not come from another. One thread at a time.
 */
public final class Scan implements Iterable<Object>, Iterator<Object> {
  private final Cluster cluster;
  private final NativeScan scan;
  private final ReentrantLock lock = new ReentrantLock();
  private CallOptions options;
  private List<Object> page = List.of();
  private int at;
  private boolean ended;
  private String cursor;
  private String behind;
  private List<Integer> doubtful = List.of();

  Scan(Cluster cluster, NativeScan scan) {
    this.cluster = cluster;
    this.scan = scan;
    cursor = scan.cursor();
    behind = cursor;
    Freeing.CLEANER.register(this, scan::delete);
  }

  /** Only keys that match this pattern; where its hash tag is literal, only that slot is asked. */
  public Scan match(Object pattern) {
    scan.set_match(Packer.command(new Object[] {pattern}));
    return this;
  }

  /** How many keys a page should have, a hint. */
  public Scan count(int count) {
    scan.set_count(count);
    return this;
  }

  /** Only keys of that type: "string", "hash", ... */
  public Scan type(String type) {
    scan.set_type(Options.text("type", type));
    return this;
  }

  /** Goes on where another scan was, of any process, whose {@link #cursor()} this is: with the same match and type. */
  public Scan cursor(String from) {
    String text = Options.text("cursor", from);
    cluster.callForScan(null, to -> {
      scan.set_cursor(text);
      return null;
    });
    cursor = from;
    behind = from;
    return this;
  }

  /** For each page: the timeout and the cancel count. */
  public Scan options(CallOptions options) {
    this.options = options;
    return this;
  }

  /**
   * A text from which another scan goes on. It comes before the keys of a page of which not all have been taken, so that some
   * may come twice but none is missed.
   */
  public String cursor() {
    return cursor;
  }

  /** The slots of which it cannot be proven that every key was seen. Whole at the end. */
  public List<Integer> doubtfulSlots() {
    return doubtful;
  }

  @Override
  public Iterator<Object> iterator() {
    return this;
  }

  /** The keys that have not been taken yet. */
  public Stream<Object> stream() {
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED | Spliterator.NONNULL), false);
  }

  @Override
  public boolean hasNext() {
    lock.lock();
    try {
      if (at == page.size() && !ended) {
        nextPage();
      }
      return at < page.size();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Object next() {
    lock.lock();
    try {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Object key = page.get(at++);
      if (at == page.size()) {
        cursor = behind;
      }
      return key;
    } finally {
      lock.unlock();
    }
  }

  private void nextPage() {
    byte[] packed = cluster.callForScan(options, scan::next);
    behind = scan.cursor();
    List<Integer> slots = new ArrayList<>();
    for (int i = 0; i < scan.doubtful_count(); i++) {
      slots.add(scan.doubtful_slot(i));
    }
    doubtful = List.copyOf(slots);
    ended = packed == null;
    at = 0;
    page = ended ? List.of() : cluster.listOf(packed);
    if (ended) {
      cursor = behind;
    }
    Reference.reachabilityFence(this);
  }
}
