package rediscluster

/*
#include "bridge.h"
*/
import "C"

import (
	"net"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// ReadFrom says where commands that only read may go. A replica lags behind its primary. The zero value stands for what
// holds otherwise.
type ReadFrom int

const (
	ReadPrimary       ReadFrom = C.RC_READ_PRIMARY + 1        // the primary of the slot
	ReadPreferReplica ReadFrom = C.RC_READ_PREFER_REPLICA + 1 // one of its replicas in turn, the primary if none can be reached
	ReadReplica       ReadFrom = C.RC_READ_REPLICA + 1        // replicas only
	ReadRoundRobin    ReadFrom = C.RC_READ_ROUND_ROBIN + 1    // the primary and its replicas in turn
	ReadLowestLatency ReadFrom = C.RC_READ_LOWEST_LATENCY + 1 // of these the one that answers soonest
	ReadSameZone      ReadFrom = C.RC_READ_SAME_ZONE + 1      // of these one in Options.Zone; if none is, as ReadPreferReplica
)

// settings are options as the bridge takes them: a name and values each.
type settings struct {
	in    []byte
	count int
	err   *Error
}

func (s *settings) add(name string, values ...string) {
	for i := 0; i < 1+C.RCGO_VALUES; i++ {
		text := name
		if i > 0 {
			text = ""
			if i <= len(values) {
				text = values[i-1]
			}
		}
		if strings.IndexByte(text, 0) >= 0 {
			s.err = failure(ErrInvalidArgument, "the option %s has a NUL in it", name)
		}
		s.in = appendText(s.in, text+"\x00")
	}
	s.count++
}

func (s *settings) text(name, value string) {
	if value != "" {
		s.add(name, value)
	}
}

// number adds what is not 0. field is what Options has it as.
func (s *settings) number(name, field string, value int) {
	if value < 0 {
		s.err = failure(ErrInvalidArgument, "Options.%s is negative", field)
	} else if value != 0 {
		s.add(name, strconv.Itoa(value))
	}
}

func (s *settings) duration(name, field string, value time.Duration) {
	s.number(name, field, int(milliseconds(value)))
}

func settingsOf(options *Options) *settings {
	s := &settings{}
	s.text("url", options.URL) // the first
	s.text("username", options.Username)
	s.text("password", options.Password)
	s.text("name", options.Name)
	s.duration("timeout_ms", "Timeout", options.Timeout)
	s.duration("connect_timeout_ms", "ConnectTimeout", options.ConnectTimeout)
	s.number("max_redirects", "MaxRedirects", options.MaxRedirects)
	if options.NoRedirects {
		s.add("max_redirects", "0")
	}
	s.number("watch_retries", "WatchRetries", options.WatchRetries)
	if options.NoWatchRetries {
		s.add("watch_retries", "0")
	}
	s.number("database", "Database", options.Database)
	s.duration("refresh_interval_ms", "RefreshInterval", options.RefreshInterval)
	if options.NoRefreshInterval {
		s.add("refresh_interval_ms", "0")
	}
	if options.MaxCalls < 0 {
		s.err = failure(ErrInvalidArgument, "Options.MaxCalls is negative")
	}
	if options.MaxBlockingCalls < 0 {
		s.err = failure(ErrInvalidArgument, "Options.MaxBlockingCalls is negative")
	}
	if options.ReadFrom != 0 {
		s.add("read_from", strconv.Itoa(int(options.ReadFrom)-1))
	}
	s.text("zone", options.Zone)
	s.number("protocol", "Protocol", options.Protocol)
	s.tls(options)
	for from, to := range options.AddressMap {
		s.mapAddress(from, to)
	}
	if options.Credentials != nil {
		s.add("credentials")
	}
	if options.Log != nil {
		level := options.LogLevel
		if level == 0 {
			level = LogInfo
		}
		s.add("log", strconv.Itoa(int(level)))
	}
	if options.OnAttempt != nil {
		s.add("attempt_hook")
	}
	for _, node := range options.Nodes {
		s.add("node", node)
	}
	return s
}

func (s *settings) tls(options *Options) {
	s.text("tls_ca_file", options.TLSCAFile)
	s.text("tls_ca_dir", options.TLSCADir)
	if options.TLSCertificate != "" || options.TLSKey != "" {
		s.add("tls_certificate", options.TLSCertificate, options.TLSKey)
	}
	s.text("tls_key_password", options.TLSKeyPassword)
	s.text("tls_server_name", options.TLSServerName)
	switch options.TLSMinVersion {
	case 0:
	case 0x0303:
		s.add("tls_min_version", strconv.Itoa(C.RC_TLS_1_2))
	case 0x0304:
		s.add("tls_min_version", strconv.Itoa(C.RC_TLS_1_3))
	default:
		s.err = failure(ErrInvalidArgument, "Options.TLSMinVersion is %#x: give tls.VersionTLS12 or tls.VersionTLS13",
			options.TLSMinVersion)
	}
	if options.TLS {
		s.add("tls", "1")
	}
	if options.TLSSkipVerify {
		s.add("tls_verify", "0")
	}
}

func (s *settings) mapAddress(from, to string) {
	host, port, err := net.SplitHostPort(from)
	toHost, toPort, toErr := net.SplitHostPort(to)
	if err != nil || toErr != nil {
		s.err = failure(ErrInvalidArgument, "Options.AddressMap: %q to %q: give host:port for both", from, to)
	}
	s.add("mapped_address", host, port, toHost, toPort)
}

// wipe is for the password that may be in them.
func (s *settings) wipe() {
	for i := range s.in {
		s.in[i] = 0
	}
}

// charsOf is for C, for the time of the call.
func charsOf(bytes []byte) *C.char {
	if len(bytes) == 0 {
		return nil
	}
	return (*C.char)(unsafe.Pointer(&bytes[0]))
}
