use rediscluster::{Cluster, Error, Options};

fn main() -> Result<(), Error> {
    let cluster = Cluster::open(Options::new().nodes(std::env::args().skip(1)))?;
    cluster.command(&["RPUSH", "queue", "hello, cluster"])?;
    let popped: String = cluster.command(&["LPOP", "queue"])?.get()?;
    println!("{popped}");
    Ok(())
}
