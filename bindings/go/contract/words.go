package main

import (
	"fmt"
	"strconv"
	"strings"
)

// word of a line. A quoted one is no mark.
type word struct {
	text   string
	quoted bool
}

func (w word) is(mark string) bool { return !w.quoted && w.text == mark }

func texts(words []word) []any {
	all := make([]any, len(words))
	for i, w := range words {
		all[i] = w.text
	}
	return all
}

func substitute(line string, variables map[string]string) string {
	for name, value := range variables {
		line = strings.ReplaceAll(line, "${"+name+"}", value)
	}
	return line
}

func split(line string) ([]word, error) {
	var words []word
	for {
		line = strings.TrimLeft(line, " ")
		switch {
		case line == "":
			return words, nil
		case line[0] == '"':
			text, rest, err := unquote(line[1:])
			if err != nil {
				return nil, err
			}
			words = append(words, word{text, true})
			line = rest
		default:
			end := strings.IndexByte(line, ' ')
			if end < 0 {
				end = len(line)
			}
			text, err := repeated(line[:end])
			if err != nil {
				return nil, err
			}
			words = append(words, text)
			line = line[end:]
		}
	}
}

// repeated makes ~3:ab ababab, which is no mark.
func repeated(text string) (word, error) {
	colon := strings.IndexByte(text, ':')
	if text[0] != '~' || colon < 0 {
		return word{text, false}, nil
	}
	count, err := strconv.Atoi(text[1:colon])
	if err != nil {
		return word{}, err
	}
	return word{strings.Repeat(text[colon+1:], count), true}, nil
}

func unquote(from string) (text, rest string, err error) {
	var to []byte
	for i := 0; i < len(from); i++ {
		switch {
		case from[i] == '"':
			return string(to), from[i+1:], nil
		case from[i] != '\\' || i+1 == len(from):
			to = append(to, from[i])
		case from[i+1] == 'x' && i+3 < len(from):
			value, err := strconv.ParseUint(from[i+2:i+4], 16, 8)
			if err != nil {
				return "", "", err
			}
			to = append(to, byte(value))
			i += 3
		default:
			i++
			at := strings.IndexByte(`nrt\"`, from[i])
			if at < 0 {
				return "", "", fmt.Errorf("no such escape: \\%c", from[i])
			}
			to = append(to, "\n\r\t\\\""[at])
		}
	}
	return "", "", fmt.Errorf("a quote does not end: %.60s", from)
}
