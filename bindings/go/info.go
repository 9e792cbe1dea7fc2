package rediscluster

/*
#include "bridge.h"
*/
import "C"

// Info is what the client knew of its cluster at one moment.
type Info struct {
	Nodes        []NodeInfo // primaries first
	SlotsCovered int        // how many of the 16384 slots have an owner
	Seeds        []string   // the nodes of the options, as "host:port"

	// Counters since the cluster was opened: "refreshes" "moved" "ask" "waits" "retries" "timeouts" "connects" "unknown".
	Counters map[string]uint64
}

// NodeInfo is what the client knows of a node.
type NodeInfo struct {
	Host      string
	Port      int
	Primary   bool // owns slots
	Connected bool // a connection to it is open
	Slots     int  // how many slots it owns
}

// Info tells what the client knows at this moment; no node is asked.
func (c *Cluster) Info() (Info, error) {
	if !c.hold() {
		return Info{}, failure(ErrClosed, "the cluster is closed")
	}
	w := newWork()
	C.rcgo_info(c.cluster, &w.answer)
	c.release()
	fields, ok := w.result(false).([]any)
	if !ok {
		return Info{}, failure(ErrNoMemory, "out of memory")
	}
	return infoOf(fields), nil
}

func infoOf(fields []any) Info {
	info := Info{SlotsCovered: int(fields[1].(int64)), Counters: map[string]uint64{}}
	for _, node := range fields[0].([]any) {
		n := node.([]any)
		info.Nodes = append(info.Nodes, NodeInfo{n[0].(string), int(n[1].(int64)), n[2].(int64) != 0,
			n[3].(int64) != 0, int(n[4].(int64))})
	}
	for _, seed := range fields[2].([]any) {
		info.Seeds = append(info.Seeds, seed.(string))
	}
	counters := fields[3].([]any)
	for i := 0; i < len(counters); i += 2 {
		info.Counters[counters[i].(string)] = uint64(counters[i+1].(int64))
	}
	return info
}
