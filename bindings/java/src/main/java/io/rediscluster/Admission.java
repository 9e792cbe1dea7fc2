package io.rediscluster;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Says which calls of virtual threads may be made, each by a platform thread. A call takes a place, and may do so while each of
 * its node has fewer calls under way than there are places left: so a node that stands still takes half of them at most, two
 * take a third each, and calls to the others find room whatever happens there. Calls to several nodes share half of the places
 * in the same way: by which nodes they are.
 */
final class Admission {
  // Calls are not sorted by their nodes as long as fewer than this part of all places are taken: they cannot take much from the
  // others, and to ask for a call's nodes takes time.
  private static final int UNSORTED_PART = 16;

  final int most;
  private final ReentrantLock lock = new ReentrantLock();
  private int under;
  private final Map<String, Queue> all = new HashMap<>(); // by their nodes
  private final LinkedHashSet<Queue> turns = new LinkedHashSet<>(); // those in which calls wait

  Admission(int most) {
    this.most = most;
  }

  /** What a node, or several nodes together, have: calls under way, and calls that wait until there are fewer. */
  private static final class Queue {
    private final String nodes; // "" stands for no known node
    private final Queue in; // of all calls to several nodes; null for what has the whole admission
    private int seats; // that know of it
    private int under;
    private final LinkedHashSet<Seat> waiting = new LinkedHashSet<>();

    Queue(String nodes, Queue in) {
      this.nodes = nodes;
      this.in = in;
    }
  }

  /** What a call has. */
  final class Seat {
    private final CountDownLatch ready = new CountDownLatch(1);
    private final List<Queue> queues = new ArrayList<>(2); // that it counts in
    private Queue in; // that it waits in

    /** Opens when it has a place. */
    CountDownLatch ready() {
      return ready;
    }

    /** Gives the place back, or ends the waiting for one. */
    void leave() {
      lock.lock();
      try {
        if (in != null) {
          unpark(this);
        } else {
          under--;
          queues.forEach(queue -> queue.under--);
        }
        for (Queue queue : queues) {
          if (--queue.seats == 0) {
            all.remove(queue.nodes);
          }
        }
        while (admit()) {
          // as many as there is room for
        }
      } finally {
        lock.unlock();
      }
    }

    /** Why it waits. */
    String reason() {
      lock.lock();
      try {
        String node = in == null || in.nodes.isEmpty() ? "no known node" : in.nodes;
        return (in == null ? 0 : in.under) + " calls are under way to " + node;
      } finally {
        lock.unlock();
      }
    }
  }

  /** A place where so few are taken that it does not matter what the call's nodes are; else null. */
  Seat enterUnsorted() {
    lock.lock();
    try {
      if (under >= most / UNSORTED_PART) {
        return null;
      }
      Seat seat = new Seat();
      take(seat);
      return seat;
    } finally {
      lock.unlock();
    }
  }

  /** A place for a call to these nodes, now or when there is one. */
  Seat enter(SortedSet<String> nodes) {
    lock.lock();
    try {
      Seat seat = new Seat();
      if (nodes.size() == 1) {
        count(seat, nodes.first(), null);
      } else {
        count(seat, String.join(" and ", nodes), count(seat, "several nodes", null));
      }
      Queue before = full(seat);
      for (Queue queue : seat.queues) {
        if (!queue.waiting.isEmpty()) {
          before = queue; // those that wait come first
        }
      }
      if (before == null) {
        take(seat);
      } else {
        park(seat, before);
      }
      return seat;
    } finally {
      lock.unlock();
    }
  }

  /** Lets the call count in a queue. */
  private Queue count(Seat seat, String nodes, Queue in) {
    Queue queue = all.computeIfAbsent(nodes, made -> new Queue(made, in));
    queue.seats++;
    seat.queues.add(queue);
    return queue;
  }

  /** How many places there are for all that share with the queue. */
  private int left(Queue queue) {
    return queue.in == null ? most - under : (most + 1) / 2 - queue.in.under;
  }

  /** A queue that has too many calls for one more, or null. */
  private Queue full(Seat seat) {
    for (Queue queue : seat.queues) {
      if (queue.under >= left(queue)) {
        return queue;
      }
    }
    return null;
  }

  private void take(Seat seat) {
    under++;
    seat.queues.forEach(queue -> queue.under++);
    seat.ready.countDown();
  }

  private void park(Seat seat, Queue queue) {
    seat.in = queue;
    queue.waiting.add(seat);
    turns.add(queue);
  }

  private void unpark(Seat seat) {
    seat.in.waiting.remove(seat);
    if (seat.in.waiting.isEmpty()) {
      turns.remove(seat.in);
    }
    seat.in = null;
  }

  /** Gives each queue's first call that waits a place, if there is one for it; false where there was none for any. */
  private boolean admit() {
    boolean admitted = false;
    for (Queue queue : List.copyOf(turns)) {
      if (queue.waiting.isEmpty()) {
        continue;
      }
      Seat seat = queue.waiting.iterator().next();
      Queue full = full(seat);
      if (full == queue) {
        continue;
      }
      unpark(seat);
      if (full != null) {
        park(seat, full);
        continue;
      }
      take(seat);
      admitted = true;
      if (turns.remove(queue)) {
        turns.add(queue); // its next turn comes after the others'
      }
    }
    return admitted;
  }
}
