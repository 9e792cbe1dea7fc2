//! redis-rs, asynchronous: tokio tasks share one multiplexed ClusterConnection.
//! Its pipelines are for one slot; over all nodes, many commands at once are many futures joined.
//! The runtime has one thread: with two it was slower everywhere, as replies then wake a thread.

use std::sync::Arc;

use driver::{check, Calls, Op, Round, Workload};
use futures_util::future::try_join_all;
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::{AsyncCommands, RedisResult};

async fn get(mut connection: ClusterConnection, key: &str) -> RedisResult<Vec<u8>> {
    connection.get(key).await
}

async fn call(
    connection: &mut ClusterConnection,
    round: &Round,
    workload: &Workload,
    index: usize,
) -> RedisResult<bool> {
    let (key, value) = (&workload.keys[index], &workload.values[index]);
    let many = index..index + round.batch;
    Ok(match round.op {
        Op::Get => connection.get::<_, Vec<u8>>(key).await? == *value,
        Op::Set => connection.set::<_, _, String>(key, value).await? == "OK",
        Op::Mget => {
            connection.mget::<_, Vec<Vec<u8>>>(&workload.keys[many.clone()]).await? == workload.values[many]
        }
        Op::Pipeline => {
            let gets = workload.keys[many.clone()].iter().map(|key| get(connection.clone(), key));
            try_join_all(gets).await? == workload.values[many]
        }
    })
}

async fn caller(
    mut connection: ClusterConnection,
    round: Round,
    workload: Arc<Workload>,
    number: usize,
) -> Calls {
    let mut index = number * 700 % workload.count;
    let mut calls = Calls::begin(&round);
    loop {
        match call(&mut connection, &round, &workload, index).await {
            Ok(good) => check(good, &workload.keys[index]),
            Err(error) => driver::die(&error.to_string()),
        }
        if !calls.ended() {
            return calls;
        }
        index = workload.next(&round, index);
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| driver::die(&error.to_string()));
    let connection = runtime.block_on(async {
        let client = ClusterClient::new(driver::nodes())?;
        client.get_async_connection().await
    });
    let connection = connection.unwrap_or_else(|error| driver::die(&error.to_string()));
    driver::serve(|round, workload| {
        let workload = Arc::new(workload);
        runtime.block_on(async {
            let callers: Vec<_> = (0..round.parallel)
                .map(|number| tokio::spawn(caller(connection.clone(), round, workload.clone(), number)))
                .collect();
            let mut all = Vec::new();
            for caller in callers {
                all.push(caller.await.unwrap());
            }
            all
        })
    });
}
