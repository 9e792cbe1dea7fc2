//! Memory of the process over many calls, whether they succeed or fail. Ignored unless asked for: it takes a minute.
use std::thread;
use std::time::Duration;

use rediscluster::{cmd, CallOptions, CancelToken, Cluster, Credentials, LogLevel, Options};

fn resident() -> i64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<i64>().unwrap() * 4096
}

/// A leak of 50 bytes a call would show.
#[test]
#[ignore]
fn nothing_leaks() {
    const CALLERS: usize = 8;
    let calls = std::env::var("RC_TEST_CALLS").map_or(200_000, |text| text.parse::<usize>().unwrap());
    let nodes = std::env::var("RC_TEST_NODES").expect("run by bindings/rust/test");
    let c = Cluster::open(Options::new().nodes(nodes.split(','))).unwrap();
    c.command(&["SET", "leak:text", "text"]).unwrap();
    let fired = CancelToken::new();
    fired.fire();
    let cancelled = c.with(&CallOptions::new().cancel(&fired)).unwrap();
    let hasty = CallOptions::new().timeout(Duration::from_millis(1));

    let with_functions = || {
        Options::new()
            .nodes(nodes.split(','))
            .credentials(|_, _| Ok(Credentials::password("")))
            .log(LogLevel::Debug, |_, _| ())
            .on_attempt(|_| ())
    };

    type Call<'a> = Box<dyn Fn() + Sync + 'a>;
    let cases: Vec<(&str, usize, Call)> = vec![
        ("success", calls, Box::new(|| drop(c.command(&["GET", "leak:text"])))),
        ("error", calls, Box::new(|| drop(c.command(&["LPUSH", "leak:text", "1"])))),
        ("cancelled", calls, Box::new(|| drop(cancelled.command(&["GET", "leak:text"])))),
        ("pipeline", calls, Box::new(|| drop(c.pipeline(&[["GET", "leak:text"], ["INCR", "leak:text"]])))),
        ("cross slot", calls, Box::new(|| drop(c.transaction(&[["GET", "a"], ["GET", "b"]])))),
        (
            "timeout",
            calls / 10,
            Box::new(|| drop(c.with(&hasty).unwrap().command(&["BLPOP", "leak:queue", "1"]))),
        ),
        (
            "watch",
            calls / 10,
            Box::new(|| drop(c.watch(&["leak:text"], |_| Ok(vec![cmd!["GET", "leak:text"]])))),
        ),
        ("open", calls / 50, Box::new(|| drop(Cluster::open(with_functions()).unwrap().command(&["PING"])))),
        ("aborted", calls / 10, Box::new(|| drop(c.watch(&["leak:text"], |_| Err("no".into()))))),
    ];
    for (name, count, call) in cases {
        let run = |count: usize| {
            thread::scope(|scope| {
                for _ in 0..CALLERS {
                    scope.spawn(|| (0..count / CALLERS).for_each(|_| call()));
                }
            });
        };
        run(count / 10);
        let before = resident();
        run(count);
        let grown = resident() - before;
        println!("{name}: {grown} bytes more after {count} calls");
        let judged = std::env::var_os("RC_TEST_UNDER_VALGRIND").is_none();
        assert!(
            !judged || grown < (50 * count + (2 << 20)) as i64,
            "{name}: {grown} bytes more after {count} calls"
        );
    }
}
