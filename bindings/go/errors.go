package rediscluster

/*
#include "bridge.h"
*/
import "C"

import "fmt"

// Code tells how a call failed. It is an error itself, to be compared by errors.Is.
type Code int

const (
	ErrInvalidArgument  Code = C.RC_ERR_INVALID_ARGUMENT   // the caller's mistake: the message says which argument
	ErrNoMemory         Code = C.RC_ERR_NO_MEMORY          // an allocation failed
	ErrConnect          Code = C.RC_ERR_CONNECT            // no connection to a node
	ErrAuth             Code = C.RC_ERR_AUTH               // the server does not accept the user or the password
	ErrTLS              Code = C.RC_ERR_TLS                // the encrypted connection could not be made or trusted
	ErrTimeout          Code = C.RC_ERR_TIMEOUT            // the call's time was up
	ErrIO               Code = C.RC_ERR_IO                 // a connection broke during the call
	ErrProtocol         Code = C.RC_ERR_PROTOCOL           // the server sent what no Redis server sends
	ErrServer           Code = C.RC_ERR_SERVER             // the server's answer is an error: see Error.ServerCode
	ErrCrossSlot        Code = C.RC_ERR_CROSS_SLOT         // the keys of one command or transaction lie in several slots
	ErrNoKeys           Code = C.RC_ERR_NO_KEYS            // a watch without keys
	ErrEmpty            Code = C.RC_ERR_EMPTY              // a transaction without commands
	ErrClusterDown      Code = C.RC_ERR_CLUSTER_DOWN       // the cluster does not serve the slot
	ErrTooManyRedirects Code = C.RC_ERR_TOO_MANY_REDIRECTS // more in a row than Options.MaxRedirects
	ErrWatchConflict    Code = C.RC_ERR_WATCH_CONFLICT     // a watched key changed, each time it was tried
	ErrAborted          Code = C.RC_ERR_ABORTED            // the function of a watch asked for it
	ErrClosed           Code = C.RC_ERR_CLOSED             // the cluster was closed before or during the call
	ErrBusy             Code = C.RC_ERR_BUSY               // too much waits for the node, or for a limit of Options
	ErrUnsupported      Code = C.RC_ERR_UNSUPPORTED        // not offered by the library or by the server
	ErrInternal         Code = C.RC_ERR_INTERNAL           // a defect of the library: please report it
	ErrCancelled        Code = C.RC_ERR_CANCELLED          // the context was cancelled
	ErrPartial          Code = C.RC_ERR_PARTIAL            // an operation over several nodes succeeded in part
)

// String is the name that the C API has for the code: "RC_ERR_TIMEOUT".
func (c Code) String() string { return C.GoString(C.rc_error_name(C.int(c))) }

// Error makes a Code an error.
func (c Code) Error() string { return "rediscluster: " + c.String() }

// Outcome tells what became of the command that a call failed with.
type Outcome int

const (
	NotSent  Outcome = C.RC_OUTCOME_NOT_SENT // no server can have seen it
	Refused  Outcome = C.RC_OUTCOME_REFUSED  // a server answered that it did not execute it
	Executed Outcome = C.RC_OUTCOME_EXECUTED // a server executed it and answered with an error
	Unknown  Outcome = C.RC_OUTCOME_UNKNOWN  // sent, in part or whole, and no reply tells whether it was executed
)

// String is the name that the C API has for the outcome: "RC_OUTCOME_UNKNOWN".
func (o Outcome) String() string { return C.GoString(C.rc_outcome_name(C.int(o))) }

// Error is how a call failed, or a command of a pipeline or transaction.
type Error struct {
	Code       Code
	Outcome    Outcome
	ServerCode string // the first word of a server's error, such as "WRONGTYPE"; else ""
	Message    string // what failed, where, and what to do about it; no password, no value

	// Parts of an operation over several nodes that succeeded in part (ErrPartial).
	Parts []Part

	cause error
}

// Part is what one node was sent for the keys of one slot or, of a command without keys, all that it was sent.
type Part struct {
	Node  string // "host:port" that was asked last; "" if none could be
	Keys  []int  // which arguments of the command its keys are, the name being 0
	Reply any    // what was answered
	Err   *Error // why it failed, with an Outcome of its own; nil where it was answered
}

func (e *Error) Error() string { return "rediscluster: " + e.Message }

// Is makes errors.Is(err, ErrTimeout) true for an error of that code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// Unwrap returns context.Canceled or context.DeadlineExceeded where the context ended the call.
func (e *Error) Unwrap() error { return e.cause }

// MayHaveExecuted tells whether a server executed the command, or may have.
func (e *Error) MayHaveExecuted() bool { return e.Outcome == Executed || e.Outcome == Unknown }

// Timeout tells whether the time was up, as net.Error has it.
func (e *Error) Timeout() bool { return e.Code == ErrTimeout }

func failure(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Outcome: NotSent, Message: fmt.Sprintf(format, args...)}
}
