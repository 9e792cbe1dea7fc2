// Fake cluster nodes that follow a text script: for what a real server does rarely or never.
//
//   scripted_net *net = scripted_net_start(
//       "a", "ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-8191 a 8192-16383 b\n"
//            "EXPECT GET k\n"
//            "REPLY -MOVED 12182 127.0.0.1:${port:b}\n",
//       "b", "EXPECT GET k\n"
//            "BULK value\n",
//       NULL);
//   ... connect to scripted_net_port(net, "a") ...
//   assert_true(scripted_net_passed(net));
//
// All connections of a node are served at the same time and share its script: an EXPECT takes the next
// command from whichever connection, and what follows it happens on that connection. A command that
// fits neither the script's next EXPECT nor an ALWAYS rule fails the node: it closes everything, and the
// net tells "expected GET k, got SET k". A script must have come to its end when the net is finished.
//
// One verb a line; '#' starts a comment line. ${port} and ${port:NAME} stand for the ports of this node
// and of the node NAME. Raw text knows \r \n \t \0 \\ \" \xHH.
//
//   EXPECT cmd arg ..    the next command; its name in any case, `*` any one argument, `...` any rest,
//                        "quoted" words take spaces, escapes, and a `*` as it is
//   EXPECT_SAME cmd ..   the same, and it must come on the connection of the step before
//   EXPECT_OTHER cmd ..  the same, and it must not come on the connection of the step before
//   ACCEPT               a new connection must come before any further command of the script
//   ALWAYS EXPECT cmd .. -> action ; action ..
//                        from here on a standing answer that takes no step of the script; replaces the
//                        rule with the same pattern. No action: the command is swallowed. `SEND` and
//                        `REPLY` may stand without the arrow. Where an EXPECT fits too, the EXPECT wins.
//                        PING is answered so from the start. The PING with a word that ends a handshake is
//                        too, and does not count, where no line names PING.
//   REPEAT n .. END      the lines between, n times
//
// Actions, on the connection of the last EXPECT or ACCEPT:
//   SEND raw             these bytes
//   REPLY line           the line and \r\n:  REPLY +OK   REPLY :1   REPLY $-1
//   BULK raw             as a bulk string
//   ECHO                 the last word of the command as a bulk string
//   QUOTE                says that the command, of one word, is not known
//   SLOTS 0-99 a,b 100 c a reply to CLUSTER SLOTS: each range with its primary, replicas after commas. Their
//                        host is told as 127.0.0.1, or as in name.test=b
//   DRIP n ms raw        these bytes, n at a time, with a pause of ms after each
//   SLEEP ms             a pause of the script
//   CLOSE   RST          closes the connection, politely or by reset
//   HALFCLOSE            sends nothing more, but reads on
//   SILENCE              reads and says nothing on this connection any more, as a frozen server does;
//                        before the first EXPECT or ACCEPT: on all connections
// Actions on the node:
//   REFUSE   LISTEN      closes the listening socket; opens it again on the same port
//   BLACKHOLE            lets further connection attempts hang
//
// With RC_TEST_TRACE=1 in the environment the nodes tell on stderr what they see and do.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

typedef struct scripted_net scripted_net;

// Name and script of each node, then NULL. All listen when this returns. NULL, with the reason on stderr,
// for a script with a mistake.
//
// A node listens on a free port of 127.0.0.1. "b@127.0.0.2" and "b@::1" name another address, "b@127.0.0.2=a"
// also the port: that of a node before it. Scripts and functions call it b.
scripted_net* scripted_net_start(const char* name, const char* script, ...);

int scripted_net_port(const scripted_net* net, const char* name);  // 0 for an unknown name
const char* scripted_net_address(const scripted_net* net,
                                 const char* name);  // "127.0.0.1:40123", "[::1]:40123"

// Whether this machine has ::1.
int scripted_net_has_ipv6(void);

// How many commands came that fit the pattern, which need not be complete: "CLUSTER SLOTS", "GET", "GET k".
int scripted_net_count(const scripted_net* net, const char* name, const char* pattern);

// How many connections were accepted.
int scripted_net_connections(const scripted_net* net, const char* name);

// Whether the node's script is at its end (or has failed).
int scripted_net_done(const scripted_net* net, const char* name);

// Gives the scripts a moment (1 s) to come to their ends, stops the nodes, and returns what went wrong
// first, or NULL. The text lives as long as the net; counts can still be asked.
const char* scripted_net_finish(scripted_net* net);

void scripted_net_free(scripted_net* net);  // stops without judging; takes NULL

// Finish, the error on stderr, free: 1 when all went as scripted.
int scripted_net_passed(scripted_net* net);

#ifdef __cplusplus
}
#endif
