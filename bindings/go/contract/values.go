package main

import (
	"fmt"
	"strconv"
	"strings"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

// outcome of an operation.
type outcome struct {
	value  any
	err    error
	raised bool // the panic of the callback came out of the call as it was made
}

func check(expected []word, got outcome) error {
	if fits(expected, got) {
		return nil
	}
	return fmt.Errorf("expected %.300s but got %.300s", fmt.Sprint(expected), show(got))
}

func show(o outcome) string {
	if failed, ok := o.err.(*rediscluster.Error); ok {
		return fmt.Sprintf("! %v %q %v %q", failed.Code, failed.ServerCode, failed.Outcome, failed.Message)
	}
	return fmt.Sprintf("%#v, %v, raised: %v", o.value, o.err, o.raised)
}

func fits(expected []word, got outcome) bool {
	switch {
	case len(expected) == 0:
		return got.err == nil && !got.raised
	case expected[0].is("!") && expected[1].is("raised"):
		return got.raised
	case expected[0].is("!"):
		text := ""
		if len(expected) > 4 {
			text = expected[4].text
		}
		return !got.raised && isError(expected[1:4], got.err) && strings.Contains(got.err.Error(), text)
	}
	rest, ok := matches(expected[1:], got.value)
	return ok && got.err == nil && !got.raised && len(rest) == 0
}

// isError tells whether it is of the code, server code and outcome.
func isError(expected []word, err error) bool {
	said := []string{"", "-", rediscluster.NotSent.String()}
	switch failed := err.(type) {
	case *rediscluster.Error:
		said = []string{failed.Code.String(), failed.ServerCode, failed.Outcome.String()}
	case rediscluster.Code: // what a function of a watch has returned
		said[0] = failed.String()
	default:
		return false
	}
	if said[1] == "" {
		said[1] = "-"
	}
	said[0] = strings.TrimPrefix(said[0], "RC_ERR_")
	said[2] = strings.TrimPrefix(said[2], "RC_OUTCOME_")
	for i, name := range expected {
		if !name.is("*") && name.text != said[i] {
			return false
		}
	}
	return true
}

// matches tells whether the value at the beginning of the words is that one, and what is behind it.
func matches(expected []word, value any) ([]word, bool) {
	first, rest := expected[0], expected[1:]
	switch {
	case first.is("*"):
		return rest, true
	case first.is("nil"):
		return rest, value == nil
	case first.is("("):
		failed, ok := value.(*rediscluster.Error)
		return rest[4:], ok && isError(rest[:3], failed)
	case first.is("["):
		list, ok := value.([]any)
		for _, element := range list {
			if rest[0].is("]") {
				return rest, false
			}
			var same bool
			if rest, same = matches(rest, element); !same {
				return rest, false
			}
		}
		return rest[1:], ok && rest[0].is("]")
	case !first.quoted && strings.HasPrefix(first.text, ">="):
		least, err := strconv.ParseInt(first.text[2:], 10, 64)
		number, ok := value.(int64)
		return rest, err == nil && ok && number >= least
	case !first.quoted && len(first.text) > 1 && first.text[0] == ':':
		exact, err := strconv.ParseInt(first.text[1:], 10, 64)
		return rest, err == nil && value == exact
	case !first.quoted && len(first.text) > 1 && first.text[0] == '+':
		return rest, value == first.text[1:]
	}
	return rest, value == first.text
}
