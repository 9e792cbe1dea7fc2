package rediscluster_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	rediscluster "github.com/rediscluster/rediscluster/bindings/go"
)

func control(t testing.TB, line string) string {
	t.Helper()
	connection, err := net.Dial("unix", os.Getenv("RC_TEST_CONTROL"))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprintln(connection, line)
	answer, _ := bufio.NewReader(connection).ReadString('\n')
	if !strings.HasPrefix(answer, "ok") {
		t.Fatal(answer)
	}
	return strings.TrimSpace(answer[2:])
}

func TestCredentialsAreAskedAtEachConnect(t *testing.T) {
	node := control(t, `script "ALWAYS EXPECT AUTH ann one -> REPLY +OK\nALWAYS EXPECT AUTH two -> REPLY +OK\n`+
		`ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\n"`)
	var mutex sync.Mutex
	var asked []string
	c, err := rediscluster.Open(ctx, rediscluster.Options{Nodes: []string{node},
		Credentials: func(host string, port int) (string, string, error) {
			mutex.Lock()
			defer mutex.Unlock()
			asked = append(asked, fmt.Sprintf("%s:%d", host, port))
			if len(asked) == 1 {
				return "ann", "one", nil
			}
			return "", "two", nil
		}})
	equal(t, err, nil)
	defer c.Close()
	equal(t, asked[0], node)
	info, _ := c.Info()
	equal(t, info.SlotsCovered, 16384)
}

func TestWhyThereAreNoCredentialsIsInTheError(t *testing.T) {
	for text, function := range map[string]func(string, int) (string, string, error){
		"the vault is sealed": func(string, int) (string, string, error) { return "", "", errors.New("the vault is sealed") },
		"panic: mine":         func(string, int) (string, string, error) { panic("mine") },
		"has a NUL in it":     func(string, int) (string, string, error) { return "", "a\x00b", nil },
	} {
		_, err := rediscluster.Open(ctx, rediscluster.Options{Nodes: nodes(t), Credentials: function})
		fails(t, err, rediscluster.ErrAuth, rediscluster.NotSent)
		if !strings.Contains(err.Error(), text) {
			t.Error(err)
		}
	}
}

func TestFunctionsLiveAsLongAsTheCluster(t *testing.T) {
	c := open(t, func(o *rediscluster.Options) {
		o.Name = "go.functions"
		o.Credentials = func(string, int) (string, string, error) { return "", "", nil }
	})
	found := rediscluster.Find("go.functions")
	c = nil
	_ = c
	runtime.GC()
	for i := 0; i < 20; i++ {
		do(t, found, "SET", fmt.Sprint("k", i), i)
	}
	found.Close()
}

func TestLog(t *testing.T) {
	var mutex sync.Mutex
	said := ""
	open(t, func(o *rediscluster.Options) {
		o.Log = func(level rediscluster.LogLevel, line string) {
			mutex.Lock()
			defer mutex.Unlock()
			said += fmt.Sprintln(level, line)
		}
	})
	if !strings.Contains(said, "3 opened: 6 nodes") || strings.Contains("\n"+said, "\n4 ") {
		t.Error(said)
	}
}

func TestAttempts(t *testing.T) {
	var attempts []rediscluster.Attempt
	c := open(t, func(o *rediscluster.Options) {
		o.OnAttempt = func(attempt rediscluster.Attempt) { attempts = append(attempts, attempt) }
	})
	k := key(t, c, "k")
	do(t, c, "SET", k, "text")
	_, err := c.Do(ctx, "INCR", k)
	fails(t, err, rediscluster.ErrServer, rediscluster.Executed)
	set, incr := attempts[len(attempts)-2], attempts[len(attempts)-1]
	equal(t, []any{set.Command, set.Number, set.Code, set.ServerCode}, []any{"SET", 1, rediscluster.Code(0), ""})
	equal(t, []any{incr.Command, incr.Code, incr.ServerCode, incr.Outcome},
		[]any{"INCR", rediscluster.ErrServer, "ERR", rediscluster.Executed})
	if incr.Duration <= 0 || !strings.Contains(os.Getenv("RC_TEST_NODES"), fmt.Sprintf("%s:%d", incr.Host, incr.Port)) {
		t.Error(incr)
	}
}

func TestExplain(t *testing.T) {
	c := open(t)
	told, err := c.Explain(ctx, "BLPOP", "{k}1", "{k}2", 0)
	equal(t, err, nil)
	equal(t, []any{told.Keys, told.Slot, told.ReadOnly, told.MayBlock},
		[]any{[]string{"{k}1", "{k}2"}, rediscluster.KeySlot("k"), false, true})
	if told.Node == "" || !strings.Contains(told.Text, told.Node) {
		t.Error(told)
	}
	told, err = c.With(rediscluster.CallOptions{ReadFrom: rediscluster.ReadReplica}).Explain(ctx, "GET", "k")
	equal(t, []any{told.ReadOnly, err}, []any{true, nil})
	told, _ = c.Explain(ctx, "PING")
	equal(t, told.Slot, -1)
	told, _ = c.Explain(ctx, "SUBSCRIBE", "news")
	equal(t, told.Node, "")
}

func TestAddressMap(t *testing.T) {
	c := open(t, func(o *rediscluster.Options) {
		o.AddressMap = map[string]string{"10.0.0.1:7000": o.Nodes[0]}
		o.Nodes = []string{"10.0.0.1:7000"}
	})
	equal(t, do(t, c, "ECHO", "on"), "on")
}

func TestANumberedDatabase(t *testing.T) {
	for number, expected := range map[int]rediscluster.Code{1: rediscluster.ErrUnsupported, -1: rediscluster.ErrInvalidArgument} {
		_, err := rediscluster.Open(ctx, rediscluster.Options{Nodes: nodes(t), Database: number})
		fails(t, err, expected, rediscluster.NotSent)
		if !strings.Contains(strings.ToLower(err.Error()), "database") {
			t.Error(number, err)
		}
	}
}

func TestOptionsOfConnectionsThatAreWrong(t *testing.T) {
	for name, change := range map[string]func(*rediscluster.Options){
		"read from":   func(o *rediscluster.Options) { o.ReadFrom = 9 },
		"version":     func(o *rediscluster.Options) { o.TLSMinVersion = tls.VersionTLS11 },
		"protocol":    func(o *rediscluster.Options) { o.Protocol = 4 },
		"certificate": func(o *rediscluster.Options) { o.TLSCertificate = "c.pem" },
		"map":         func(o *rediscluster.Options) { o.AddressMap = map[string]string{"h": "h:1"} },
		"mapped port": func(o *rediscluster.Options) { o.AddressMap = map[string]string{"h:1": "h:x"} },
		"log level":   func(o *rediscluster.Options) { o.Log, o.LogLevel = func(rediscluster.LogLevel, string) {}, 9 },
		"url":         func(o *rediscluster.Options) { o.URL = "redis://h/?read_from=nearest" },
	} {
		options := rediscluster.Options{Nodes: nodes(t)}
		change(&options)
		_, err := rediscluster.Open(ctx, options)
		if !errors.Is(err, rediscluster.ErrInvalidArgument) {
			t.Error(name, err)
		}
	}
	_, err := open(t).With(rediscluster.CallOptions{ReadFrom: 9}).Do(ctx, "GET", "k")
	fails(t, err, rediscluster.ErrInvalidArgument, rediscluster.NotSent)
}

func TestTLS(t *testing.T) {
	_, err := rediscluster.Open(ctx, rediscluster.Options{Nodes: nodes(t), TLSCAFile: "/nowhere/ca.pem", Timeout: 5 * time.Second})
	fails(t, err, rediscluster.ErrTLS, rediscluster.NotSent)
}

func TestRepliesOfProtocol3(t *testing.T) {
	c, err := rediscluster.Open(ctx, rediscluster.Options{Nodes: nodes(t), Protocol: 3})
	if errors.Is(err, rediscluster.ErrUnsupported) {
		t.Skip(err)
	}
	equal(t, err, nil)
	defer c.Close()
	large, _ := new(big.Int).SetString("12345678901234567890", 10)
	for script, value := range map[string]any{
		"{double=1.5}":                        1.5,
		"true":                                true,
		"false":                               false,
		"{big_number='12345678901234567890'}": large,
		"{map={a=1}}":                         map[any]any{"a": int64(1)},
		"{set={a=true}}":                      []any{"a"},
		"{verbatim_string={format='txt', string='x'}}": "x",
	} {
		equal(t, do(t, c, "EVAL", "redis.setresp(3); return "+script, 0), value)
	}
	equal(t, do(t, c, "GET", "missing"), nil)
}
