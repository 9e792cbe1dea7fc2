package rediscluster

import (
	"container/list"
	"sort"
	"strings"
	"sync"
)

// admission says which calls may wait in C, each on a thread of its own. A call takes a place, and may do so while each of
// its node has fewer calls under way than there are places left: so a node that stands still takes half of them at most, two
// take a third each, and calls to the others find room whatever happens there. Calls to several nodes share half of the places
// in the same way: by which nodes they are.
type admission struct {
	mutex  sync.Mutex
	most   int
	under  int               // calls that have a place
	queues map[string]*queue // those that calls are under way to or wait for
	turns  list.List         // of *queue: those in which calls wait
}

// queue is what a node, or several nodes together, have: calls under way, and calls that wait until there are fewer.
type queue struct {
	nodes   string // "" stands for no known node
	in      *queue // of all calls to several nodes; nil for what has the whole admission
	seats   int    // that know of it
	under   int
	waiting list.List     // of *seat
	turn    *list.Element // in turns, while calls wait
}

// seat is what a call has of an admission. The zero value has nothing.
type seat struct {
	of     *admission
	queues []*queue // that the call counts in
	in     *queue   // that it waits in
	at     *list.Element
	ready  chan struct{} // closed when it has a place; nil where it had one at once
}

// Calls are not sorted by their nodes as long as fewer than this part of all places are taken: they cannot take much from
// the others, and to ask for a call's nodes takes time.
const unsortedPart = 16

func newAdmission(most int) *admission {
	return &admission{most: most, queues: map[string]*queue{}}
}

// enterUnsorted takes a place where so few are taken that it does not matter what the call's nodes are.
func (a *admission) enterUnsorted(s *seat) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.under >= a.most/unsortedPart {
		return false
	}
	s.of = a
	a.take(s)
	return true
}

// enter takes a place for a call to these nodes, or begins to wait for one.
func (a *admission) enter(s *seat, nodes []string) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	s.of = a
	if len(nodes) == 1 {
		a.count(s, nodes[0], nil)
	} else {
		sort.Strings(nodes)
		a.count(s, strings.Join(nodes, " and "), a.count(s, "several nodes", nil))
	}
	before := a.full(s)
	for _, q := range s.queues {
		if q.waiting.Len() > 0 {
			before = q // those that wait come first
		}
	}
	if before == nil {
		a.take(s)
		return
	}
	s.ready = make(chan struct{})
	a.park(s, before)
}

// count lets the call count in a queue.
func (a *admission) count(s *seat, nodes string, in *queue) *queue {
	q := a.queues[nodes]
	if q == nil {
		q = &queue{nodes: nodes, in: in}
		a.queues[nodes] = q
	}
	q.seats++
	s.queues = append(s.queues, q)
	return q
}

// left is how many places there are for all that share with the queue.
func (a *admission) left(q *queue) int {
	if q.in == nil {
		return a.most - a.under
	}
	return (a.most+1)/2 - q.in.under
}

// leave gives the place back, or ends the waiting for one.
func (s *seat) leave() {
	a := s.of
	if a == nil {
		return
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if s.in != nil {
		a.unpark(s)
	} else {
		a.under--
		for _, q := range s.queues {
			q.under--
		}
	}
	for _, q := range s.queues {
		if q.seats--; q.seats == 0 {
			delete(a.queues, q.nodes)
		}
	}
	for a.admit() {
	}
}

// busiest is what keeps the call waiting, "" where no node is known, and how many calls are under way to it.
func (s *seat) busiest() (string, int) {
	s.of.mutex.Lock()
	defer s.of.mutex.Unlock()
	if s.in == nil {
		return "", 0
	}
	return s.in.nodes, s.in.under
}

// full is a queue that has too many calls for one more, or nil.
func (a *admission) full(s *seat) *queue {
	for _, q := range s.queues {
		if q.under >= a.left(q) {
			return q
		}
	}
	return nil
}

func (a *admission) take(s *seat) {
	a.under++
	for _, q := range s.queues {
		q.under++
	}
}

func (a *admission) park(s *seat, q *queue) {
	s.in = q
	s.at = q.waiting.PushBack(s)
	if q.turn == nil {
		q.turn = a.turns.PushBack(q)
	}
}

func (a *admission) unpark(s *seat) {
	q := s.in
	q.waiting.Remove(s.at)
	if q.waiting.Len() == 0 {
		a.turns.Remove(q.turn)
		q.turn = nil
	}
	s.in, s.at = nil, nil
}

// admit gives each queue's first call that waits a place, if there is one for it; false where there was none for any.
func (a *admission) admit() bool {
	admitted := false
	for left := a.turns.Len(); left > 0 && a.turns.Len() > 0; left-- {
		q := a.turns.Front().Value.(*queue)
		a.turns.MoveToBack(q.turn)
		s := q.waiting.Front().Value.(*seat)
		full := a.full(s)
		if full == q {
			continue
		}
		a.unpark(s)
		if full != nil {
			a.park(s, full)
			continue
		}
		a.take(s)
		close(s.ready)
		admitted = true
	}
	return admitted
}
