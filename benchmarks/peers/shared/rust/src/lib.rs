//! The driver protocol for clients in Rust: rounds asked for on standard input, keys, values, and what was measured.

use std::fmt::Display;
use std::io::{BufRead, Write};
use std::sync::Barrier;
use std::time::Instant;

#[derive(Clone, Copy, PartialEq)]
pub enum Op {
    Get,
    Set,
    Mget,
    Pipeline,
}

#[derive(Clone, Copy)]
pub struct Round {
    pub op: Op,
    pub parallel: usize,
    pub size: usize,
    pub batch: usize,
    pub seconds: f64,
}

impl Round {
    fn parse(line: &str) -> Option<Round> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["round", op, parallel, size, batch, seconds] = words[..] else {
            return None;
        };
        let op = match op {
            "get" => Op::Get,
            "set" => Op::Set,
            "mget" => Op::Mget,
            "pipeline" => Op::Pipeline,
            _ => return None,
        };
        Some(Round {
            op,
            parallel: parallel.parse().ok()?,
            size: size.parse().ok()?,
            batch: batch.parse().ok()?,
            seconds: seconds.parse().ok()?,
        })
    }
}

/// Keys and values go on after their end, so that a slice of `batch` can start at any of the `count` keys.
pub struct Workload {
    pub count: usize,
    pub keys: Vec<String>,
    pub values: Vec<Vec<u8>>,
}

impl Workload {
    pub fn of(round: &Round) -> Workload {
        let count = match round.size {
            size if size >= 4 << 20 => 4,
            size if size >= 65536 => 100,
            _ if round.op == Op::Mget => 100,
            _ => 3000,
        };
        let tag = if round.op == Op::Mget { "{m}:" } else { "" };
        let mut workload = Workload { count, keys: Vec::new(), values: Vec::new() };
        for i in 0..count + round.batch {
            let key = format!("bench:{}:{}{}", round.size, tag, i % count);
            let value = format!("{key}:").into_bytes().into_iter().cycle().take(round.size).collect();
            workload.keys.push(key);
            workload.values.push(value);
        }
        workload
    }

    /// Where a caller's next call starts.
    pub fn next(&self, round: &Round, index: usize) -> usize {
        (index + if round.op == Op::Pipeline { round.batch } else { 1 }) % self.count
    }
}

/// One caller's calls. The time of a call ends where that of the next begins.
pub struct Calls {
    nanoseconds: Vec<u64>,
    before: Instant,
    began: Instant,
    seconds: f64,
}

impl Calls {
    pub fn begin(round: &Round) -> Calls {
        let now = Instant::now();
        Calls { nanoseconds: Vec::with_capacity(1 << 16), before: now, began: now, seconds: round.seconds }
    }

    /// Notes that a call has ended; false when the round is over.
    pub fn ended(&mut self) -> bool {
        let now = Instant::now();
        self.nanoseconds.push((now - self.before).as_nanos() as u64);
        self.before = now;
        (now - self.began).as_secs_f64() < self.seconds
    }
}

fn report(round: &Round, callers: &[Calls]) -> String {
    let began = callers.iter().map(|calls| calls.began).min().unwrap();
    let ended = callers.iter().map(|calls| calls.before).max().unwrap();
    let mut all: Vec<u64> = callers.iter().flat_map(|calls| calls.nanoseconds.iter().copied()).collect();
    all.sort_unstable();
    let at = |part: f64| all[((all.len() as f64 * part) as usize).min(all.len() - 1)] as f64 / 1e3;
    let commands = all.len() * if round.op == Op::Pipeline { round.batch } else { 1 };
    format!(
        "{{\"commands\": {}, \"seconds\": {:.6}, \"latency_us\": [{:.1}, {:.1}, {:.1}]}}",
        commands,
        (ended - began).as_secs_f64(),
        at(0.5),
        at(0.99),
        at(0.999)
    )
}

/// The addresses after --nodes, as the client wants them.
pub fn nodes() -> Vec<String> {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.len() != 3 || arguments[1] != "--nodes" {
        die(&format!("usage: {} --nodes HOST:PORT,...", arguments[0]));
    }
    arguments[2].split(',').map(|node| format!("redis://{node}")).collect()
}

/// Answers rounds until standard input ends; `run` measures one and gives what each caller saw.
pub fn serve(mut run: impl FnMut(Round, Workload) -> Vec<Calls>) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = match Round::parse(&line) {
            Some(round) => report(&round, &run(round, Workload::of(&round))),
            None => format!("{{\"error\": \"this driver does not know: {}\"}}", line.trim()),
        };
        println!("{answer}");
        std::io::stdout().flush().unwrap_or_else(|_| die("nobody reads the answers"));
    }
}

pub fn die(message: &str) -> ! {
    eprintln!("driver: {message}");
    std::process::exit(1);
}

/// One round by threads, one for each of `clients`, all at once. `call` tells whether the replies to one call, with the keys
/// from an index on, were good.
pub fn threads<C: Send, E: Display>(
    clients: &mut [C],
    round: &Round,
    workload: &Workload,
    call: impl Fn(&mut C, &Round, &Workload, usize) -> Result<bool, E> + Sync,
) -> Vec<Calls> {
    let start = Barrier::new(clients.len());
    let caller = |client: &mut C, number: usize| {
        let mut index = number * 700 % workload.count;
        start.wait();
        let mut calls = Calls::begin(round);
        loop {
            match call(client, round, workload, index) {
                Ok(good) => check(good, &workload.keys[index]),
                Err(error) => die(&error.to_string()),
            }
            if !calls.ended() {
                return calls;
            }
            index = workload.next(round, index);
        }
    };
    std::thread::scope(|scope| {
        let caller = &caller;
        let threads: Vec<_> = clients
            .iter_mut()
            .enumerate()
            .map(|(number, client)| scope.spawn(move || caller(client, number)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Ends the driver when a reply is not what was written.
pub fn check(good: bool, key: &str) {
    if !good {
        die(&format!("wrong reply at {key}"));
    }
}
