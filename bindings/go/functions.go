package rediscluster

/*
#include "bridge.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime/cgo"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

// LogLevel is how important a line of the log is.
type LogLevel int

const (
	LogError   LogLevel = C.RC_LOG_ERROR
	LogWarning LogLevel = C.RC_LOG_WARNING // a connection that failed
	LogInfo    LogLevel = C.RC_LOG_INFO    // a connection that was made, a command that was sent again
	LogDebug   LogLevel = C.RC_LOG_DEBUG   // redirects, and the layout that was told
)

// Attempt is an attempt to have a node run a command, when it has ended.
type Attempt struct {
	Host       string
	Port       int
	Command    string // its name, in capitals
	Duration   time.Duration
	Number     int    // which attempt of its command it is, from 1
	Code       Code   // how it failed; 0 for a reply
	ServerCode string // the first word of an error that the node answered with; else ""
	Outcome    Outcome
}

// functions are those of some Options, for as long as a cluster may call them.
type functions struct {
	credentials func(host string, port int) (string, string, error)
	log         func(level LogLevel, line string)
	onAttempt   func(attempt Attempt)
	self        cgo.Handle
	users       int // handles; guarded by living.mutex
}

// living are all that a cluster may call. One that is found by its name may call those of the Options that it was opened
// with, whoever did that: its handle keeps all.
var living struct {
	mutex sync.Mutex
	all   map[*functions]bool
}

// functionsOf returns none where there are none; drop ends them.
func functionsOf(options *Options) []*functions {
	if options.Credentials == nil && options.Log == nil && options.OnAttempt == nil {
		return nil
	}
	f := &functions{credentials: options.Credentials, log: options.Log, onAttempt: options.OnAttempt, users: 1}
	f.self = cgo.NewHandle(f)
	living.mutex.Lock()
	defer living.mutex.Unlock()
	if living.all == nil {
		living.all = map[*functions]bool{}
	}
	living.all[f] = true
	return []*functions{f}
}

// find returns the cluster of that name, and what it may call.
func find(name *C.char) (*C.rc_cluster, []*functions) {
	living.mutex.Lock() // whoever opened it cannot drop its functions now
	defer living.mutex.Unlock()
	found := C.rc_cluster_find(name)
	if found == nil {
		return nil, nil
	}
	var kept []*functions
	for f := range living.all {
		f.users++
		kept = append(kept, f)
	}
	return found, kept
}

// drop is for when the cluster was freed.
func drop(kept []*functions) {
	living.mutex.Lock()
	defer living.mutex.Unlock()
	for _, f := range kept {
		if f.users--; f.users == 0 {
			delete(living.all, f)
			f.self.Delete()
		}
	}
}

func called(handle C.uintptr_t) *functions { return cgo.Handle(handle).Value().(*functions) }

//export rcgoCredentials
func rcgoCredentials(host *C.char, port C.int, to *C.rc_credentials, handle C.uintptr_t) C.int {
	username, password, err := called(handle).ask(C.GoString(host), int(port))
	if err != nil {
		return refuse(err.Error())
	}
	if strings.IndexByte(username+password, 0) >= 0 {
		return refuse("the user or the password has a NUL in it")
	}
	user, word := append([]byte(username), 0), append([]byte(password), 0)
	C.rc_credentials_set(to, charsOf(user), charsOf(word), nil)
	for i := range word {
		word[i] = 0
	}
	return C.RC_OK
}

// ask runs the function on a goroutine of its own: neither a panic nor runtime.Goexit may pass through frames of C.
func (f *functions) ask(host string, port int) (username, password string, err error) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err = errors.New("it did not return: runtime.Goexit, or a panic of nil")
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("panic: %v", v)
			}
		}()
		username, password, err = f.credentials(host, port)
	}()
	<-ended
	return
}

//export rcgoLog
func rcgoLog(level C.int, line *C.char, handle C.uintptr_t) {
	returned := false
	defer endProgram(&returned)
	called(handle).log(LogLevel(level), C.GoString(line))
	returned = true
}

//export rcgoAttempt
func rcgoAttempt(attempt *C.rc_attempt, handle C.uintptr_t) {
	returned := false
	defer endProgram(&returned)
	called(handle).onAttempt(Attempt{
		Host:       C.GoString(C.rc_attempt_host(attempt)),
		Port:       int(C.rc_attempt_port(attempt)),
		Command:    C.GoString(C.rc_attempt_command(attempt)),
		Duration:   time.Duration(C.rc_attempt_duration_us(attempt)) * time.Microsecond,
		Number:     int(C.rc_attempt_number(attempt)),
		Code:       Code(C.rc_attempt_code(attempt)),
		ServerCode: C.GoString(C.rc_attempt_server_code(attempt)),
		Outcome:    Outcome(C.rc_attempt_outcome(attempt)),
	})
	returned = true
}

// endProgram lets a panic end the program, as everywhere, but not by way of C; runtime.Goexit too, which would leave the
// frames of C behind as they are.
func endProgram(returned *bool) {
	if *returned {
		return
	}
	told := "runtime.Goexit, or a panic of nil"
	if v := recover(); v != nil {
		told = fmt.Sprint(v)
	}
	told = fmt.Sprintf("%s\n%s", told, debug.Stack())
	go panic(told)
	select {}
}

// refusals are why functions gave no credentials. The library's message has only the number that they returned.
var refusals struct {
	mutex sync.Mutex
	next  int
	last  [64]struct {
		number int
		why    string
	}
}

const (
	firstRefusal   = 1000
	refusalNumbers = 1 << 30
	refusalText    = "the callback of rc_options_set_credentials returned "
)

func refuse(why string) C.int {
	refusals.mutex.Lock()
	defer refusals.mutex.Unlock()
	number := firstRefusal + refusals.next%refusalNumbers
	refusals.next++
	kept := &refusals.last[number%len(refusals.last)]
	kept.number, kept.why = number, why
	return C.int(number)
}

// withRefusal is the message of an ErrAuth with the reason in it.
func withRefusal(message string) string {
	before, after, found := strings.Cut(message, refusalText)
	if !found {
		return message
	}
	digits := after
	if end := strings.IndexFunc(after, func(c rune) bool { return c < '0' || c > '9' }); end >= 0 {
		digits = after[:end]
	}
	number, err := strconv.Atoi(digits)
	refusals.mutex.Lock()
	defer refusals.mutex.Unlock()
	if kept := refusals.last[number%len(refusals.last)]; err == nil && kept.number == number {
		return before + kept.why + after[len(digits):]
	}
	return message
}
