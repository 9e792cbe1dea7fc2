package rediscluster

import (
	"errors"
	"fmt"
	"strconv"
)

// Wanted are the types that [As] converts to.
type Wanted interface {
	string | []byte | int | int64 | float64 | bool | []string | []any | map[string]string
}

// As converts what a call returned to the type that is expected. Texts of digits become numbers, lists of pairs
// maps. A reply of nil becomes the zero value; so does what cannot be converted, with an error.
//
//	n, err := rediscluster.As[int64](c.Do(ctx, "INCR", "n"))
//	h, err := rediscluster.As[map[string]string](c.Do(ctx, "HGETALL", "h"))
func As[T Wanted](reply any, err error) (T, error) {
	var result T
	if err != nil || reply == nil {
		return result, err
	}
	if failed, ok := reply.(*Error); ok {
		return result, failed
	}
	if as, ok := reply.(T); ok {
		return as, nil
	}
	switch to := any(&result).(type) {
	case *string:
		*to, err = asString(reply)
	case *[]byte:
		var text string
		text, err = asString(reply)
		*to = []byte(text)
	case *int64:
		*to, err = asInteger(reply)
	case *int:
		var number int64
		number, err = asInteger(reply)
		*to = int(number)
	case *float64:
		var text string
		if text, err = asString(reply); err == nil {
			if *to, err = strconv.ParseFloat(text, 64); err != nil {
				err = errNoNumber // strconv's would show the value
			}
		}
	case *bool:
		var number int64
		number, err = asInteger(reply)
		*to = number != 0
	case *[]string:
		*to, err = asStrings(reply)
	case *map[string]string:
		*to, err = asStringMap(reply)
	default:
		err = fmt.Errorf("rediscluster: the reply is a %T, not a %T", reply, result)
	}
	return result, err
}

var errNoNumber = errors.New("rediscluster: the reply is no such number")

func asString(reply any) (string, error) {
	switch v := reply.(type) {
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case fmt.Stringer: // *big.Int
		return v.String(), nil
	case error:
		return "", v
	}
	return "", fmt.Errorf("rediscluster: the reply is a %T, not a text", reply)
}

func asInteger(reply any) (int64, error) {
	switch v := reply.(type) {
	case int64:
		return v, nil
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	}
	text, err := asString(reply)
	if err != nil {
		return 0, err
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errNoNumber
	}
	return number, nil
}

func asStrings(reply any) ([]string, error) {
	list, ok := reply.([]any)
	if !ok {
		return nil, fmt.Errorf("rediscluster: the reply is a %T, not a list", reply)
	}
	texts := make([]string, len(list))
	for i, element := range list {
		if element == nil {
			continue
		}
		text, err := asString(element)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	return texts, nil
}

func asStringMap(reply any) (map[string]string, error) {
	if made, ok := reply.(map[any]any); ok {
		pairs := make([]any, 0, 2*len(made))
		for key, value := range made {
			pairs = append(pairs, key, value)
		}
		reply = pairs
	}
	texts, err := asStrings(reply)
	if err != nil {
		return nil, err
	}
	if len(texts)%2 != 0 {
		return nil, fmt.Errorf("rediscluster: a list of %d is no map", len(texts))
	}
	made := make(map[string]string, len(texts)/2)
	for i := 0; i < len(texts); i += 2 {
		made[texts[i]] = texts[i+1]
	}
	return made, nil
}
