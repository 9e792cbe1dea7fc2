//! Against the cluster that contract_with_cluster has started: run by bindings/rust/test.
use std::collections::{HashMap, HashSet};
use std::error::Error as _;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rediscluster::{
    cmd, key_slot, CallOptions, CancelToken, Cluster, Command, Error, ErrorCode, Options, Outcome, Value,
};

/// A time that only a call which nobody ended would pass.
const MUCH_LESS: Duration = Duration::from_secs(10);

fn options() -> Options {
    let nodes = std::env::var("RC_TEST_NODES").expect("run by bindings/rust/test");
    Options::new().nodes(nodes.split(',')).timeout(Duration::from_secs(60))
}

fn open() -> Cluster {
    Cluster::open(options()).unwrap()
}

/// A key of the test's own, with nothing in it.
fn key(cluster: &Cluster, name: &str) -> String {
    let key = format!("rust:{name}");
    cluster.command(&["DEL", &key]).unwrap();
    key
}

fn assert_error(error: &Error, code: ErrorCode, outcome: Outcome) {
    assert_eq!((error.code(), error.outcome()), (code, outcome), "{error}");
}

fn text(value: &str) -> Value {
    Value::Bytes(value.into())
}

#[test]
fn handles_may_be_shared_and_sent() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Cluster>();
    shared::<CancelToken>();
    shared::<Error>();
    shared::<Value>();
}

#[test]
fn nodes_have_ids_ranges_and_primaries() {
    let c = open();
    let info = c.info().unwrap();
    for node in &info.nodes {
        assert_eq!(node.id.len(), 40);
        assert_eq!(node.slots, node.ranges.iter().map(|range| range.len()).sum::<usize>());
        assert_eq!(node.is_primary, node.primary_index.is_none());
        assert!(node.is_primary || info.nodes[node.primary_index.unwrap()].is_primary);
    }
    let owner = &info.nodes[info.slot_owner(key_slot("k")).unwrap()];
    let there = c.with(&CallOptions::new().node(format!("{}:{}", owner.host, owner.port))).unwrap();
    assert_eq!(there.command(&["SET", "k", "v"]).unwrap(), Value::Status("OK".into()));
    assert_eq!(info.slot_owner(16384), None);
    let bad = c.with(&CallOptions::new().node("h")).unwrap_err();
    assert_error(&bad, ErrorCode::InvalidArgument, Outcome::NotSent);
}

#[test]
fn a_scan_gives_every_key_and_its_cursor_goes_on() {
    let c = open();
    let keys: HashSet<String> = (0..500).map(|i| format!("rustscan:{i}")).collect();
    for k in &keys {
        c.command(&["SET", k, "1"]).unwrap();
    }
    let taken = |key: rediscluster::Result<Value>| key.unwrap().as_str().unwrap().to_owned();
    let begin = || c.scan().unwrap().matching("rustscan:*").unwrap();
    let mut scan = begin().count(20).unwrap();
    let mut found: HashSet<String> = scan.by_ref().take(130).map(taken).collect();
    let rest: Vec<String> = begin().from_cursor(scan.cursor()).unwrap().map(taken).collect();
    assert!(rest.len() < 500);
    assert_eq!(found.iter().cloned().chain(rest).collect::<HashSet<_>>(), keys);
    found.extend(scan.by_ref().map(taken));
    assert_eq!(found, keys);
    assert!(scan.doubtful_slots().is_empty());
    assert_eq!(begin().from_cursor(scan.cursor()).unwrap().fold(0, |count, _| count + 1), 0);
    assert_eq!(begin().of_type("list").unwrap().fold(0, |count, _| count + 1), 0);
    for bad in [begin().from_cursor("rubbish"), begin().count(0)] {
        assert_error(&bad.unwrap_err(), ErrorCode::InvalidArgument, Outcome::NotSent);
    }
    let token = CancelToken::new();
    token.fire();
    let mut cancelled = begin().options(&CallOptions::new().cancel(&token)).unwrap();
    assert_error(&cancelled.next().unwrap().unwrap_err(), ErrorCode::Cancelled, Outcome::NotSent);
}

#[test]
fn replies_are_values() {
    let c = open();
    let k = key(&c, "values");
    assert_eq!(c.command(&["SET", &k, "v"]).unwrap(), Value::Status("OK".into()));
    assert_eq!(c.command(&["GET", &k]).unwrap(), text("v"));
    assert_eq!(c.command(&["STRLEN", &k]).unwrap(), Value::Integer(1));
    assert!(c.command(&["GET", "rust:missing"]).unwrap().is_nil());
    assert_eq!(
        c.command(&["EVAL", "return {1, {'a', {}}, false}", "0"]).unwrap(),
        Value::Array(vec![
            Value::Integer(1),
            Value::Array(vec![text("a"), Value::Array(vec![])]),
            Value::Nil
        ])
    );
}

#[test]
fn arguments_may_be_of_many_types() {
    let c = open();
    for (command, expected) in [
        (cmd!["ECHO", "text"], "text"),
        (cmd!["ECHO", String::new()], ""),
        (cmd!["ECHO", -5], "-5"),
        (cmd!["ECHO", u64::MAX], "18446744073709551615"),
        (cmd!["ECHO", 2.5], "2.5"),
        (cmd!["ECHO", true], "1"),
        (cmd!["ECHO", b"bytes"], "bytes"),
    ] {
        assert_eq!(c.command(&command).unwrap().as_str(), Some(expected));
    }
    let binary = b"\x00\xff\r\n".to_vec();
    assert_eq!(c.command(&[b"ECHO".to_vec(), binary.clone()]).unwrap(), Value::Bytes(binary));
    let many: Command =
        std::iter::once("DEL".to_string()).chain((0..100).map(|i| format!("{{m}}{i}"))).collect();
    assert_eq!(c.command(&many).unwrap(), Value::Integer(0));
    assert_error(&c.command::<[&str]>(&[]).unwrap_err(), ErrorCode::InvalidArgument, Outcome::NotSent);
}

#[test]
fn replies_convert() {
    let c = open();
    let k = key(&c, "convert");
    c.command(&cmd!["HSET", &k, "a", 1, "b", 2.5]).unwrap();
    assert_eq!(c.command(&["HGET", &k, "a"]).unwrap().get::<u32>().unwrap(), 1);
    assert_eq!(c.command(&["HGET", &k, "b"]).unwrap().get::<f64>().unwrap(), 2.5);
    let all: HashMap<String, f64> = c.command(&["HGETALL", &k]).unwrap().get().unwrap();
    assert_eq!(all, HashMap::from([("a".to_string(), 1.0), ("b".to_string(), 2.5)]));
    let list: Vec<Option<String>> = c.command(&["HMGET", &k, "a", "missing"]).unwrap().get().unwrap();
    assert_eq!(list, [Some("1".to_string()), None]);
    let bytes: Vec<u8> = c.command(&["HGET", &k, "a"]).unwrap().get().unwrap();
    assert_eq!(bytes, b"1");
    let error = text("secret").get::<i64>().unwrap_err();
    assert_eq!(error.code(), ErrorCode::Conversion);
    assert!(!error.message().contains("secret"));
    assert!(Value::Bytes(vec![0xff]).get::<String>().is_err());
}

#[test]
fn errors_tell_code_and_outcome() {
    let c = open();
    let k = key(&c, "errors");
    c.command(&["SET", &k, "text"]).unwrap();
    let error = c.command(&["LPUSH", &k, "x"]).unwrap_err();
    assert_error(&error, ErrorCode::Server, Outcome::Executed);
    assert_eq!(error.server_code(), Some("WRONGTYPE"));
    assert!(error.may_have_executed());
    let error = c.command(&["SUNION", "a", "b"]).unwrap_err();
    assert_error(&error, ErrorCode::CrossSlot, Outcome::NotSent);
    assert!(!error.may_have_executed());
    assert_eq!(error.code().name(), "RC_ERR_CROSS_SLOT");
}

#[test]
fn a_pipeline_keeps_order_and_failures_apart() {
    let c = open();
    let (a, b) = (key(&c, "pipe-a"), key(&c, "pipe-b"));
    let replies = c
        .pipeline(&[vec!["SET", &a, "1"], vec!["SET", &b, "x"], vec!["INCR", &b], vec!["INCR", &a]])
        .unwrap();
    assert_error(replies[2].as_error().unwrap(), ErrorCode::Server, Outcome::Executed);
    assert_eq!(replies[3], Value::Integer(2));
    assert!(c.pipeline::<Command>(&[]).unwrap().is_empty());
    assert_error(&c.transaction::<Command>(&[]).unwrap_err(), ErrorCode::Empty, Outcome::NotSent);
}

#[test]
fn a_watch_runs_again_where_a_key_changed() {
    let c = open();
    let k = key(&c, "watch");
    let mut tries = 0;
    let replies = c
        .watch(&[&k], |_| {
            tries += 1;
            if tries == 1 {
                c.command(&["SET", &k, "other"])?; // by the closure's own client
            }
            Ok(vec![cmd!["APPEND", &k, "!"]])
        })
        .unwrap();
    assert_eq!(replies, [Value::Integer(6)]);
    assert_eq!(tries, 2);
}

#[derive(Debug, PartialEq)]
struct Mine(u32);
impl std::fmt::Display for Mine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "mine {}", self.0)
    }
}
impl std::error::Error for Mine {}

#[test]
fn an_error_of_a_watch_closure_arrives() {
    let c = open();
    let k = key(&c, "abort");
    let error = c.watch(&[&k], |_| Err(Mine(7).into())).unwrap_err();
    assert_error(&error, ErrorCode::Aborted, Outcome::NotSent);
    assert_eq!(error.source().unwrap().downcast_ref(), Some(&Mine(7)));
    let error =
        c.watch(&[&k], |w| Ok(vec![cmd!["SET", &k, w.command(&["SUNION", "a", "b"])?.get::<i64>()?]]));
    assert_error(&error.unwrap_err(), ErrorCode::CrossSlot, Outcome::NotSent);
    let error = c.watch(&[&k], |_| Ok(vec![cmd!["SET", &k, 1], cmd!["MULTI"]])).unwrap_err();
    assert_error(&error, ErrorCode::Unsupported, Outcome::NotSent);
    assert!(c.command(&["GET", &k]).unwrap().is_nil());
}

#[test]
fn a_panic_passes_through_a_watch() {
    let c = open();
    let k = key(&c, "panic");
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        c.watch(&[&k], |w| {
            w.command(&["GET", &k])?;
            std::panic::resume_unwind(Box::new(Mine(8))) // without the message that panic! prints
        })
    }));
    assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&Mine(8)));
    assert_eq!(c.command(&["SET", &k, "1"]).unwrap().as_str(), Some("OK"));
}

#[test]
fn a_cancel_token_ends_a_blocked_call() {
    let c = open();
    let k = key(&c, "cancel");
    let token = CancelToken::new();
    let waiting = c.with(&CallOptions::new().cancel(&token)).unwrap();
    let from = Instant::now();
    thread::scope(|scope| {
        let call = scope.spawn(|| waiting.command(&["BLPOP", &k, "0"]));
        thread::sleep(Duration::from_millis(20));
        token.fire();
        assert_eq!(call.join().unwrap().unwrap_err().code(), ErrorCode::Cancelled);
    });
    assert!(token.is_fired());
    assert_error(&waiting.command(&["SET", &k, "1"]).unwrap_err(), ErrorCode::Cancelled, Outcome::NotSent);
    assert!(from.elapsed() < MUCH_LESS);
    assert_eq!(c.command(&["ECHO", "mine"]).unwrap(), text("mine"));
}

/// Panics when it is dropped.
#[derive(Debug)]
struct Bomb;
impl std::fmt::Display for Bomb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a bomb")
    }
}
impl std::error::Error for Bomb {}
impl Drop for Bomb {
    fn drop(&mut self) {
        if !thread::panicking() {
            std::panic::resume_unwind(Box::new("dropped"));
        }
    }
}

#[test]
fn only_a_closure_that_returns_its_commands_commits() {
    let c = open();
    let k = key(&c, "dying");
    let mine = || vec![cmd!["SET", &k, 1]];
    let panics: [&dyn Fn(); 3] = [&|| std::panic::resume_unwind(Box::new(Mine(1))), &|| drop(Bomb), &|| {
        assert!(std::hint::black_box(false), "as panic! does")
    }];
    for panic in panics {
        let ended = catch_unwind(AssertUnwindSafe(|| {
            c.watch(&[&k], |w| {
                let commands = mine();
                w.command(&["GET", &k])?;
                panic();
                Ok(commands)
            })
        }));
        assert!(ended.is_err());
        assert!(c.command(&["GET", &k]).unwrap().is_nil());
    }
    // A command that the library does not take, behind one that it does.
    let error = c.watch(&[&k], |_| Ok(vec![cmd!["SET", &k, 1], Command::from_iter(Vec::<String>::new())]));
    assert_error(&error.unwrap_err(), ErrorCode::InvalidArgument, Outcome::NotSent);
    assert!(c.command(&["GET", &k]).unwrap().is_nil());
}

#[test]
fn closures_of_options_that_die_leave_the_process_alone() {
    let panics: [fn() -> Result<rediscluster::Credentials, rediscluster::BoxError>; 3] = [
        || std::panic::resume_unwind(Box::new(Bomb)),
        || Err(Bomb.into()),
        || std::panic::resume_unwind(Box::new("mine")),
    ];
    for panic in panics {
        let error = Cluster::open(options().credentials(move |_, _| panic())).unwrap_err();
        assert_error(&error, ErrorCode::Auth, Outcome::NotSent);
    }
    let c = Cluster::open(
        options()
            .log(rediscluster::LogLevel::Debug, |_, _| std::panic::resume_unwind(Box::new(Bomb)))
            .on_attempt(|_| std::panic::resume_unwind(Box::new(Bomb))),
    );
    assert_eq!(c.unwrap().command(&["ECHO", "on"]).unwrap(), text("on"));
}

fn control(line: &str) -> String {
    let path = std::env::var("RC_TEST_CONTROL").unwrap();
    let mut stream = UnixStream::connect(path).unwrap();
    writeln!(stream, "{line}").unwrap();
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert!(answer.starts_with("ok"), "{answer}");
    answer.trim_end()[2..].trim_start().to_string()
}

/// As an async runtime has it: one thread for calls that block, and futures of their results that may be dropped.
struct Pool(mpsc::Sender<Box<dyn FnOnce() + Send>>);

impl Pool {
    fn new() -> Self {
        let (sender, jobs) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
        thread::spawn(move || jobs.iter().for_each(|job| job()));
        Self(sender)
    }

    fn spawn<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> mpsc::Receiver<T> {
        let (sender, result) = mpsc::channel();
        self.0.send(Box::new(move || drop(sender.send(call())))).unwrap();
        result
    }
}

#[test]
fn a_guard_that_is_dropped_ends_its_calls() {
    let c = open();
    let k = key(&c, "guard");
    let pool = Pool::new();
    for _ in 0..20 {
        let (call, guard) = c.with_guard(&CallOptions::new()).unwrap();
        let (blocked, queued) = (call.clone(), call);
        let (k1, k2) = (k.clone(), k.clone());
        let ended = pool.spawn(move || blocked.command(&["BLPOP", &k1, "0"]));
        let never_begun = pool.spawn(move || queued.command(&["SET", &k2, "1"]));
        control("wait-blocked 1");
        drop(guard);
        let (c2, from) = (c.clone(), Instant::now());
        let next = pool.spawn(move || c2.command(&["ECHO", "next"]));
        assert_eq!(next.recv_timeout(MUCH_LESS).unwrap().unwrap(), text("next"));
        assert!(from.elapsed() < MUCH_LESS);
        assert_eq!(ended.recv().unwrap().unwrap_err().code(), ErrorCode::Cancelled);
        assert_error(&never_begun.recv().unwrap().unwrap_err(), ErrorCode::Cancelled, Outcome::NotSent);
    }
    assert!(c.command(&["GET", &k]).unwrap().is_nil());
}

#[test]
fn a_guard_ends_calls_in_a_panic_too_and_none_where_it_is_disarmed() {
    let c = open();
    let token = CancelToken::new();
    let (call, guard) = c.with_guard(&CallOptions::new().cancel(&token)).unwrap();
    guard.disarm();
    assert_eq!(call.command(&["ECHO", "on"]).unwrap(), text("on"));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _guard = token.on_drop();
        std::panic::resume_unwind(Box::new(Mine(9)))
    }));
    assert!(panicked.is_err());
    assert_error(&call.command(&["PING"]).unwrap_err(), ErrorCode::Cancelled, Outcome::NotSent);
}

#[test]
fn a_cancel_token_ends_an_opening() {
    let mute = TcpListener::bind("127.0.0.1:0").unwrap(); // accepts, and says nothing
    let token = CancelToken::new();
    let fire = token.clone();
    let from = Instant::now();
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        fire.fire();
    });
    let options =
        Options::new().node(mute.local_addr().unwrap().to_string()).timeout(Duration::from_secs(60));
    let error = Cluster::open_with(options, &CallOptions::new().cancel(&token)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::Cancelled);
    assert!(from.elapsed() < MUCH_LESS);
    other.join().unwrap();
}

#[test]
fn a_call_has_its_own_timeout() {
    let c = open();
    let k = key(&c, "timeout");
    let hasty = c.with(&CallOptions::new().timeout(Duration::from_millis(30)).idempotent(true)).unwrap();
    assert_eq!(hasty.command(&["BLPOP", &k, "0"]).unwrap_err().code(), ErrorCode::Timeout);
    let error = c.with(&CallOptions::new().timeout(Duration::ZERO)).unwrap_err();
    assert_error(&error, ErrorCode::InvalidArgument, Outcome::NotSent);
}

#[test]
fn close_ends_calls_under_way_and_clones_are_the_same_cluster() {
    let c = open();
    let k = key(&c, "close");
    let waiting: Vec<_> = (0..4)
        .map(|_| {
            let (c, k) = (c.clone(), k.clone());
            thread::spawn(move || c.command(&["BLPOP", &k, "0"]))
        })
        .collect();
    thread::sleep(Duration::from_millis(30));
    c.close();
    c.close();
    for call in waiting {
        assert_eq!(call.join().unwrap().unwrap_err().code(), ErrorCode::Closed);
    }
    assert_error(&c.command(&["PING"]).unwrap_err(), ErrorCode::Closed, Outcome::NotSent);
}

#[test]
fn many_threads_get_their_own_replies() {
    let c = open();
    thread::scope(|scope| {
        for i in 0..16 {
            let c = &c;
            scope.spawn(move || {
                for round in 0..200 {
                    let mine = format!("{i}-{round}");
                    assert_eq!(c.command(&["ECHO", &mine]).unwrap(), text(&mine));
                }
            });
        }
    });
}

#[test]
fn info_find_and_refresh() {
    let c = Cluster::open(options().name("rust.find")).unwrap();
    c.refresh().unwrap();
    let info = c.info().unwrap();
    assert_eq!(info.slots_covered, 16384);
    assert!(info.counters["refreshes"] >= 2);
    assert!(info.nodes.len() >= 3 && info.nodes[0].is_primary && info.nodes[0].slots > 0);
    let found = Cluster::find("rust.find").unwrap();
    assert_eq!(found.command(&["PING"]).unwrap().as_str(), Some("PONG"));
    drop((c, found));
    assert!(Cluster::find("rust.find").is_none());
    assert_eq!(key_slot("{user1000}.following"), 3443);
}

#[test]
fn a_numbered_database() {
    let c = Cluster::open(options().database(0)).unwrap();
    assert_eq!(c.command(&["ECHO", "on"]).unwrap().as_str(), Some("on"));
    let none = Cluster::open(options().database(1)).unwrap_err();
    assert_error(&none, ErrorCode::Unsupported, Outcome::NotSent);
    assert!(none.to_string().contains("database"));
    // It is what C has for -1, which no u32 is.
    let bad = Cluster::open(options().database(u32::MAX)).unwrap_err();
    assert_error(&bad, ErrorCode::InvalidArgument, Outcome::NotSent);
    assert!(bad.to_string().contains("database"));
}

#[test]
fn wrong_options_are_told() {
    for wrong in [
        Options::new(),
        options().node("127.0.0.1:99999"),
        options().node("a\0b"),
        options().timeout(Duration::ZERO),
        options().max_redirects(u32::MAX),
        options().name("not a name"),
        Options::from_url("http://a"),
    ] {
        assert_error(&Cluster::open(wrong).unwrap_err(), ErrorCode::InvalidArgument, Outcome::NotSent);
    }
    assert!(!format!("{:?}", options().password("secret")).contains("secret"));
}
