//! The operations of a scenario as calls of the crate.
use std::collections::HashSet;
use std::sync::RwLock;
use std::thread;
use std::time::Duration;

use rediscluster::{
    key_slot, CallOptions, CancelToken, Cluster, Credentials, Error, Explanation, Options, ReadFrom, Route,
    TlsVersion, Value,
};

use crate::words::Word;

/// The handle that a scenario's operations use.
pub struct Client {
    cluster: RwLock<Option<Cluster>>,
    nodes: String, // of the environment
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or(0)
}

/// No duration is negative: none at all is refused too.
fn milliseconds(text: &str) -> Duration {
    Duration::from_millis(u64::try_from(number(text)).unwrap_or(0))
}

fn cancelled_after(text: &str) -> CancelToken {
    let token = CancelToken::new();
    if text == "0" {
        token.fire();
    } else {
        let (token, after) = (token.clone(), milliseconds(text));
        thread::spawn(move || {
            thread::sleep(after);
            token.fire();
        });
    }
    token
}

fn read_from(name: &str) -> ReadFrom {
    match name {
        "prefer_replica" => ReadFrom::PreferReplica,
        "replica" => ReadFrom::Replica,
        "round_robin" => ReadFrom::RoundRobin,
        "lowest_latency" => ReadFrom::LowestLatency,
        "same_zone" => ReadFrom::SameZone,
        _ => ReadFrom::Primary,
    }
}

fn mapped(options: Options, pairs: &str) -> Options {
    pairs
        .split(',')
        .filter_map(|pair| pair.split_once('>'))
        .fold(options, |options, (announced, to)| options.map_address(announced, to))
}

fn with_credentials(options: Options, given: &str) -> Options {
    let given = given.split_once(':').map(|(user, password)| Credentials::new(user, password));
    options.credentials(move |_, _| given.clone().ok_or_else(|| "no credentials".into()))
}

fn field(name: &str, explained: Explanation) -> Value {
    match name {
        "keys" => Value::Array(explained.keys.into_iter().map(Value::Bytes).collect()),
        "slot" => Value::Integer(explained.slot.map_or(-1, i64::from)),
        "read_only" => Value::Integer(explained.is_read_only.into()),
        "may_block" => Value::Integer(explained.may_block.into()),
        _ => {
            let node = explained.node.map_or("-".to_string(), |(host, port)| format!("{host}:{port}"));
            Value::Bytes(node.into_bytes())
        }
    }
}

impl Client {
    pub fn new(nodes: &str) -> Self {
        Self { cluster: RwLock::new(None), nodes: nodes.to_string() }
    }

    pub fn cluster(&self) -> Cluster {
        self.cluster.read().unwrap().clone().expect("an open cluster")
    }

    pub fn close(&self) {
        if let Some(cluster) = &*self.cluster.read().unwrap() {
            cluster.close();
        }
    }

    pub fn open(&self, words: &[Word]) -> Result<Value, Error> {
        let pairs: Vec<_> =
            words.iter().map(|word| word.text().split_once('=').unwrap_or_default()).collect();
        let url = pairs.iter().find(|(name, _)| *name == "url");
        let mut options = url.map_or_else(Options::new, |(_, url)| Options::from_url(*url));
        let mut nodes = if url.is_some() { "" } else { self.nodes.as_str() };
        let mut call = CallOptions::new();
        let (mut certificate, mut key) = ("", "");
        for (name, value) in pairs {
            options = match name {
                "password" => options.password(value),
                "username" => options.username(value),
                "name" => options.name(value),
                "timeout_ms" => options.timeout(milliseconds(value)),
                "connect_timeout_ms" => options.connect_timeout(milliseconds(value)),
                "max_redirects" => options.max_redirects(number(value) as u32),
                "watch_retries" => options.watch_retries(number(value) as u32),
                "database" => options.database(number(value) as u32),
                "refresh_interval_ms" => options.refresh_interval(milliseconds(value)),
                "read_from" => options.read_from(read_from(value)),
                "zone" => options.zone(value),
                "protocol" => options.protocol(number(value) as u8),
                "tls" => options.tls(value == "1"),
                "tls_verify" => options.tls_verify(value == "1"),
                "tls_ca_file" => options.tls_ca_file(value),
                "tls_ca_dir" => options.tls_ca_dir(value),
                "tls_key_password" => options.tls_key_password(value),
                "tls_server_name" => options.tls_server_name(value),
                "tls_min_version" => {
                    options.tls_min_version(if value == "1.3" { TlsVersion::V1_3 } else { TlsVersion::V1_2 })
                }
                "mapped" => mapped(options, value),
                "credentials" => with_credentials(options, value),
                _ => options,
            };
            match name {
                "nodes" => nodes = value,
                "tls_certificate" => certificate = value,
                "tls_key" => key = value,
                "cancel_after_ms" => call = call.cancel(&cancelled_after(value)),
                _ => {}
            }
        }
        if !certificate.is_empty() || !key.is_empty() {
            options = options.tls_certificate(certificate, key);
        }
        options = options.nodes(nodes.split(',').filter(|node| !node.is_empty()));
        self.close();
        let opened = Cluster::open_with(options, &call)?;
        *self.cluster.write().unwrap() = Some(opened);
        Ok(Value::Nil)
    }

    /// The cluster for a call, by the options in front of its words.
    pub fn prepared<'a>(&self, words: &'a [Word]) -> Result<(Cluster, &'a [Word]), Error> {
        let count = words.iter().take_while(|word| word.after("@").is_some()).count();
        let mut options = CallOptions::new();
        for (name, value) in words[..count].iter().filter_map(|word| word.text().split_once('=')) {
            options = match name {
                "@timeout_ms" => options.timeout(milliseconds(value)),
                "@read_from" => options.read_from(read_from(value)),
                "@route" => options.route(match value {
                    "one" => Route::One,
                    "primaries" => Route::Primaries,
                    "nodes" => Route::Nodes,
                    _ => Route::Auto,
                }),
                "@node" => options.node(value),
                "@route_key" => options.route_key(value),
                "@split" => options.split(value == "1"),
                "@combine" => options.by_node(value == "by_node"),
                "@idempotent" => options.idempotent(value == "1"),
                _ => options.cancel(&cancelled_after(value)),
            };
        }
        let cluster = self.cluster();
        Ok((if count == 0 { cluster } else { cluster.with(&options)? }, &words[count..]))
    }

    pub fn call(&self, verb: &str, words: &[Word]) -> Result<Value, Error> {
        match verb {
            "command" | "pipeline" | "transaction" => {
                let (cluster, words) = self.prepared(words)?;
                let commands: Vec<&[Word]> =
                    if words.is_empty() { vec![] } else { words.split(|word| word.is(";")).collect() };
                match verb {
                    "command" => cluster.command(words),
                    "pipeline" => cluster.pipeline(&commands).map(Value::Array),
                    _ => cluster.transaction(&commands).map(Value::Array),
                }
            }
            "explain" => {
                let (cluster, words) = self.prepared(words)?;
                cluster.explain(&words[1..]).map(|explained| field(words[0].text(), explained))
            }
            "find" => {
                let found = Cluster::find(words[0].text());
                let count = i64::from(found.is_some());
                if found.is_some() {
                    *self.cluster.write().unwrap() = found;
                }
                Ok(Value::Integer(count))
            }
            "refresh" => self.cluster().refresh().map(|()| Value::Nil),
            "close" => {
                self.close();
                Ok(Value::Nil)
            }
            "info" => self.info(words),
            "scan" => {
                let mut keys = HashSet::new();
                for key in self.cluster().scan()?.matching(words[0].text())? {
                    keys.insert(key?.as_bytes().unwrap_or_default().to_vec());
                }
                Ok(Value::Integer(keys.len() as i64))
            }
            "slot" => Ok(Value::Integer(key_slot(&words[0]).into())),
            other => panic!("no such step: {other}"),
        }
    }

    fn info(&self, words: &[Word]) -> Result<Value, Error> {
        let info = self.cluster().info()?;
        if words[0].text() == "owner" {
            let owner = &info.nodes[info.slot_owner(key_slot(&words[1])).unwrap()];
            return Ok(Value::Bytes(format!("{}:{}", owner.host, owner.port).into_bytes()));
        }
        let value = match words[0].text() {
            "ids" => info.nodes.iter().map(|node| &node.id).collect::<HashSet<_>>().len(),
            "nodes" => info.nodes.len(),
            "primaries" => info.nodes.iter().filter(|node| node.is_primary).count(),
            "seeds" => info.seeds.len(),
            "slots_covered" => info.slots_covered,
            _ => info.counters.get(words[1].text()).copied().unwrap_or(0) as usize,
        };
        Ok(Value::Integer(value as i64))
    }
}
