/*
 * rediscluster: a client library for Redis Cluster. This is its whole public interface.
 *
 * Rules that hold for every function below:
 *
 *  1. Every type is an opaque handle. Signatures use int, int64_t, uint64_t, size_t, double, char pointers
 *     and handles only. rc_commandf is the one function with variable arguments.
 *  2. A function that makes something returns it, or NULL when it failed. Other functions that can fail
 *     return RC_OK or an RC_ERR_* code. The last parameter is `rc_error **error`, which may be NULL. On
 *     failure *error becomes a new object that the caller frees by rc_error_free; on success it is left as
 *     it was. There is no "last error" kept anywhere. Running out of memory sets an error like any other
 *     failure.
 *  3. What _new, _open, _find and an operation return belongs to the caller, who ends it by the _free
 *     function of its type. A pointer to const that a function returns is borrowed: it lives as long as the
 *     object it was asked of, and is not freed. Every _free function takes NULL.
 *  4. Bytes are a `const char *` and a `size_t`. Arguments are copied before the function returns. Where an
 *     array of lengths is NULL, the strings end with a NUL. Bytes that are returned have one more byte, a
 *     NUL, behind their end.
 *  5. rc_cluster, and all that is called with it, is thread-safe. Any other handle is used by one thread at
 *     a time. Each comment below says which: "Thread-safe" or "One thread at a time".
 *  6. A callback runs on the thread that made the call, gets its `void *user_data` as the last parameter,
 *     and may call any function on the same cluster. No exception, panic, longjmp or pthread_exit may
 *     leave it.
 *  7. Values of codes and types never change. Later versions may add new ones: expect values you do not
 *     know.
 *  8. An accessor that is asked of NULL, of an object of another type, or of an index that is not there
 *     answers NULL, 0 or 0.0. It never crashes.
 *  9. The library writes nothing to stdout or stderr, and changes no signal handler, no locale and no other
 *     state of the process.
 * 10. After fork() the child may go on with a cluster: it opens connections of its own, and nothing of the
 *     parent's is touched. Of a transaction whose callback forked, the child gets RC_ERR_ABORTED.
 * 11. A thread that is cancelled (pthread_cancel, of the deferred type) in a call, callbacks included, ends
 *     after the call, which rc_cancel_fire ends sooner. A call needs at most 16 KiB of its thread's stack,
 *     24 KiB with TLS. Calls may also be made while the process ends: from atexit, and from destructors.
 */
#ifndef REDISCLUSTER_REDISCLUSTER_H
#define REDISCLUSTER_REDISCLUSTER_H

#include <stddef.h>
#include <stdint.h>

#ifndef RC_API
#if defined(__GNUC__)
#define RC_API __attribute__((visibility("default")))
#else
#define RC_API
#endif
#endif

/* The version of this header; rc_version tells that of the library. */
#define RC_VERSION_MAJOR 1
#define RC_VERSION_MINOR 0
#define RC_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* ---- codes ---- */

#define RC_OK 0
#define RC_ERR_INVALID_ARGUMENT 1 /* the caller's mistake: the message says which argument */
#define RC_ERR_NO_MEMORY 2        /* an allocation failed */
#define RC_ERR_CONNECT 3       /* no connection to a node: refused, unreachable, or its name is not known */
#define RC_ERR_AUTH 4          /* the server does not accept the user or the password */
#define RC_ERR_TLS 5           /* the encrypted connection could not be made or trusted */
#define RC_ERR_TIMEOUT 6       /* the call's time was up */
#define RC_ERR_IO 7            /* a connection broke during the call */
#define RC_ERR_PROTOCOL 8      /* the server sent what no Redis server sends */
#define RC_ERR_SERVER 9        /* the server's answer is an error: rc_error_server_code has its first word */
#define RC_ERR_CROSS_SLOT 10   /* the keys of one command or transaction lie in several slots */
#define RC_ERR_NO_KEYS 11      /* a watch without keys */
#define RC_ERR_EMPTY 12        /* a transaction without commands */
#define RC_ERR_CLUSTER_DOWN 13 /* the cluster does not serve the slot */
#define RC_ERR_TOO_MANY_REDIRECTS 14 /* more redirects in a row than rc_options_set_max_redirects allows */
#define RC_ERR_WATCH_CONFLICT 15     /* a watched key changed, each time it was tried */
#define RC_ERR_ABORTED 16            /* the watch callback did not return RC_WATCH_EXECUTE */
#define RC_ERR_CALLBACK 17           /* never made by the library: bindings use it for a failed callback */
#define RC_ERR_CLOSED 18             /* the cluster was closed before or during the call */
#define RC_ERR_BUSY 19               /* too many bytes wait for the node */
#define RC_ERR_UNSUPPORTED 20        /* not offered by this version of the library, or by the server */
#define RC_ERR_INTERNAL 21           /* a defect of the library: please report it */
#define RC_ERR_CANCELLED 22          /* the call was ended by rc_cancel_fire */
#define RC_ERR_PARTIAL 23 /* an operation over several nodes succeeded in part: rc_error_part_* tell which \
                           */

/* What a callback of rc_watch_transaction returns to have its commands executed. */
#define RC_WATCH_EXECUTE 100

/* What became of the command that a call failed with. */
#define RC_OUTCOME_NOT_SENT 0 /* no server can have seen it */
#define RC_OUTCOME_REFUSED 1  /* a server answered that it did not execute it */
#define RC_OUTCOME_EXECUTED 2 /* a server executed it and answered with an error */
#define RC_OUTCOME_UNKNOWN 3  /* sent, in part or whole, and no reply tells whether it was executed */

/* Types of replies. */
#define RC_REPLY_NIL 0
#define RC_REPLY_STATUS 1 /* text such as "OK" */
#define RC_REPLY_STRING 2 /* bytes */
#define RC_REPLY_INTEGER 3
#define RC_REPLY_ARRAY 4
#define RC_REPLY_ERROR 5  /* an element of a larger reply that is an error: see rc_reply_error */
#define RC_REPLY_DOUBLE 6 /* this and what follows come from servers that speak RESP3 only */
#define RC_REPLY_BOOL 7   /* rc_reply_integer is 0 or 1 */
#define RC_REPLY_MAP 8    /* elements are key, value, key, value, ... */
#define RC_REPLY_SET 9
#define RC_REPLY_PUSH 10
#define RC_REPLY_BIG_NUMBER 11 /* decimal digits, as text */
#define RC_REPLY_VERBATIM 12   /* text */

/* Where commands that only read may go (rc_options_set_read_from). */
#define RC_READ_PRIMARY 0        /* the primary of the slot */
#define RC_READ_PREFER_REPLICA 1 /* one of its replicas in turn, the primary if none can be reached */
#define RC_READ_REPLICA 2        /* replicas only: without one the call fails with RC_ERR_CLUSTER_DOWN */
#define RC_READ_ROUND_ROBIN 3    /* the primary and its replicas in turn */
#define RC_READ_LOWEST_LATENCY 4 /* of these the one that answers soonest */
#define RC_READ_SAME_ZONE 5      /* of these one in rc_options_set_zone; if none is, as PREFER_REPLICA */

/* Where commands go that have no keys (rc_call_options_set_route). */
#define RC_ROUTE_AUTO 0      /* as the command means it: to one node, or to all that it speaks of */
#define RC_ROUTE_ONE 1       /* one primary, any */
#define RC_ROUTE_PRIMARIES 2 /* every primary that owns slots */
#define RC_ROUTE_NODES 3     /* every node, replicas too */

/* What the replies of several nodes become (rc_call_options_set_combine). */
#define RC_COMBINE_AUTO 0    /* one reply, made as the command means it */
#define RC_COMBINE_BY_NODE 1 /* an RC_REPLY_MAP: "host:port", that node's reply or error, ... */

/* Versions of TLS. */
#define RC_TLS_1_2 12
#define RC_TLS_1_3 13

/* Levels of the log. */
#define RC_LOG_ERROR 1
#define RC_LOG_WARNING 2 /* a connection that failed */
#define RC_LOG_INFO 3    /* a connection that was made, a command that was sent again */
#define RC_LOG_DEBUG 4   /* redirects, and the layout that was told */

/* ---- handles ---- */

typedef struct rc_error rc_error;               /* how a call failed */
typedef struct rc_options rc_options;           /* what a cluster is opened with */
typedef struct rc_cluster rc_cluster;           /* a reference to an open cluster */
typedef struct rc_info rc_info;                 /* what the client knew of its cluster at one moment */
typedef struct rc_call_options rc_call_options; /* what is different for one call */
typedef struct rc_cancel rc_cancel;             /* ends calls from outside */
typedef struct rc_commands rc_commands;         /* a list of commands */
typedef struct rc_scan rc_scan;                 /* a walk over all keys */
typedef struct rc_script rc_script;             /* a script that servers keep */
typedef struct rc_watch rc_watch;               /* a watch session, for the time of its callback */
typedef struct rc_reply rc_reply;               /* a reply, or an element of one */
typedef struct rc_explanation rc_explanation;   /* where a command would go */
typedef struct rc_credentials rc_credentials;   /* what rc_credentials_fn gives */
typedef struct rc_address rc_address;           /* what rc_address_map_fn gives */
typedef struct rc_attempt rc_attempt;           /* an attempt that has ended, for rc_attempt_fn */
typedef struct rc_queue_options rc_queue_options; /* what a queue is made with */
typedef struct rc_queue rc_queue;               /* calls that nobody waits for */
typedef struct rc_completions rc_completions;   /* calls of a queue that have ended */
typedef struct rc_subscription rc_subscription; /* names whose messages are wanted */
typedef struct rc_event rc_event;               /* what a subscription tells */

/* ---- library ---- */

/*
 * The version of the library, "1.0.0". The text is static.
 * Thread-safe. Since 1.0.0.
 */
RC_API const char* rc_version(void);

/* ---- errors ---- */

/*
 * The RC_ERR_* code; RC_OK for NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_error_code(const rc_error* error);

/*
 * What failed, where, and what to do about it, in English. Holds no password and no value of a key. Never
 * NULL; empty for NULL only.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_error_message(const rc_error* error);

/*
 * The first word of a server's error, such as "WRONGTYPE". NULL where the error is not a server's.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_error_server_code(const rc_error* error);

/*
 * What became of the command: an RC_OUTCOME_* value. The library itself sends a command again only where
 * that cannot execute a write twice, so RC_OUTCOME_UNKNOWN asks the caller for a decision.
 * It is also the outcome of RC_ERR_SERVER where a script, a function or a module's command answers in words
 * with which a server would refuse it, and the server itself does not: nobody knows who wrote them.
 * RC_OUTCOME_NOT_SENT for NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_error_outcome(const rc_error* error);

/*
 * The name of a code: "RC_ERR_TIMEOUT" for RC_ERR_TIMEOUT, "RC_ERR_UNKNOWN_CODE" for a value that is none.
 * The text is static.
 * Thread-safe. Since 1.0.0.
 */
RC_API const char* rc_error_name(int code);

/*
 * The name of an outcome: "RC_OUTCOME_UNKNOWN" for RC_OUTCOME_UNKNOWN, "RC_OUTCOME_UNKNOWN_VALUE" for a
 * value that is none. The text is static.
 * Thread-safe. Since 1.0.0.
 */
RC_API const char* rc_outcome_name(int outcome);

/*
 * The number of parts of an RC_ERR_PARTIAL, those that succeeded included; 0 for every other error. A part is
 * what one node was sent for the keys of one slot or, of a command without keys, what one node was sent.
 * One thread at a time, as all that follow. Since 1.0.0.
 */
RC_API size_t rc_error_part_count(const rc_error* error);

/*
 * The node that part i was sent to last, as "host:port"; "" if it could be sent to none. NULL for a part that
 * is not there.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_error_part_node(const rc_error* error, size_t i);

/*
 * The number of keys of part i, 0 for a command without keys.
 * One thread at a time. Since 1.0.0.
 */
RC_API size_t rc_error_part_key_count(const rc_error* error, size_t i);

/*
 * Which argument of the command key k of part i is: its index in argv, where the name is 0. 0 for a key that
 * is not there.
 * One thread at a time. Since 1.0.0.
 */
RC_API size_t rc_error_part_key(const rc_error* error, size_t i, size_t k);

/*
 * What part i was answered with, borrowed from the error; NULL for a part that failed.
 * One thread at a time. Since 1.0.0.
 */
RC_API const rc_reply* rc_error_part_reply(const rc_error* error, size_t i);

/*
 * Why part i failed, with its own outcome, borrowed from the error; NULL for a part that was answered.
 * One thread at a time. Since 1.0.0.
 */
RC_API const rc_error* rc_error_part_error(const rc_error* error, size_t i);

/*
 * Frees an error that a function has set. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_error_free(rc_error* error);

/* ---- options ---- */

/*
 * Options with every default and no node.
 * The caller frees them by rc_options_free. NULL when out of memory.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_options* rc_options_new(void);

/*
 * Options from a URL:
 *
 *   redis://[user[:password]@]host[:port][,host[:port]...][/database][?name=value[&name=value...]]
 *
 * - The scheme: redis:// or valkey://; rediss:// or valkeys:// turn TLS on.
 * - A host is a name, an IPv4 address, or an IPv6 address in brackets. The default port is 6379.
 * - A password without a user (":password@") is the default user's.
 * - The database is a number, 0 where it is left out.
 * - The names are those of the setters below, each at most once: timeout_ms, connect_timeout_ms,
 *   max_redirects, watch_retries, refresh_interval_ms, protocol, name, zone, read_from (primary,
 *   prefer_replica, replica, round_robin, lowest_latency or same_zone), tls_verify (0 or 1), tls_ca_file,
 *   tls_ca_dir, tls_certificate_file with tls_key_file, tls_key_password, tls_server_name, tls_min_version
 *   (1.2 or 1.3). Any of the tls_ names but tls_verify turns TLS on.
 * - Any number of times: mapped_address=announced:port=host:port (rc_options_add_mapped_address).
 * - In user, password, host and texts %41 is the byte 0x41: write % , : / ? # @ and spaces that way; a + is a
 *   plus sign.
 *
 * The caller frees the options by rc_options_free. NULL on failure:
 * - RC_ERR_INVALID_ARGUMENT: a URL of another form. The message says at which character, and shows nothing of
 *   user or password.
 * - RC_ERR_UNSUPPORTED: the library cannot do what is asked for (it was built without TLS).
 * - RC_ERR_NO_MEMORY.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_options* rc_options_from_url(const char* url, rc_error** error);

/*
 * Adds a node to ask for the cluster's layout (a seed): any node of the cluster will do, several are
 * better.
 * host: a name, an IPv4 or an IPv6 address (without brackets). port: 1 to 65535.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY, and in the last two cases adds nothing.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_add_node(rc_options* options, const char* host, int port, rc_error** error);

/*
 * The same for "host:port", "[::1]:7000" or "host", which has port 6379.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_add_address(rc_options* options, const char* host_port, rc_error** error);

/*
 * The password that is sent to every node; "" for none, which is the default.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_password(rc_options* options, const char* password, rc_error** error);

/*
 * The user whose password that is, or who has none; "" for the server's default user, which is the default.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_username(rc_options* options, const char* username, rc_error** error);

/*
 * A name by which rc_cluster_find finds the open cluster: printable ASCII without spaces; "" for none, which
 * is the default. Several clusters may have the same name.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_name(rc_options* options, const char* name, rc_error** error);

/*
 * How long a call may take as a whole, in milliseconds: connections, redirects and everything sent again
 * included. At least 1; default 5000.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_timeout_ms(rc_options* options, int timeout_ms, rc_error** error);

/*
 * How long one attempt to connect to one node may take, in milliseconds, within the time of the call. At
 * least 1; default 2000.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_connect_timeout_ms(rc_options* options, int timeout_ms, rc_error** error);

/*
 * How many redirects (MOVED, ASK) in a row a call follows. At least 0; default 5.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_max_redirects(rc_options* options, int count, rc_error** error);

/*
 * How often rc_watch_transaction starts again after a watched key has changed. At least 0; default 3.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_watch_retries(rc_options* options, int count, rc_error** error);

/*
 * After how many milliseconds a handle that has had no reason to asks the nodes again how the slots are
 * spread, as new replicas and a node that was cut off give it none. At least 0; default 60000; 0: never. The
 * next call after that time, or up to a quarter of it sooner, sends the question in passing; no call waits
 * for the answer.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_refresh_interval_ms(rc_options* options, int ms, rc_error** error);

/*
 * Where commands that only read may go: an RC_READ_* value; RC_READ_PRIMARY is the default. Only commands
 * that the servers mark as read-only, have keys, and are sent by rc_command or rc_pipeline go to replicas;
 * all else goes to primaries. A replica lags behind its primary, more so while the network or the replica is
 * slow: what was just written may not be there yet, and while a slot moves to another shard keys that have
 * gone ahead of it look as if they were missing. A node that fails is passed over; one call a second tries
 * it.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_read_from(rc_options* options, int from, rc_error** error);

/*
 * The availability zone of the caller, for RC_READ_SAME_ZONE; "" for none, which is the default. It is
 * compared with what a node says in INFO (availability_zone, which Valkey has since 8.0); a node that says
 * nothing is in another zone.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_zone(rc_options* options, const char* zone, rc_error** error);

/*
 * The version of the protocol: 2, the default, or 3, which has maps, sets, doubles, booleans and more types
 * in replies and needs Redis 6 or later.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_protocol(rc_options* options, int version, rc_error** error);

/*
 * The number of the database that all commands are for: 0, which is the default and the only one in most
 * clusters, or more where the servers have several (Valkey 9 and later with cluster-databases). It is chosen
 * on every connection; where a server has no such database, opening a cluster and calls fail with
 * RC_ERR_UNSUPPORTED.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_database(rc_options* options, int database, rc_error** error);

/* ---- options: TLS ---- */

/*
 * Whether connections are encrypted (yes: not 0); default no. Each setter below but rc_options_set_tls_verify
 * turns it on. Files are read when a connection is made, and again when they have changed: a new certificate
 * needs no new handle.
 * Returns RC_OK, or RC_ERR_UNSUPPORTED where the library was built without TLS.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_tls(rc_options* options, int yes, rc_error** error);

/*
 * Whether a node's certificate is verified, and that it is made out to the name or address that is connected
 * to (yes: not 0); default yes. Without it anybody on the way may read and change everything.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_tls_verify(rc_options* options, int yes, rc_error** error);

/*
 * The certificates of the authorities (CAs) that are trusted: a file in PEM form, a folder prepared by
 * "openssl rehash", or both. With neither, those that the system trusts.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT, RC_ERR_UNSUPPORTED or RC_ERR_NO_MEMORY. A file that cannot be used
 * fails the opening with RC_ERR_TLS.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_tls_ca_file(rc_options* options, const char* path, rc_error** error);
RC_API int rc_options_set_tls_ca_dir(rc_options* options, const char* path, rc_error** error);

/*
 * The certificate that the client shows, and its key, for servers that ask for one: files in PEM form.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT, RC_ERR_UNSUPPORTED or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_tls_certificate(rc_options* options, const char* cert_file, const char* key_file,
                                          rc_error** error);

/*
 * The password that the key's file is encrypted with; "" for none, which is the default.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT, RC_ERR_UNSUPPORTED or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_tls_key_password(rc_options* options, const char* password, rc_error** error);

/*
 * The name that nodes are asked for (SNI) and that their certificates must be made out to, instead of the
 * host that is connected to and the names and addresses by which the cluster knows the node.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT, RC_ERR_UNSUPPORTED or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_tls_server_name(rc_options* options, const char* name, rc_error** error);

/*
 * The oldest version of TLS that is spoken: RC_TLS_1_2, the default, or RC_TLS_1_3.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_UNSUPPORTED.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_tls_min_version(rc_options* options, int version, rc_error** error);

/* ---- options: functions that the library calls ---- */

/*
 * They run on threads that call the library, on several at once, must be thread-safe, and must live as long
 * as every cluster that was opened with them. The time they take counts against the call's timeout; nobody
 * interrupts them, so that a call ends, and a closed cluster's too, when they have returned. What they call
 * on the same cluster may use connections that are open; what needs another fails with RC_ERR_UNSUPPORTED,
 * since they cannot wait for themselves. None may free the reference that the call runs on.
 */

/*
 * Asked before each connection for the user and the password: for passwords that change and tokens that
 * expire. Gives them by rc_credentials_set and returns RC_OK. Anything else refuses the connection, and
 * calls that need it fail with RC_ERR_AUTH: so does RC_OK without rc_credentials_set, for a callback that
 * dies in another language returns 0. For the default user without a password give NULL and "".
 * host, port: the node. `credentials` lives until it returns.
 * Since 1.0.0.
 */
typedef int (*rc_credentials_fn)(const char* host, int port, rc_credentials* credentials, void* user_data);

/*
 * For rc_credentials_fn: username NULL or "" is the server's default user; password "" for none.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_credentials_set(rc_credentials* credentials, const char* username, const char* password,
                              rc_error** error);

/*
 * The function that is asked, instead of rc_options_set_username and rc_options_set_password; NULL for none.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_credentials(rc_options* options, rc_credentials_fn fn, void* user_data,
                                      rc_error** error);

/*
 * Where to connect to for a node that announces an address which does not lead there from here (NAT,
 * forwarded ports, containers): connections to host:port go to to_host:to_port. Any number may be added; of
 * two for one address the later holds. Everything else goes by what the node announces: rc_info, messages,
 * the map.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_add_mapped_address(rc_options* options, const char* host, int port, const char* to_host,
                                         int to_port, rc_error** error);

/*
 * The same by a function, asked before each connection to an address that was not added: sets another by
 * rc_address_set, or leaves it as it is, and returns RC_OK; anything else makes the node count as
 * unreachable. `address` lives until it returns.
 * Since 1.0.0.
 */
typedef int (*rc_address_map_fn)(const char* host, int port, rc_address* address, void* user_data);

/*
 * For rc_address_map_fn: host and port as for rc_options_add_node.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_address_set(rc_address* address, const char* host, int port, rc_error** error);

/*
 * The function that is asked; NULL for none.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_address_map(rc_options* options, rc_address_map_fn fn, void* user_data,
                                      rc_error** error);

/*
 * Told what happens inside: connections made and lost, commands sent again, redirects (RC_LOG_DEBUG). Holds
 * no password and no value. Lines are told in order, at the end of a call, by one of the threads that call.
 * Since 1.0.0.
 */
typedef void (*rc_log_fn)(int level, const char* message, void* user_data);

/*
 * The function that is told, up to this RC_LOG_* level; NULL for none, which costs nothing.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_log(rc_options* options, int level, rc_log_fn fn, void* user_data,
                              rc_error** error);

/*
 * Told of every attempt to have a node run a command, when it has ended: for metrics and traces. A command
 * that is redirected or sent again has several. `attempt` lives until it returns. A transaction is told as
 * EXEC; a command of a pipeline took as long as all that went to its node with it.
 * Since 1.0.0.
 */
typedef void (*rc_attempt_fn)(const rc_attempt* attempt, void* user_data);

/*
 * The function that is told; NULL for none, which costs nothing.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_options_set_attempt_hook(rc_options* options, rc_attempt_fn fn, void* user_data,
                                       rc_error** error);

/*
 * Of an attempt: the node; the command's name in capitals; how long it took, in microseconds; which attempt
 * of its command it is, from 1; RC_OK for a reply, else the RC_ERR_* code of how it failed; the first word
 * of an error that the node answered with (such as "MOVED"), or NULL; and the RC_OUTCOME_* of the command.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_attempt_host(const rc_attempt* attempt);
RC_API int rc_attempt_port(const rc_attempt* attempt);
RC_API const char* rc_attempt_command(const rc_attempt* attempt);
RC_API int64_t rc_attempt_duration_us(const rc_attempt* attempt);
RC_API int rc_attempt_number(const rc_attempt* attempt);
RC_API int rc_attempt_code(const rc_attempt* attempt);
RC_API const char* rc_attempt_server_code(const rc_attempt* attempt);
RC_API int rc_attempt_outcome(const rc_attempt* attempt);

/*
 * Frees options. Clusters opened with them do not need them any more. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_options_free(rc_options* options);

/* ---- cluster ---- */

/*
 * Opens a cluster: asks the nodes of the options until one tells the layout. The options are copied and may
 * be used for more clusters.
 * Ends when every node has failed, at the latest after the options' timeout.
 * The caller drops the reference by rc_cluster_free.
 * Fails with RC_ERR_INVALID_ARGUMENT (NULL, or no node), RC_ERR_CONNECT, RC_ERR_AUTH, RC_ERR_TIMEOUT,
 * RC_ERR_IO, RC_ERR_PROTOCOL, RC_ERR_SERVER, RC_ERR_CLUSTER_DOWN, RC_ERR_UNSUPPORTED, RC_ERR_NO_MEMORY.
 * Thread-safe, but for the options: no other thread may change them meanwhile. Since 1.0.0.
 */
RC_API rc_cluster* rc_cluster_open(const rc_options* options, rc_error** error);

/*
 * The same; the timeout and the cancel of the call options (which may be NULL) hold for the opening.
 * Fails with RC_ERR_CANCELLED too.
 * Thread-safe, but for the options: no other thread may change them meanwhile. Since 1.0.0.
 */
RC_API rc_cluster* rc_cluster_open_with(const rc_options* options, const rc_call_options* call_options,
                                        rc_error** error);

/*
 * Another reference to the cluster that was last opened under that name (rc_options_set_name) and is open;
 * NULL when there is none.
 * The caller drops it by rc_cluster_free.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_cluster* rc_cluster_find(const char* name);

/*
 * Asks the nodes for the cluster's layout now. The library does so itself whenever it has a reason to.
 * Returns RC_OK, or an error as of rc_cluster_open; RC_ERR_CLOSED.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_cluster_refresh(rc_cluster* cluster, rc_error** error);
RC_API int rc_cluster_refresh_with(rc_cluster* cluster, const rc_call_options* options, rc_error** error);

/*
 * What the client knows at this moment; no node is asked.
 * The caller frees it by rc_info_free.
 * Fails with RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_info* rc_cluster_info(rc_cluster* cluster, rc_error** error);

/*
 * Closes the cluster for all references to it. Calls under way and later ones fail with RC_ERR_CLOSED. May
 * be called more than once, from any thread, and from a callback. Takes NULL.
 * Thread-safe. Since 1.0.0.
 */
RC_API void rc_cluster_close(rc_cluster* cluster);

/*
 * Drops this reference, which must not be used by a call of another thread any more; the last one closes
 * the cluster. A watch callback may drop even the reference it runs on: its watch goes on to its end. Takes
 * NULL.
 * Thread-safe. Since 1.0.0.
 */
RC_API void rc_cluster_free(rc_cluster* cluster);

/* ---- what the client knows ---- */

/*
 * The number of known nodes, primaries first.
 * One thread at a time. Since 1.0.0.
 */
RC_API size_t rc_info_node_count(const rc_info* info);

/*
 * The name or address of node i, as it is connected to. NULL for a node that is not there.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_info_node_host(const rc_info* info, size_t i);

/*
 * The port of node i.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_info_node_port(const rc_info* info, size_t i);

/*
 * 1 when node i owns slots, 0 when it is a replica.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_info_node_is_primary(const rc_info* info, size_t i);

/*
 * 1 when a connection to node i is open.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_info_node_is_connected(const rc_info* info, size_t i);

/*
 * How many slots node i owns.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_info_node_slot_count(const rc_info* info, size_t i);

/*
 * The id of node i, 40 hexadecimal digits, by which the nodes know each other. It stays the same when the
 * address changes. "" where the server does not tell (before Redis 4), NULL for a node that is not there.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_info_node_id(const rc_info* info, size_t i);

/*
 * The index of the primary that node i replicates; -1 when it is a primary, and for a node that is not there.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_info_node_primary(const rc_info* info, size_t i);

/*
 * The slots of node i as ranges, in order, as few as there can be: how many there are, and the first and the
 * last slot of range r.
 * One thread at a time. Since 1.0.0.
 */
RC_API size_t rc_info_node_range_count(const rc_info* info, size_t i);
RC_API int rc_info_node_range_first(const rc_info* info, size_t i, size_t r);
RC_API int rc_info_node_range_last(const rc_info* info, size_t i, size_t r);

/*
 * The index of the node that owns a slot; -1 where none does, or there is no such slot.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_info_slot_owner(const rc_info* info, int slot);

/*
 * How many of the 16384 slots have an owner.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_info_slots_covered(const rc_info* info);

/*
 * The number of seeds: the nodes of the options.
 * One thread at a time. Since 1.0.0.
 */
RC_API size_t rc_info_seed_count(const rc_info* info);

/*
 * Seed i as "host:port". NULL for a seed that is not there.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_info_seed(const rc_info* info, size_t i);

/*
 * What was counted since the cluster was opened; 0 for a name that is none of these:
 *   "refreshes"  the layout was asked for
 *   "moved"      MOVED answers
 *   "ask"        ASK answers
 *   "waits"      answers that asked for patience (TRYAGAIN, CLUSTERDOWN, LOADING, ...)
 *   "retries"    commands sent again after a failure
 *   "timeouts"   calls that ran out of time; of a pipeline, commands
 *   "unknown"    commands whose outcome is not known
 *   "connects"   connections opened
 *   "subscription_messages"  messages of subscriptions, those among them that were dropped too
 *   "subscription_gaps"      gaps, but those of RC_GAP_SLOW
 *   "subscription_dropped"   messages that were dropped by an overflow policy
 *   "subscription_unwanted"  messages that servers sent and nobody wanted
 * One thread at a time. Since 1.0.0.
 */
RC_API uint64_t rc_info_counter(const rc_info* info, const char* name);

/*
 * Frees an rc_info. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_info_free(rc_info* info);

/* ---- options of one call ---- */

/*
 * Call options that change nothing yet. They may be used for any number of calls.
 * The caller frees them by rc_call_options_free. NULL when out of memory.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_call_options* rc_call_options_new(void);

/*
 * How long the call may take as a whole, in milliseconds, at least 1; instead of rc_options_set_timeout_ms.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_call_options_set_timeout_ms(rc_call_options* options, int timeout_ms, rc_error** error);

/*
 * Whether the call's commands may be executed more than once (yes: not 0). The library then sends them
 * again even when their outcome is not known. Commands that only read are sent again anyway.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_call_options_set_idempotent(rc_call_options* options, int yes, rc_error** error);

/*
 * What may end the call from outside: rc_cancel_fire. The options keep it alive, so that it may be freed
 * before them. One cancel may serve any number of options and calls. NULL: nothing may, as at first.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_call_options_set_cancel(rc_call_options* options, rc_cancel* cancel, rc_error** error);

/*
 * Where the call may read: an RC_READ_* value, instead of that of rc_options_set_read_from.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_call_options_set_read_from(rc_call_options* options, int from, rc_error** error);

/*
 * Where the call's commands go that have no keys: an RC_ROUTE_* value. A command with keys goes where these
 * are, whatever it says. Of this and the two that follow the last that was set holds.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_call_options_set_route(rc_call_options* options, int route, rc_error** error);

/*
 * The call's commands go to this node, with keys or without: a primary, a replica, or one that the layout
 * does not tell of. Nothing is sent to another, so an answer that redirects is the caller's RC_ERR_SERVER,
 * with outcome RC_OUTCOME_REFUSED. Commands that are refused for the only reason that they belong to one node
 * (SCAN, CLUSTER FAILOVER, ...) may be sent so.
 * host, port: as for rc_options_add_node.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_call_options_set_route_node(rc_call_options* options, const char* host, int port,
                                          rc_error** error);

/*
 * The call's commands go to the primary of this key's slot, and redirects are followed: for commands that
 * speak of a key or a slot which the library does not see. A command whose own keys lie in another slot fails
 * with RC_ERR_CROSS_SLOT before anything is sent.
 * key: key_len bytes. NULL is taken for an empty key.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_call_options_set_route_key(rc_call_options* options, const char* key, size_t key_len,
                                         rc_error** error);

/*
 * Whether MGET, MSET, DEL, UNLINK, EXISTS and TOUCH with keys in several slots are sent in parts, one a slot
 * (yes: not 0, as at first). 0: they fail with RC_ERR_CROSS_SLOT before anything is sent, and those with keys
 * in one slot are not sent key by key either while that slot is moving: the servers execute them as a unit.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_call_options_set_split(rc_call_options* options, int yes, rc_error** error);

/*
 * What the replies of several nodes become: an RC_COMBINE_* value. With RC_COMBINE_BY_NODE the reply is a map
 * with what each node answered, or an RC_REPLY_ERROR; also where one node was asked only, and where all have
 * failed. The call fails only where no node could be chosen, and with RC_ERR_INVALID_ARGUMENT for a command
 * with keys.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_call_options_set_combine(rc_call_options* options, int combine, rc_error** error);

/*
 * Frees call options. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_call_options_free(rc_call_options* options);

/*
 * A cancel, for rc_call_options_set_cancel.
 * The caller frees it by rc_cancel_free. NULL when out of memory.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_cancel* rc_cancel_new(void);

/*
 * Ends the calls that were given it, within a few hundredths of a second, with RC_ERR_CANCELLED; calls that
 * begin later end at once. As at a deadline, the outcome of the error says what became of the command, and in
 * a pipeline the replies that had come are kept. It stays fired (but see rc_cancel_set_check). Takes NULL.
 * Thread-safe, and allowed in a signal handler. Since 1.0.0.
 */
RC_API void rc_cancel_fire(rc_cancel* cancel);

/*
 * What is asked before a call ends because the cancel was fired (fired: 1), and about ten times a second
 * while a call waits (fired: 0); NULL: nothing, as at first. It is called on the call's own thread with
 * user_data. If it returns anything but 0, the cancel is fired for good and the call ends; after 0 the call
 * goes on, and the cancel counts as not fired. So a language can look at its signals in the middle of a
 * call, which ends only if it has to. The function may use the library and the same cluster. It is asked by
 * each call that the cancel may end.
 * Takes NULL as the cancel.
 * One thread at a time, and not while calls that it may end are under way. Since 1.0.0.
 */
typedef int (*rc_cancel_check_fn)(void* user_data, int fired);
RC_API void rc_cancel_set_check(rc_cancel* cancel, rc_cancel_check_fn check, void* user_data);

/*
 * 1 if it has been fired, else 0; 0 for NULL.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_cancel_fired(const rc_cancel* cancel);

/*
 * Frees a cancel. Calls that it was given to go on and cannot be cancelled any more. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_cancel_free(rc_cancel* cancel);

/* ---- one command ---- */

/*
 * Sends a command to the node that serves its keys and returns the reply. Redirects are followed inside.
 *
 * - A command without keys that means the whole cluster (FLUSHALL, DBSIZE, KEYS, SCRIPT LOAD, CONFIG SET,
 *   ...) goes to every primary, or to every node, and the replies become one, as the servers' tips say. Any
 *   other goes to one primary, and its reply is that node's (INFO, TIME, ...). rc_call_options_set_route
 *   chooses otherwise.
 * - MGET, MSET, DEL, UNLINK, EXISTS and TOUCH with keys in several slots are sent in parts, one a slot, and
 *   their replies become one. They are not atomic then: rc_call_options_set_split.
 * - SCAN, WAIT and WAITAOF are refused with advice, and so is what belongs to one node, unless the options
 *   name it.
 * - One that blocks (BLPOP, XREAD BLOCK, ...) has a connection of its own meanwhile. Give such a call more
 *   time than the command itself waits (rc_command_with): at its deadline it ends with RC_ERR_TIMEOUT.
 *
 * argv: argc arguments, the first being the command's name, 1 to 1048576 of them.
 * argv_len: their lengths in bytes, at most 4 GiB each; NULL when all end with a NUL. An argument may be NULL
 * where its length is given as 0.
 * The caller frees the reply by rc_reply_free. NULL on failure; rc_error_outcome then tells whether the
 * command was executed:
 * - RC_ERR_SERVER: the server answered with an error.
 * - RC_ERR_INVALID_ARGUMENT, RC_ERR_CROSS_SLOT: the arguments, or where their keys lie.
 * - RC_ERR_UNSUPPORTED: a command that changes the state of its connection, which others share; or one that
 *   belongs to one node, where none is named.
 * - RC_ERR_PARTIAL: of several nodes or parts some succeeded: rc_error_part_count and what follows it.
 * - RC_ERR_TIMEOUT, RC_ERR_BUSY, RC_ERR_CLUSTER_DOWN, RC_ERR_TOO_MANY_REDIRECTS: nobody executed it, or told
 *   so, in time.
 * - RC_ERR_CONNECT, RC_ERR_AUTH, RC_ERR_TLS, RC_ERR_IO, RC_ERR_PROTOCOL: the connection.
 * - RC_ERR_CLOSED, RC_ERR_CANCELLED, RC_ERR_NO_MEMORY.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_reply* rc_command(rc_cluster* cluster, size_t argc, const char* const* argv, const size_t* argv_len,
                            rc_error** error);

/*
 * The same with options of its own; NULL options change nothing.
 * Thread-safe, but for the options: no other thread may change them meanwhile. Since 1.0.0.
 */
RC_API rc_reply* rc_command_with(rc_cluster* cluster, const rc_call_options* options, size_t argc,
                                 const char* const* argv, const size_t* argv_len, rc_error** error);

/*
 * The same, with the arguments written as a format:
 *
 *   rc_commandf(cluster, &error, "SET user:%d:name %s", id, name)
 *
 * Spaces in the format separate arguments. What a conversion inserts never does: it becomes part of the
 * argument that it stands in, whatever bytes it has.
 *
 *   %s              const char *, NUL-terminated          %f %e %g   double, with a point in every locale;
 *   %b              const char *, size_t: that many bytes            %.17g and other precisions up to 99 work
 *   %d %i %u        int, unsigned int                     %c         a byte
 *   %ld %li %lu     long, unsigned long                   %%         a percent sign
 *   %lld %lli %llu  long long, unsigned long long
 *   %zd %zi %zu     size_t of that sign
 *
 * As with printf, values that do not have the types which the format names are undefined behaviour, and
 * compilers do not see it here: never use a format that is not a literal. Any other conversion is
 * RC_ERR_INVALID_ARGUMENT, and so is a NULL for %s.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_reply* rc_commandf(rc_cluster* cluster, rc_error** error, const char* format, ...);

/* ---- many commands ---- */

/*
 * An empty list of commands.
 * The caller frees it by rc_commands_free. NULL when out of memory.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_commands* rc_commands_new(void);

/*
 * Appends a command, with arguments as for rc_command. Nothing is sent.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT, RC_ERR_UNSUPPORTED (commands that change the state of a
 * connection, such as MULTI) or RC_ERR_NO_MEMORY, and then appends nothing.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_commands_add(rc_commands* commands, size_t argc, const char* const* argv,
                           const size_t* argv_len, rc_error** error);

/*
 * The number of commands in the list.
 * One thread at a time. Since 1.0.0.
 */
RC_API size_t rc_commands_count(const rc_commands* commands);

/*
 * Makes the list empty. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_commands_clear(rc_commands* commands);

/*
 * Frees a list. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_commands_free(rc_commands* commands);

/*
 * Sends all commands of the list at once, to as many nodes as they need, and returns an array of their
 * replies in the order of the list. They are not executed as a unit: commands for different nodes run in any
 * order, each node gets its own in the order of the list. Commands for several nodes and keys in several
 * slots are sent as by rc_command; WAIT and WAITAOF follow the write before them, on the connections that it
 * used, and their reply is the least. A command that failed has an element of type RC_REPLY_ERROR;
 * rc_reply_error has its code and outcome. An empty list gives an empty array. The list is left as it is.
 * The caller frees the reply by rc_reply_free. The call as a whole fails only where no command could be
 * tried, with codes as of rc_command, and where one is refused, such as SUNION with keys in several slots
 * (RC_ERR_CROSS_SLOT): then nothing is sent.
 * Thread-safe, but for the list: no other thread may use it meanwhile. Since 1.0.0.
 */
RC_API rc_reply* rc_pipeline(rc_cluster* cluster, const rc_commands* commands, rc_error** error);

/*
 * The same with options of its own; NULL options change nothing.
 * Thread-safe, but for the list and the options. Since 1.0.0.
 */
RC_API rc_reply* rc_pipeline_with(rc_cluster* cluster, const rc_call_options* options,
                                  const rc_commands* commands, rc_error** error);

/*
 * Executes all commands of the list as a unit (MULTI, EXEC) and returns an array of their replies. All keys
 * must lie in one slot: give them one hash tag, as {user:1}:name and {user:1}:age. A command that failed
 * while the transaction ran has an element of type RC_REPLY_ERROR; the others were executed nevertheless.
 * The list is left as it is.
 * The caller frees the reply by rc_reply_free.
 * Fails with RC_ERR_EMPTY for an empty list, RC_ERR_CROSS_SLOT for keys in several slots (nothing is sent),
 * RC_ERR_SERVER with outcome RC_OUTCOME_REFUSED where the server refuses a command before EXEC (nothing is
 * executed), and with the codes of rc_command.
 * Thread-safe, but for the list: no other thread may use it meanwhile. Since 1.0.0.
 */
RC_API rc_reply* rc_transaction(rc_cluster* cluster, const rc_commands* commands, rc_error** error);

/*
 * The same with options of its own; NULL options change nothing.
 * Thread-safe, but for the list and the options. Since 1.0.0.
 */
RC_API rc_reply* rc_transaction_with(rc_cluster* cluster, const rc_call_options* options,
                                     const rc_commands* commands, rc_error** error);

/* ---- optimistic locking ---- */

/*
 * Reads through rc_watch_command what it needs, and appends to `to_execute` what is to be executed if no
 * watched key has changed meanwhile. It may be called several times in one rc_watch_transaction. If
 * rc_watch_command fails for a lost connection or a redirect, the session starts again whatever it returns.
 * `watch` and `to_execute` live until it returns and belong to the library; the list is empty at the start.
 * Returns RC_WATCH_EXECUTE to execute, anything else to give up (RC_ERR_ABORTED): RC_OK gives up too, for a
 * callback that dies in another language returns 0.
 * Since 1.0.0.
 */
typedef int (*rc_watch_fn)(rc_watch* watch, rc_commands* to_execute, void* user_data);

/*
 * Sends a command over the connection that watches, with arguments as for rc_command, and returns its
 * reply, which the caller frees by rc_reply_free. It is executed at once: use it to read.
 * Fails with the codes of rc_command. Only within the callback that got `watch`.
 * One thread at a time: that of the callback, or another that the callback waits for. Since 1.0.0.
 */
RC_API rc_reply* rc_watch_command(rc_watch* watch, size_t argc, const char* const* argv,
                                  const size_t* argv_len, rc_error** error);

/*
 * Watches keys, which must lie in one slot, calls fn, and executes what fn has appended as a unit, unless a
 * watched key has changed since: then all of it starts again, as often as rc_options_set_watch_retries
 * allows.
 * Returns an array of the replies, empty where fn appended nothing.
 * The caller frees it by rc_reply_free.
 * keys: key_count keys, at least 1. key_len: their lengths in bytes; NULL when all end with a NUL. The time
 * that fn takes counts against the call's timeout.
 * Fails with RC_ERR_NO_KEYS, RC_ERR_CROSS_SLOT, RC_ERR_ABORTED where fn does not return
 * RC_WATCH_EXECUTE, RC_ERR_WATCH_CONFLICT, and with the codes of rc_transaction.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_reply* rc_watch_transaction(rc_cluster* cluster, size_t key_count, const char* const* keys,
                                      const size_t* key_len, rc_watch_fn fn, void* user_data,
                                      rc_error** error);

/*
 * The same with options of its own; NULL options change nothing.
 * Thread-safe, but for the options: no other thread may change them meanwhile. Since 1.0.0.
 */
RC_API rc_reply* rc_watch_transaction_with(rc_cluster* cluster, const rc_call_options* options,
                                           size_t key_count, const char* const* keys, const size_t* key_len,
                                           rc_watch_fn fn, void* user_data, rc_error** error);

/* ---- scripts ---- */

/*
 * A script: Lua that a server runs as one command and keeps by its digest. Nodes need no preparation: one that
 * lacks the script, because it is new, was started again or told SCRIPT FLUSH, is sent it with the call.
 * body, len: the script, of which a copy is made. It may have any bytes and be empty.
 * The caller frees it by rc_script_free. NULL on failure: RC_ERR_INVALID_ARGUMENT, RC_ERR_NO_MEMORY.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_script* rc_script_new(const char* body, size_t len, rc_error** error);

/*
 * The script's SHA-1: 40 hexadecimal digits, good as long as the script. NULL for NULL.
 * Thread-safe. Since 1.0.0.
 */
RC_API const char* rc_script_sha(const rc_script* script);

/*
 * Says that the script only reads (default 0). It is then sent as EVALSHA_RO and EVAL_RO, which servers have
 * since Redis 7: they refuse to let it write. So it may be sent again when its reply was lost, and may be read
 * from replicas where the call options or the handle say so.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time, before the script is shared. Since 1.0.0.
 */
RC_API int rc_script_set_read_only(rc_script* script, int yes, rc_error** error);

/*
 * Runs a script, as rc_command_with runs EVALSHA; to a node that says that it does not have it (NOSCRIPT),
 * which runs nothing, EVAL is sent within the same deadline. The keys have to be in one slot; without keys it
 * goes to any primary, or where the options' route says.
 * An error that the script makes is RC_ERR_SERVER with RC_OUTCOME_EXECUTED, or with RC_OUTCOME_UNKNOWN where it
 * begins as the servers' refusals do, and the script is not run again for it. Only a script that reads the very
 * sentence of a server's NOSCRIPT from its data, or puts it together, cannot be told from a server.
 * Where the word is in its body, keys or arguments, and for reads from replicas, EVAL is sent at once.
 * options: may be NULL. keys, args: may be NULL where there are none; key_len, arg_len: NULL for texts that end
 * with a NUL byte.
 * The caller frees the reply by rc_reply_free. NULL on failure: the codes of rc_command.
 * Thread-safe, but for the options: no other thread may change them meanwhile. Since 1.0.0.
 */
RC_API rc_reply* rc_script_call(rc_cluster* cluster, const rc_call_options* options, const rc_script* script,
                                size_t key_count, const char* const* keys, const size_t* key_len,
                                size_t arg_count, const char* const* args, const size_t* arg_len,
                                rc_error** error);

/*
 * Adds a call of the script to a list for a pipeline or a transaction, as EVAL: no node can lack it, and in a
 * transaction there is no second try. What is given is copied: the script may be freed afterwards.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY; the list is then as before.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_commands_add_script(rc_commands* commands, const rc_script* script, size_t key_count,
                                  const char* const* keys, const size_t* key_len, size_t arg_count,
                                  const char* const* args, const size_t* arg_len, rc_error** error);

/*
 * Frees a script. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_script_free(rc_script* script);

/* ---- all keys ---- */

/*
 * A scan: a walk over the keys of the whole cluster, page by page, while the cluster serves, slots move and
 * primaries die.
 *
 * Every key that is there from the beginning to the end is returned, at least once, or its slot is named by
 * rc_scan_doubtful_slot. A key that comes or goes meanwhile may be returned or not. A key may be returned
 * again, most of all where its slot moves or its node is replaced.
 *
 *   rc_scan* scan = rc_scan_new(cluster, &error);
 *   while ((page = rc_scan_next(scan, &error)) != NULL) { ...; rc_reply_free(page); }
 *
 * Only primaries are asked, one after the other, by CLUSTERSCAN where the server has it (Valkey 9.1 and
 * later), else by SCAN. The user has to be allowed SCAN, CLUSTER NODES, CLUSTER COUNTKEYSINSLOT and CLUSTER
 * GETKEYSINSLOT, and should be allowed MULTI, EXEC and INFO. Nothing is sent here. The scan keeps the cluster
 * open until it is freed, as a handle does.
 * The caller frees it by rc_scan_free. NULL on failure: RC_ERR_INVALID_ARGUMENT, RC_ERR_NO_MEMORY.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_scan* rc_scan_new(rc_cluster* cluster, rc_error** error);

/*
 * Returns only keys that match the pattern, by the server's rules: * ? [abc] [a-z] [^a], and a backslash before
 * what is meant literally. Where the pattern's hash tag, or the whole of it, is literal, as in "{user:1}:*",
 * only that one slot is asked.
 * This and the other setters: before the first rc_scan_next only.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_scan_set_match(rc_scan* scan, const char* pattern, size_t len, rc_error** error);

/*
 * About how many keys a page should have: a hint, as COUNT is to SCAN. At least 1; default 1000. A page may have
 * more or fewer, and while keys are few and far between the servers are asked to look at more at a time.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_scan_set_count(rc_scan* scan, int count, rc_error** error);

/*
 * Returns only keys of that type, as the command TYPE names it: "string", "hash", ...
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT or RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_scan_set_type(rc_scan* scan, const char* type, rc_error** error);

/*
 * Goes on where an earlier scan of the same cluster was, in this process or another; it needs the same pattern
 * and type, which the first rc_scan_next looks at (RC_ERR_INVALID_ARGUMENT). The promise holds for both
 * together.
 * cursor: what rc_scan_cursor gave. It stays good while slots move and nodes are replaced, as long as one node
 * is left that was there.
 * Returns RC_OK, RC_ERR_INVALID_ARGUMENT where it is no cursor, was changed, or is of another cluster, or
 * RC_ERR_NO_MEMORY; with the codes of rc_cluster_refresh where the nodes have to be asked for that and cannot.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_scan_set_cursor(rc_scan* scan, const char* cursor, rc_error** error);

/*
 * The next page: an array of keys, never empty. NULL without an error (*error stays as it was) is the end.
 * The caller frees the page by rc_reply_free. A page has the time of a call; a call that fails leaves the scan
 * where it is, and the next one goes on from there:
 * - RC_ERR_TIMEOUT, RC_ERR_CONNECT, RC_ERR_IO, RC_ERR_CLUSTER_DOWN: a node could not be asked in time, or no
 *   key was found in time. After ten such calls in a row the slots of that node are doubtful, and the scan goes
 *   on without them.
 * - RC_ERR_SERVER: a server refused a command, as to a user who is not allowed it.
 * - RC_ERR_INVALID_ARGUMENT, RC_ERR_AUTH, RC_ERR_TLS, RC_ERR_PROTOCOL, RC_ERR_CLOSED, RC_ERR_NO_MEMORY.
 * One thread at a time. Since 1.0.0.
 */
RC_API rc_reply* rc_scan_next(rc_scan* scan, rc_error** error);

/*
 * The same with options of its own, of which the timeout and the cancel count; NULL options change nothing.
 * Fails with RC_ERR_CANCELLED too.
 * One thread at a time. Since 1.0.0.
 */
RC_API rc_reply* rc_scan_next_with(rc_scan* scan, const rc_call_options* options, rc_error** error);

/*
 * A text, printable ASCII, by which a scan goes on behind the page that was returned last: of a few hundred
 * bytes, or more while many slots are apart. Before the first page it is the beginning, after the end an end
 * behind which there is nothing. It has no key, but the addresses of nodes. NULL for NULL.
 * It lives until the next call with the scan.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_scan_cursor(const rc_scan* scan);

/*
 * The number of slots of which it cannot be proven that every key was returned, as they kept moving, or nobody
 * could be asked; and slot i of them, 0 to 16383.
 * One thread at a time. Since 1.0.0.
 */
RC_API size_t rc_scan_doubtful_count(const rc_scan* scan);
RC_API int rc_scan_doubtful_slot(const rc_scan* scan, size_t i);

/*
 * Frees a scan, at its end or before. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_scan_free(rc_scan* scan);

/* ---- replies ---- */

/*
 * The RC_REPLY_* type; RC_REPLY_NIL for NULL.
 * One thread at a time, as all that follow. Since 1.0.0.
 */
RC_API int rc_reply_type(const rc_reply* reply);

/*
 * The name of a type: "RC_REPLY_ARRAY" for RC_REPLY_ARRAY, "RC_REPLY_UNKNOWN_TYPE" for a value that is
 * none. The text is static.
 * Thread-safe. Since 1.0.0.
 */
RC_API const char* rc_reply_type_name(int type);

/*
 * The bytes of a STATUS, STRING, BIG_NUMBER or VERBATIM, the message of an ERROR, or a DOUBLE as the server
 * wrote it; NULL for other types. *len becomes their number, 0 where there are none; len may be NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_reply_string(const rc_reply* reply, size_t* len);

/*
 * The value of an INTEGER, 0 or 1 for a BOOL; 0 for other types, texts of digits included.
 * One thread at a time. Since 1.0.0.
 */
RC_API int64_t rc_reply_integer(const rc_reply* reply);

/*
 * The value of a DOUBLE; 0.0 for other types.
 * One thread at a time. Since 1.0.0.
 */
RC_API double rc_reply_double(const rc_reply* reply);

/*
 * The number of elements of an ARRAY, SET, PUSH or MAP (its keys and values together); the number of bytes
 * where rc_reply_string has some; else 0.
 * One thread at a time. Since 1.0.0.
 */
RC_API size_t rc_reply_length(const rc_reply* reply);

/*
 * Element i, borrowed from the reply; NULL where there is none.
 * One thread at a time. Since 1.0.0.
 */
RC_API const rc_reply* rc_reply_element(const rc_reply* reply, size_t i);

/*
 * The error of an element of type RC_REPLY_ERROR, borrowed from the reply; NULL for other types.
 * One thread at a time. Since 1.0.0.
 */
RC_API const rc_error* rc_reply_error(const rc_reply* reply);

/*
 * Frees a reply with all its elements. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_reply_free(rc_reply* reply);

/* ---- where a command would go ---- */

/*
 * What the library would do with a command, with arguments as for rc_command, without sending it: its keys,
 * its slot, the node, and why. A command that only the server knows, or whose keys only it can find, is
 * asked about there (COMMAND INFO, COMMAND GETKEYS). The caller frees it by rc_explanation_free.
 * Fails with RC_ERR_INVALID_ARGUMENT, RC_ERR_NO_MEMORY, RC_ERR_CLOSED, and where a server must be asked with
 * the codes of rc_command.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_explanation* rc_explain(rc_cluster* cluster, size_t argc, const char* const* argv,
                                  const size_t* argv_len, rc_error** error);

/*
 * The same with options of its own; NULL options change nothing.
 * Thread-safe, but for the options: no other thread may change them meanwhile. Since 1.0.0.
 */
RC_API rc_explanation* rc_explain_with(rc_cluster* cluster, const rc_call_options* options, size_t argc,
                                       const char* const* argv, const size_t* argv_len, rc_error** error);

/*
 * All of it in English, in one line.
 * One thread at a time, as all that follow. Since 1.0.0.
 */
RC_API const char* rc_explanation_text(const rc_explanation* explanation);

/*
 * The number of keys, and key i, with its length where len is not NULL; NULL for a key that is not there.
 * One thread at a time. Since 1.0.0.
 */
RC_API size_t rc_explanation_key_count(const rc_explanation* explanation);
RC_API const char* rc_explanation_key(const rc_explanation* explanation, size_t i, size_t* len);

/*
 * The slot of the keys; -1 without keys, where they lie in several slots, and for NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_explanation_slot(const rc_explanation* explanation);

/*
 * The node that it would go to now, of several one; NULL and 0 where none is known, or it would be refused.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_explanation_host(const rc_explanation* explanation);
RC_API int rc_explanation_port(const rc_explanation* explanation);

/*
 * 1 for a command that only reads, and for one that may keep its connection waiting.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_explanation_is_read_only(const rc_explanation* explanation);
RC_API int rc_explanation_may_block(const rc_explanation* explanation);

/*
 * Frees an explanation. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_explanation_free(rc_explanation* explanation);

/* ---- completion queues ---- */

/*
 * Calls that nobody waits for. Any thread submits to a queue; whoever calls rc_queue_next drives its
 * connections and is given what has ended. There is one descriptor for an event loop to watch, and no thread
 * of the library's.
 *
 * Rules of queues:
 *
 *  1. Exactly one. Each ticket yields one completion: a reply, or an error with its outcome, whatever
 * happens: a timeout, rc_queue_cancel, rc_cluster_close, a fork (in the parent), the loss of a node. The
 * memory for it is taken by the submit.
 *  2. A submit never waits: not for a connection, a map of the slots, a name, a full socket, or room. Past a
 *     limit of the queue it is refused with RC_ERR_BUSY, and one RC_COMPLETION_ROOM comes when there is room
 *     again. The place of a call is free when its completion has been taken.
 *  3. Reading never stops because nobody takes completions. Their bytes count, so that submits are refused.
 *  4. No function of the user's runs on a thread that he did not lend: log, attempt hook, credentials,
 * address map and checks of cancel tokens are run inside rc_queue_next and rc_queue_flush.
 *  5. Order. Calls of one thread, on one queue, to one slot are sent in the order of the submits over one
 *     connection, while no redirect and no reconnection comes between. Commands that may block (BLPOP) have
 *     connections of their own, and commands that the library does not know are looked up first: neither has
 *     an order.
 *  6. Timeouts count from the submit, are as exact as the loop that drives, and cost no system call a call.
 *     What came before the loop looked is a reply, not a timeout; what comes later is dropped.
 *  7. Threads. Submit, flush, cancel and wake: any. Next: any, one at a time does the work.
 *  8. The connections of a queue are its own. A loop that stands still holds up nobody else.
 *  9. Life. A queue is a reference to its cluster. They are freed in any order. In a forked child the queue
 * is empty and has another descriptor; the parent's tickets stay the parent's.
 * 10. All that the documentation promises for calls (guarantees.md) holds for these too.
 */

/* What rc_completions_kind tells. */
#define RC_COMPLETION_CALL 1 /* a submit has ended */
#define RC_COMPLETION_ROOM 2 /* a submit was refused with RC_ERR_BUSY, and there is room again */

/*
 * Options with every default.
 * The caller frees them by rc_queue_options_free. NULL when out of memory.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_queue_options* rc_queue_options_new(void);

/*
 * How many calls may be under way, or ended and not taken. 1 to 67108863; default 65536.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_queue_options_set_max_calls(rc_queue_options* options, size_t count, rc_error** error);

/*
 * How many bytes the arguments of calls under way, and the replies that were not taken, may have together. At
 * least 1; default 268435456 (256 MiB). One call alone is never refused.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_queue_options_set_max_bytes(rc_queue_options* options, size_t bytes, rc_error** error);

/*
 * 1: what is submitted waits for rc_queue_flush or rc_queue_next, which sends it in one write a node. 0, the
 * default: it is sent at once.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_queue_options_set_gather(rc_queue_options* options, int yes, rc_error** error);

/*
 * Frees options. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_queue_options_free(rc_queue_options* options);

/*
 * A queue of a cluster. options: NULL for the defaults; they are copied.
 * The caller frees it by rc_queue_free, before or after the cluster. NULL on failure:
 * - RC_ERR_INVALID_ARGUMENT.
 * - RC_ERR_CONNECT: no file descriptor is left.
 * - RC_ERR_NO_MEMORY.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_queue* rc_queue_new(rc_cluster* cluster, const rc_queue_options* options, rc_error** error);

/*
 * The descriptor to watch for reading, by epoll, poll, select or any event loop, level- or edge-triggered:
 * when it is readable, rc_queue_next has something to do. Nothing else may be done with it. It is the same
 * for the queue's life; after a fork the child asks again.
 * Returns -1 on failure: RC_ERR_INVALID_ARGUMENT, and in a child RC_ERR_CONNECT (no file descriptor is left)
 * or RC_ERR_NO_MEMORY.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_queue_fd(rc_queue* queue, rc_error** error);

/*
 * Submits a command, as rc_command_with takes it, that one node answers: what means several nodes (DBSIZE),
 * keys in several slots, routes and combining are refused. It does not wait.
 * options: NULL for the cluster's; they are copied. tag: any number, which its completion tells again.
 * Returns a ticket, which is never 0 and in this process given to no other call. 0: nothing will come.
 * - RC_ERR_INVALID_ARGUMENT, RC_ERR_CROSS_SLOT, RC_ERR_UNSUPPORTED, as rc_command tells them.
 * - RC_ERR_BUSY: the queue has as many calls or bytes as it may have. One RC_COMPLETION_ROOM will come.
 * - RC_ERR_CLOSED: the cluster was closed.
 * - RC_ERR_NO_MEMORY; and in a child of a fork RC_ERR_CONNECT: no file descriptor is left.
 * Thread-safe. Since 1.0.0.
 */
RC_API uint64_t rc_submit(rc_queue* queue, const rc_call_options* options, uint64_t tag, size_t argc,
                          const char* const* argv, const size_t* argv_len, rc_error** error);

/*
 * Sends what was submitted and not sent yet, in one write a node.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT; in a child of a fork also RC_ERR_CONNECT or RC_ERR_NO_MEMORY.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_queue_flush(rc_queue* queue, rc_error** error);

/*
 * Ends a call. Its completion is there at once, with RC_ERR_CANCELLED: a reply that comes later is dropped.
 * Returns 1; 0 if the call has ended, and for a ticket that is not one of this queue's.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_queue_cancel(rc_queue* queue, uint64_t ticket);

/*
 * Drives the queue, and returns calls that have ended, at most max of them; the caller frees them by
 * rc_completions_free.
 * timeout_ms: how long to wait for the first: 0 not at all, -1 as long as it takes.
 * NULL without an error: nothing came in time, or rc_queue_wake was called. NULL on failure:
 * - RC_ERR_INVALID_ARGUMENT: max is 0, or timeout_ms is less than -1.
 * - RC_ERR_CLOSED: the cluster was closed, and every completion has been taken.
 * - RC_ERR_UNSUPPORTED: called by a callback that the same queue runs.
 * - RC_ERR_NO_MEMORY; nothing is lost. In a child of a fork also RC_ERR_CONNECT: no file descriptor is left.
 * Thread-safe: of several threads one does the work, and the others wait for it. Since 1.0.0.
 */
RC_API rc_completions* rc_queue_next(rc_queue* queue, size_t max, int timeout_ms, rc_error** error);

/*
 * Has rc_queue_next return, or the next one, if none is under way. It may be called in a signal handler.
 * Thread-safe. Since 1.0.0.
 */
RC_API void rc_queue_wake(rc_queue* queue);

/*
 * How many calls were accepted and have not ended; 0 for NULL.
 * Thread-safe. Since 1.0.0.
 */
RC_API size_t rc_queue_under_way(const rc_queue* queue);

/*
 * Frees a queue, when no other thread uses it. What is under way is cancelled; nobody is told. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_queue_free(rc_queue* queue);

/*
 * How many there are.
 * One thread at a time, as all that follow. Since 1.0.0.
 */
RC_API size_t rc_completions_count(const rc_completions* completions);

/*
 * An RC_COMPLETION_* value; 0 for one that is not there.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_completions_kind(const rc_completions* completions, size_t i);

/*
 * The tag and the ticket of the submit; 0 for RC_COMPLETION_ROOM.
 * One thread at a time. Since 1.0.0.
 */
RC_API uint64_t rc_completions_tag(const rc_completions* completions, size_t i);
RC_API uint64_t rc_completions_ticket(const rc_completions* completions, size_t i);

/*
 * The reply, borrowed; NULL where there is an error, for RC_COMPLETION_ROOM, and once it was taken.
 * One thread at a time. Since 1.0.0.
 */
RC_API const rc_reply* rc_completions_reply(const rc_completions* completions, size_t i);

/*
 * Why the call failed, borrowed; NULL where there is a reply, and once it was taken.
 * One thread at a time. Since 1.0.0.
 */
RC_API const rc_error* rc_completions_error(const rc_completions* completions, size_t i);

/*
 * The same as the caller's own, who frees it by rc_reply_free or rc_error_free.
 * One thread at a time. Since 1.0.0.
 */
RC_API rc_reply* rc_completions_take_reply(rc_completions* completions, size_t i);
RC_API rc_error* rc_completions_take_error(rc_completions* completions, size_t i);

/*
 * Frees completions, and what was not taken of them. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_completions_free(rc_completions* completions);

/* ---- subscriptions ---- */

/*
 * Messages of channels, patterns and shard channels. What is wanted is the user's and survives lost
 * connections, failovers, slots that move, and addresses that change: nothing has to be subscribed to again.
 *
 * Messages of a name come in the order in which its node sent them, none twice. After every moment in which
 * one may have been missed an RC_EVENT_GAP comes for that name, before its next message: when the name is held
 * again, just before its RC_EVENT_SUBSCRIBED. A name that is refused costs the others nothing.
 *
 * There is no thread behind it: rc_subscription_next and rc_subscription_settle drive the connections. Nobody
 * reads between two calls: what comes meanwhile is held by the system's buffers, and then by the server up to
 * its limit (client-output-buffer-limit pubsub), past which it closes the connection, which is a gap.
 *
 * A subscription is a reference to its cluster. They are freed in any order. In a forked child it begins anew,
 * with a gap for each name.
 */

/* Kinds of names. */
#define RC_CHANNEL 0       /* of PUBLISH */
#define RC_PATTERN 1       /* of PUBLISH, by a glob-style pattern */
#define RC_SHARD_CHANNEL 2 /* of SPUBLISH: the shard of its slot delivers it (Redis 7, Valkey) */

/* Types of events. */
#define RC_EVENT_MESSAGE 1
#define RC_EVENT_SUBSCRIBED 2   /* a server has confirmed it: the first time, and after each gap */
#define RC_EVENT_UNSUBSCRIBED 3 /* asked for by rc_subscription_remove: no message follows */
#define RC_EVENT_GAP 4          /* messages may have been missed, before whatever follows */
#define RC_EVENT_REFUSED 5      /* for good, such as by an ACL: it is not wanted any more. See rc_event_error */
#define RC_EVENT_CLOSED 6       /* the cluster was closed: the last event */

/* Why there is a gap. */
#define RC_GAP_CONNECTION 1 /* the connection was lost and made again */
#define RC_GAP_MOVED 2      /* the slot went to another shard, or left and came back */
#define RC_GAP_FAILOVER 3   /* the node lost its role */
#define RC_GAP_SLOW 4       /* dropped here, by the overflow policy: rc_event_gap_lost is exact */

/* What happens to messages when too many have not been taken. */
#define RC_OVERFLOW_PAUSE 0       /* reading stops until there is room */
#define RC_OVERFLOW_DROP_OLDEST 1 /* an RC_EVENT_GAP tells how many of a name were dropped */
#define RC_OVERFLOW_DROP_NEWEST 2

/*
 * A subscription of a cluster, without names yet.
 * queue: must be NULL in this version: rc_subscription_next drives it. tag: is not used then.
 * The caller frees it by rc_subscription_free, before or after the cluster. NULL on failure:
 * - RC_ERR_INVALID_ARGUMENT: cluster is NULL.
 * - RC_ERR_UNSUPPORTED: queue is not NULL.
 * - RC_ERR_CLOSED: the cluster was closed.
 * - RC_ERR_NO_MEMORY.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_subscription* rc_subscription_new(rc_cluster* cluster, rc_queue* queue, uint64_t tag,
                                            rc_error** error);

/*
 * How many messages may wait to be taken. At least 1; default 65536. Other events are not counted.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_subscription_set_max_events(rc_subscription* subscription, size_t count, rc_error** error);

/*
 * How many bytes these messages may have together, with what the library adds to each. At least 1; default
 * 16777216 (16 MiB). One message alone is never too large.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_subscription_set_max_bytes(rc_subscription* subscription, size_t bytes, rc_error** error);

/*
 * What happens when there are more: an RC_OVERFLOW_* value; default RC_OVERFLOW_PAUSE. Only messages are ever
 * dropped.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_subscription_set_overflow(rc_subscription* subscription, int policy, rc_error** error);

/*
 * For how long a node may be silent before it is asked whether it is there; it then has as long again to
 * answer. In milliseconds, at least 1; default 5000.
 * Returns RC_OK or RC_ERR_INVALID_ARGUMENT.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_subscription_set_ping_ms(rc_subscription* subscription, int ms, rc_error** error);

/*
 * Wants a name; RC_EVENT_SUBSCRIBED follows. It does not wait. Of a name that is wanted already nothing
 * follows.
 * kind: RC_CHANNEL, RC_PATTERN or RC_SHARD_CHANNEL. name, len: any bytes, also none.
 * Returns RC_OK and:
 * - RC_ERR_INVALID_ARGUMENT.
 * - RC_ERR_CLOSED: the cluster was closed.
 * - RC_ERR_CONNECT: no file descriptor is left.
 * - RC_ERR_NO_MEMORY.
 * It may be called while another thread waits in rc_subscription_next.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_subscription_add(rc_subscription* subscription, int kind, const char* name, size_t len,
                               rc_error** error);

/*
 * Does not want a name any more; RC_EVENT_UNSUBSCRIBED follows, and after that no message of it. It does not
 * wait. Of a name that is not wanted nothing follows.
 * Returns as rc_subscription_add, but for RC_ERR_CLOSED.
 * It may be called while another thread waits in rc_subscription_next.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_subscription_remove(rc_subscription* subscription, int kind, const char* name, size_t len,
                                  rc_error** error);

/*
 * Waits until all that is wanted is held. A name that was refused is not wanted any more. Events are kept for
 * rc_subscription_next.
 * timeout_ms: how long, -1: as long as it takes.
 * Returns RC_OK and:
 * - RC_ERR_INVALID_ARGUMENT.
 * - RC_ERR_TIMEOUT: the message says how many names are not held, and why.
 * - RC_ERR_CLOSED: the cluster was closed.
 * - RC_ERR_CONNECT: no file descriptor is left.
 * - RC_ERR_NO_MEMORY.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_subscription_settle(rc_subscription* subscription, int timeout_ms, rc_error** error);

/*
 * The next event; the caller frees it by rc_event_free.
 * timeout_ms: how long to wait for one: 0 not at all, -1 as long as it takes.
 * NULL without an error: nothing came in time, or RC_EVENT_CLOSED was taken before. NULL on failure:
 * - RC_ERR_INVALID_ARGUMENT.
 * - RC_ERR_CONNECT: no file descriptor is left.
 * - RC_ERR_NO_MEMORY; whatever may have been missed is told as a gap.
 * Of several threads one at a time does the work.
 * Thread-safe. Since 1.0.0.
 */
RC_API rc_event* rc_subscription_next(rc_subscription* subscription, int timeout_ms, rc_error** error);

/*
 * Frees a subscription, when no other thread uses it. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_subscription_free(rc_subscription* subscription);

/*
 * An RC_EVENT_* value.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_event_type(const rc_event* event);

/*
 * The kind of name: RC_CHANNEL, RC_PATTERN or RC_SHARD_CHANNEL.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_event_kind(const rc_event* event);

/*
 * Of a message, where it was published; of other events the name, also of a pattern. NULL for
 * RC_EVENT_CLOSED. Borrowed from the event. len: may be NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_event_channel(const rc_event* event, size_t* len);

/*
 * The pattern that brought it; NULL for other kinds. Borrowed from the event. len: may be NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_event_pattern(const rc_event* event, size_t* len);

/*
 * What was published; NULL where it is no message. Borrowed from the event. len: may be NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API const char* rc_event_payload(const rc_event* event, size_t* len);

/*
 * Of a gap its RC_GAP_* reason; else 0.
 * One thread at a time. Since 1.0.0.
 */
RC_API int rc_event_gap_reason(const rc_event* event);

/*
 * Of a gap how long the name was not held, at most, in milliseconds; 0 where another connection held it
 * meanwhile, and of RC_GAP_SLOW.
 * One thread at a time. Since 1.0.0.
 */
RC_API int64_t rc_event_gap_ms(const rc_event* event);

/*
 * Of a gap how many messages were missed; -1: that is not known. 0 where it is no gap.
 * One thread at a time. Since 1.0.0.
 */
RC_API int64_t rc_event_gap_lost(const rc_event* event);

/*
 * Why a name was refused; NULL for other events. Borrowed from the event.
 * One thread at a time. Since 1.0.0.
 */
RC_API const rc_error* rc_event_error(const rc_event* event);

/*
 * Frees an event. Takes NULL.
 * One thread at a time. Since 1.0.0.
 */
RC_API void rc_event_free(rc_event* event);

/* ---- keys and slots ---- */

/*
 * The slot of a key, 0 to 16383, hash tags honoured; no server is asked. NULL is taken for an empty key.
 * Thread-safe. Since 1.0.0.
 */
RC_API int rc_key_slot(const char* key, size_t len);

#ifdef __cplusplus
}
#endif

#endif
