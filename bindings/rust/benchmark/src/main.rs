//! The crate behind the driver protocol of benchmarks/: threads share one Cluster.
use driver::{Op, Round, Workload};
use rediscluster::{Cluster, Options, Result, Value};

fn same(replies: &[Value], values: &[Vec<u8>]) -> bool {
    replies.len() == values.len() && replies.iter().zip(values).all(|(reply, value)| is(reply, value))
}

fn is(reply: &Value, value: &[u8]) -> bool {
    reply.as_bytes() == Some(value)
}

fn call(cluster: &Cluster, round: &Round, workload: &Workload, index: usize) -> Result<bool> {
    let (keys, values) = (&workload.keys, &workload.values);
    let many = index..index + round.batch;
    Ok(match round.op {
        Op::Get => is(&cluster.command(&["GET", &keys[index]])?, &values[index]),
        Op::Set => cluster.command(&[b"SET", keys[index].as_bytes(), &values[index]])?.as_str() == Some("OK"),
        Op::Mget => {
            let command: Vec<_> =
                std::iter::once("MGET").chain(keys[many.clone()].iter().map(|key| &key[..])).collect();
            same(cluster.command(&command)?.as_slice().unwrap_or(&[]), &values[many])
        }
        Op::Pipeline => {
            let commands: Vec<_> = keys[many.clone()].iter().map(|key| ["GET", key]).collect();
            same(&cluster.pipeline(&commands)?, &values[many])
        }
    })
}

fn main() {
    let nodes = driver::nodes().into_iter().map(|node| node.trim_start_matches("redis://").to_string());
    let cluster =
        Cluster::open(Options::new().nodes(nodes)).unwrap_or_else(|error| driver::die(&error.to_string()));
    driver::serve(|round, workload| {
        let mut clients = vec![&cluster; round.parallel];
        driver::threads(&mut clients, &round, &workload, |cluster, round, workload, index| {
            call(cluster, round, workload, index)
        })
    });
}
