//! The steps of a scenario.
use std::io::{Read, Write};
use std::os::raw::c_int;
use std::os::unix::net::UnixStream;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rediscluster::{Command, Value, Watch};

use crate::calls::Client;
use crate::values::{check, Came};
use crate::words::{split, substitute, Variables, Word};

const PATIENCE: Duration = Duration::from_secs(20); // of `eventually`

/// Threads share it.
pub type Block = Arc<Vec<Step>>;

pub struct Step {
    pub line: String,
    pub number: usize,
    pub block: Block,
}

/// How a block ends before its end.
enum Stop {
    Failed(String),
    Abort,
    Raise,
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Stop::Failed(why)
    }
}

/// The panic of `raise`.
struct Mine;

/// A callback that runs.
struct Watching<'a, 'w> {
    watch: &'a mut Watch<'w>,
    queue: Vec<Command>,
    first: bool,
}

struct Scenario {
    client: Client,
    tries: AtomicUsize,
    background: Mutex<Option<JoinHandle<Result<(), String>>>>,
}

type Ended = Result<(), Stop>;

pub fn run(block: &Block, nodes: &str) -> Result<(), String> {
    control("reset")?;
    let client = Client::new(nodes);
    client.open(&split("timeout_ms=15000")?).map_err(|error| error.to_string())?;
    let scenario = Arc::new(Scenario { client, tries: AtomicUsize::new(0), background: Mutex::new(None) });
    let variables = Variables::from([("nodes".to_string(), nodes.to_string())]);
    let ended = scenario.run(block, variables, &mut None);
    scenario.client.close();
    scenario.join().ok(); // where it failed, "join" has told
    ended.map_err(text)
}

fn text(stop: Stop) -> String {
    match stop {
        Stop::Failed(why) => why,
        Stop::Abort | Stop::Raise => "outside of a watch".to_string(),
    }
}

fn control(line: &str) -> Result<String, String> {
    let ask = || -> std::io::Result<String> {
        let mut connection = UnixStream::connect(std::env::var("RC_TEST_CONTROL").unwrap_or_default())?;
        writeln!(connection, "{line}")?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = ask().map_err(|error| format!("control: {error}"))?;
    match answer.trim().strip_prefix("ok") {
        Some(value) => Ok(value.trim_start().to_string()),
        None => Err(format!("control: {answer}")),
    }
}

extern "C" {
    fn fork() -> c_int;
    fn waitpid(child: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn _exit(status: c_int) -> !;
}

impl Scenario {
    fn run(self: &Arc<Self>, block: &Block, variables: Variables, watching: &mut Option<Watching>) -> Ended {
        let mut variables = variables;
        let mut steps = block.iter().peekable();
        while let Some(step) = steps.next() {
            let expected = match steps.next_if(|next| next.line.starts_with(['=', '!'])) {
                Some(line) => split(&substitute(&line.line, &variables))?,
                None => Vec::new(),
            };
            self.step(step, &mut variables, &expected, watching).map_err(|stop| match stop {
                Stop::Failed(why) if !why.starts_with("line ") => {
                    Stop::Failed(format!("line {}: {why}", step.number))
                }
                other => other, // that of an inner step has its number
            })?;
        }
        Ok(())
    }

    fn step(
        self: &Arc<Self>,
        step: &Step,
        variables: &mut Variables,
        expected: &[Word],
        watching: &mut Option<Watching>,
    ) -> Ended {
        let line = substitute(&step.line, variables);
        let words = split(&line)?;
        let (verb, words) = (words[0].text().to_string(), &words[1..]);
        let rest = line.split_once(' ').map_or("", |(_, rest)| rest);
        match (verb.as_str(), watching) {
            ("needs", _) => {}
            ("abort", _) => return Err(Stop::Abort),
            ("raise", _) => return Err(Stop::Raise),
            ("control", _) => drop(control(rest)?),
            ("let", _) => {
                let (name, asked) = rest.split_once(' ').unwrap_or_default();
                variables.insert(name.to_string(), control(asked)?);
            }
            ("first", watching) => {
                if watching.as_ref().map_or(false, |watching| watching.first) {
                    self.run(&step.block, variables.clone(), watching)?;
                }
            }
            ("tries", _) => {
                let tries = self.tries.load(Ordering::SeqCst);
                if words[0].text() != tries.to_string() {
                    return Err(Stop::Failed(format!("the callback ran {tries} times")));
                }
            }
            ("threads", _) => self.threads(words, &step.block, variables)?,
            ("background", _) => {
                let (scenario, block, variables) = (self.clone(), step.block.clone(), variables.clone());
                let thread = thread::spawn(move || scenario.run(&block, variables, &mut None).map_err(text));
                *self.background.lock().unwrap() = Some(thread);
            }
            ("join", _) => self.join()?,
            ("fork", _) => self.fork(&step.block, variables)?,
            ("eventually", _) => self.eventually(words, expected)?,
            ("watch", _) => self.watch(words, &step.block, variables, expected)?,
            ("open", _) => check(expected, &Came::Of(self.client.open(words)))?,
            ("read", Some(watching)) => check(expected, &Came::Of(watching.watch.command(words)))?,
            ("queue", Some(watching)) => {
                watching.queue.push(words.iter().map(|word| &word.bytes[..]).collect())
            }
            (verb, _) => check(expected, &Came::Of(self.client.call(verb, words)))?,
        }
        Ok(())
    }

    fn join(&self) -> Result<(), String> {
        let thread = self.background.lock().unwrap().take();
        thread.map_or(Ok(()), |thread| thread.join().unwrap_or_else(|_| Err("it panicked".to_string())))
    }

    fn threads(self: &Arc<Self>, words: &[Word], block: &Block, variables: &Variables) -> Result<(), String> {
        let count = |i: usize| words[i].text().parse::<usize>().map_err(|error| error.to_string());
        let (threads, rounds) = (count(0)?, count(1)?);
        let all: Vec<_> = (0..threads)
            .map(|i| {
                let (scenario, block, mut own) = (self.clone(), block.clone(), variables.clone());
                own.insert("thread".to_string(), i.to_string());
                thread::spawn(move || {
                    (0..rounds).try_for_each(|round| {
                        own.insert("round".to_string(), round.to_string());
                        scenario.run(&block, own.clone(), &mut None).map_err(text)
                    })
                })
            })
            .collect();
        all.into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err("it panicked".to_string())))
    }

    fn fork(self: &Arc<Self>, block: &Block, variables: &Variables) -> Result<(), String> {
        // SAFETY: no other thread of this program runs here but such as wait for a token's time.
        unsafe {
            let child = fork();
            if child == 0 {
                let ended = self.run(block, variables.clone(), &mut None).map_err(text);
                if let Err(why) = &ended {
                    eprintln!("in the child: {why}");
                }
                _exit(c_int::from(ended.is_err()));
            }
            let mut status = 1;
            if child > 0 && waitpid(child, &mut status, 0) == child && status == 0 {
                return Ok(());
            }
            Err(format!("the forked child ended with status {status}"))
        }
    }

    fn eventually(&self, words: &[Word], expected: &[Word]) -> Result<(), String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let checked = check(expected, &Came::Of(self.client.call(words[0].text(), &words[1..])));
            if checked.is_ok() || Instant::now() > end {
                return checked;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn watch(
        self: &Arc<Self>,
        words: &[Word],
        block: &Block,
        variables: &Variables,
        expected: &[Word],
    ) -> Result<(), String> {
        let (cluster, keys) = match self.client.prepared(words) {
            Ok(prepared) => prepared,
            Err(error) => return check(expected, &Came::Of(Err(error))),
        };
        let mut tries = 0;
        let mut failed = None; // of the last run: the library may have repaired what was before
        let called = catch_unwind(AssertUnwindSafe(|| {
            cluster.watch(keys, |watch| {
                tries += 1;
                failed = None;
                let mut watching = Some(Watching { watch, queue: Vec::new(), first: tries == 1 });
                match self.run(block, variables.clone(), &mut watching) {
                    Ok(()) => return Ok(watching.map_or_else(Vec::new, |watching| watching.queue)),
                    Err(Stop::Abort) => {}
                    Err(Stop::Raise) => resume_unwind(Box::new(Mine)),
                    Err(Stop::Failed(why)) => failed = Some(why),
                }
                Err("aborted".into())
            })
        }));
        self.tries.store(tries, Ordering::SeqCst);
        if let Some(why) = failed {
            return Err(why);
        }
        let came = match called {
            Ok(result) => Came::Of(result.map(Value::Array)),
            Err(panic) if panic.is::<Mine>() => Came::Raised,
            Err(other) => resume_unwind(other),
        };
        check(expected, &came)
    }
}
