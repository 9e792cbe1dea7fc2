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

	ID           string      // "" where the server does not tell
	PrimaryIndex int         // in Info.Nodes, of the primary that it replicates; -1 for primaries
	Ranges       []SlotRange // the slots that it owns
}

// SlotRange is slots from the first to the last.
type SlotRange struct{ First, Last int }

// SlotOwner returns the index in Nodes of the node that owns a slot, or -1.
func (i Info) SlotOwner(slot int) int {
	for index, node := range i.Nodes {
		for _, slots := range node.Ranges {
			if slots.First <= slot && slot <= slots.Last {
				return index
			}
		}
	}
	return -1
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
		told := NodeInfo{Host: n[0].(string), Port: int(n[1].(int64)), Primary: n[2].(int64) != 0, Connected: n[3].(int64) != 0,
			Slots: int(n[4].(int64)), ID: n[5].(string), PrimaryIndex: int(n[6].(int64))}
		ranges := n[7].([]any)
		for i := 0; i < len(ranges); i += 2 {
			told.Ranges = append(told.Ranges, SlotRange{int(ranges[i].(int64)), int(ranges[i+1].(int64))})
		}
		info.Nodes = append(info.Nodes, told)
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
