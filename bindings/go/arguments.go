package rediscluster

import (
	"encoding/binary"
	"reflect"
	"strconv"
)

// Command is a command and its arguments: Command{"SET", "k", 5}.
type Command []any

// appendText appends an argument that is text.
func appendText(to []byte, text string) []byte {
	to = binary.LittleEndian.AppendUint64(to, uint64(len(text)))
	return append(to, text...)
}

// appendArgument appends an argument; false for a value that cannot be one.
func appendArgument(to []byte, value any) ([]byte, bool) {
	switch v := value.(type) {
	case string:
		return appendText(to, v), true
	case []byte:
		to = binary.LittleEndian.AppendUint64(to, uint64(len(v)))
		return append(to, v...), true
	case int:
		return appendInteger(to, int64(v)), true
	case int64:
		return appendInteger(to, v), true
	}
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.String:
		return appendText(to, v.String()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return appendInteger(to, v.Int()), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return appendText(to, strconv.FormatUint(v.Uint(), 10)), true
	case reflect.Float32:
		return appendText(to, strconv.FormatFloat(v.Float(), 'g', -1, 32)), true
	case reflect.Float64:
		return appendText(to, strconv.FormatFloat(v.Float(), 'g', -1, 64)), true
	case reflect.Bool:
		if v.Bool() {
			return appendText(to, "1"), true
		}
		return appendText(to, "0"), true
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return appendText(to, string(v.Bytes())), true
		}
	}
	return to, false
}

func appendInteger(to []byte, number int64) []byte {
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], number, 10)
	to = binary.LittleEndian.AppendUint64(to, uint64(len(text)))
	return append(to, text...)
}

func appendArguments(to []byte, args []any) ([]byte, error) {
	ok := true
	for i, arg := range args {
		if to, ok = appendArgument(to, arg); !ok {
			return to, unusable(i, arg)
		}
	}
	return to, nil
}

func unusable(i int, arg any) *Error {
	kind := "nil"
	if arg != nil {
		kind = reflect.TypeOf(arg).String()
	}
	return failure(ErrInvalidArgument, "argument %d is a %s: give a string, bytes or a number", i, kind)
}

func appendCommands(to []byte, commands []Command) ([]byte, error) {
	var err error
	for _, command := range commands {
		to = binary.LittleEndian.AppendUint32(to, uint32(len(command)))
		if to, err = appendArguments(to, command); err != nil {
			return to, err
		}
	}
	return to, nil
}
