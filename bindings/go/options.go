package rediscluster

/*
#include "bridge.h"
*/
import "C"

import "time"

// Options are what a cluster is opened with. The zero value of a field stands for its default.
type Options struct {
	// Nodes to ask for the cluster's layout, as "host:port", "[::1]:7000" or "host" (port 6379). Any node will do,
	// several are better.
	Nodes []string

	// URL, instead of or besides the other fields: redis://[user[:password]@]host[:port][,host[:port]...][?name=value...];
	// rediss:// turns TLS on
	URL string

	Username string
	Password string

	// Credentials is asked at each connect, instead of Username and Password; a username of "" is the server's default user.
	// Its error makes the calls that need the connection fail with ErrAuth, which has its text; so does a panic.
	//
	// Log and OnAttempt run on the goroutines that make calls, Credentials on goroutines of its own; several run at once, and
	// calls wait for them. They are kept until the cluster is closed. A panic in Log or OnAttempt ends the program, and so
	// does runtime.Goexit there.
	Credentials func(host string, port int) (username, password string, err error)

	// Name by which Find finds the open cluster.
	Name string

	Timeout        time.Duration // of a call whose context has no deadline; default 5 s
	ConnectTimeout time.Duration // of one attempt to connect to one node; default 2 s

	MaxRedirects   int  // in a row that a call follows; default 5
	NoRedirects    bool // follow none
	WatchRetries   int  // after a watched key has changed; default 3
	NoWatchRetries bool // try a watch once

	Database int // the number of the one that all commands are for; 0 is the only one in most clusters

	// RefreshInterval is after how long a handle that has had no reason to asks again how the slots are spread; default 60 s.
	RefreshInterval   time.Duration
	NoRefreshInterval bool // never

	ReadFrom ReadFrom // where commands that only read may go; default ReadPrimary
	Zone     string   // of the caller, for ReadSameZone
	Protocol int      // 2, or 3, which has maps, doubles and bools in replies; default 2

	// TLS encrypts connections. Any of the others but TLSSkipVerify turns it on too.
	TLS            bool
	TLSSkipVerify  bool   // certificates are not verified
	TLSCAFile      string // the authorities that are trusted, as PEM; default: those that the system trusts
	TLSCADir       string // the same as a folder prepared by "openssl rehash"
	TLSCertificate string // the file that the client shows, as PEM, with that of its key
	TLSKey         string
	TLSKeyPassword string
	TLSServerName  string // that certificates must be made out to, instead of the host that is connected to
	TLSMinVersion  uint16 // tls.VersionTLS12, the default, or tls.VersionTLS13

	// AddressMap is where to connect to for nodes that announce what does not lead there from here: "host:port" to "host:port".
	AddressMap map[string]string

	// Log is told what happens inside, up to LogLevel, which by default is LogInfo.
	Log      func(level LogLevel, line string)
	LogLevel LogLevel

	// OnAttempt is told of each attempt to have a node run a command, when it has ended.
	OnAttempt func(attempt Attempt)

	// MaxCalls is how many calls may wait in C at a time, each occupying a thread; default 1000. Calls to one node get half of
	// that at most, whatever they wait for, so that those to others find room beside a node that does not answer. More calls
	// wait in Go, for their time at most, and then fail with ErrBusy.
	MaxCalls int

	// MaxBlockingCalls is how many watches and calls of commands that block (BLPOP, XREAD BLOCK, ...) may wait in C at a time
	// besides; default 2000. The same holds for them. The Go runtime ends a program that needs 10000 threads.
	MaxBlockingCalls int
}

// CallOptions are what is different for some calls: see [Cluster.With].
type CallOptions struct {
	// Timeout of the calls, instead of that of Options. The deadline of a context holds too.
	Timeout time.Duration

	// Idempotent says that the commands may be executed more than once: they are sent again even when it is not
	// known whether they were executed. Commands that only read are sent again anyway.
	Idempotent bool

	// ReadFrom is where commands that only read may go, instead of that of Options.
	ReadFrom ReadFrom

	// Bytes makes replies that are bytes []byte, not string.
	Bytes bool

	// Route is where commands without keys go, instead of where they mean to. For Do and Explain, as those that follow; NoSplit
	// for Pipeline too.
	Route Route

	// Node is the one that commands go to, "host:port", a replica too; no redirect is followed.
	Node string

	// RouteKey is a key to the primary of whose slot commands go. nil: no key.
	RouteKey []byte

	// NoSplit refuses MGET, MSET, DEL, UNLINK, EXISTS and TOUCH with keys in several slots, which else are sent in parts.
	NoSplit bool

	// ByNode makes the reply a map with what each node answered, or its *Error, by "host:port".
	ByNode bool
}

// Route says where commands without keys go.
type Route int

const (
	RouteAuto      Route = C.RC_ROUTE_AUTO      // as the command means it
	RouteOne       Route = C.RC_ROUTE_ONE       // one primary, any
	RoutePrimaries Route = C.RC_ROUTE_PRIMARIES // every primary that owns slots
	RouteNodes     Route = C.RC_ROUTE_NODES     // every node, replicas too
)

const (
	defaultMaxCalls         = 1000
	defaultMaxBlockingCalls = 2000
)

// milliseconds rounds up, so that no time is none; 0 stands for the default, and what is negative stays so.
func milliseconds(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	const most = 1<<31 - 1
	if d > most*time.Millisecond {
		return most
	}
	return int64((d + time.Millisecond - 1) / time.Millisecond)
}
