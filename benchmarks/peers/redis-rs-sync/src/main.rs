//! redis-rs, synchronous: threads share a ClusterClient, each with a ClusterConnection of its own.
//! A connection a thread, kept between rounds, is what a pool would hand out, without the pool's lock.

use driver::{Op, Round, Workload};
use redis::cluster::{cluster_pipe, ClusterClient, ClusterConnection};
use redis::{Commands, RedisResult};

fn call(
    connection: &mut ClusterConnection,
    round: &Round,
    workload: &Workload,
    index: usize,
) -> RedisResult<bool> {
    let many = index..index + round.batch;
    Ok(match round.op {
        Op::Get => connection.get::<_, Vec<u8>>(&workload.keys[index])? == workload.values[index],
        Op::Set => connection.set::<_, _, String>(&workload.keys[index], &workload.values[index])? == "OK",
        Op::Mget => {
            connection.mget::<_, Vec<Vec<u8>>>(&workload.keys[many.clone()])? == workload.values[many]
        }
        Op::Pipeline => {
            let mut pipeline = cluster_pipe();
            for key in &workload.keys[many.clone()] {
                pipeline.get(key);
            }
            pipeline.query::<Vec<Vec<u8>>>(connection)? == workload.values[many]
        }
    })
}

fn main() {
    let client = ClusterClient::new(driver::nodes()).unwrap_or_else(|error| driver::die(&error.to_string()));
    let mut connections = Vec::new();
    driver::serve(|round, workload| {
        while connections.len() < round.parallel {
            let connection = client.get_connection();
            connections.push(connection.unwrap_or_else(|error| driver::die(&error.to_string())));
        }
        driver::threads(&mut connections[..round.parallel], &round, &workload, call)
    });
}
