//! Options of connections, and closures that the library calls.
use std::collections::HashSet;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rediscluster::{
    key_slot, Attempt, CallOptions, Cluster, Credentials, ErrorCode, LogLevel, Options, Outcome, ReadFrom,
    Value,
};

fn nodes() -> Vec<String> {
    let list = std::env::var("RC_TEST_NODES").expect("run by bindings/rust/test");
    list.split(',').map(String::from).collect()
}

fn options() -> Options {
    Options::new().nodes(nodes()).timeout(Duration::from_secs(5))
}

fn control(line: &str) -> String {
    let mut connection = UnixStream::connect(std::env::var("RC_TEST_CONTROL").unwrap()).unwrap();
    writeln!(connection, "{line}").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer.trim().strip_prefix("ok").unwrap_or_else(|| panic!("{answer}")).trim().to_string()
}

fn refused(options: Options) -> rediscluster::Error {
    Cluster::open(options).unwrap_err()
}

#[test]
fn credentials_are_asked_at_each_connect() {
    let node = control(concat!(
        r#"script "ALWAYS EXPECT AUTH ann one -> REPLY +OK\nALWAYS EXPECT AUTH two -> REPLY +OK\n"#,
        r#"ALWAYS EXPECT CLUSTER SLOTS -> SLOTS 0-16383 a\n""#
    ));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = asked.clone();
    let options = Options::new().node(&*node).credentials(move |host, port| {
        let mut noted = noted.lock().unwrap();
        noted.push(format!("{host}:{port}"));
        Ok(if noted.len() == 1 { Credentials::new("ann", "one") } else { Credentials::password("two") })
    });
    let cluster = Cluster::open(options).unwrap();
    assert_eq!(asked.lock().unwrap().iter().collect::<HashSet<_>>(), HashSet::from([&node]));
    assert_eq!(cluster.info().unwrap().slots_covered, 16384);
}

#[test]
fn why_there_are_no_credentials_is_in_the_error() {
    let error = refused(options().credentials(|_, _| Err("the vault is sealed".into())));
    assert_eq!((error.code(), error.outcome()), (ErrorCode::Auth, Outcome::NotSent));
    assert!(error.message().contains("the vault is sealed"), "{error}");
    let error = refused(options().credentials(|_, _| panic!("mine")));
    assert!(error.message().contains("panic: mine"), "{error}");
    let error = refused(options().credentials(|_, _| Ok(Credentials::password("a\0b"))));
    assert_eq!(error.code(), ErrorCode::Auth);
}

#[test]
fn closures_live_as_long_as_the_cluster() {
    let alive = Arc::new(());
    let held = alive.clone();
    let ask = move |_: &str, _: u16| {
        let _ = &held;
        Ok(Credentials::password(""))
    };
    let opened = Cluster::open(options().name("rust.closures").credentials(ask)).unwrap();
    let found = Cluster::find("rust.closures").unwrap();
    drop(opened);
    for i in 0..20 {
        found.command(&["SET", &format!("k{i}"), "1"]).unwrap();
    }
    assert_eq!(Arc::strong_count(&alive), 2);
    drop(found);
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[test]
fn a_log() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let to = said.clone();
    let log = move |level, line: &str| to.lock().unwrap().push((level, line.to_string()));
    drop(Cluster::open(options().log(LogLevel::Info, log)).unwrap());
    let said = said.lock().unwrap();
    assert!(said.iter().any(|(level, line)| *level == LogLevel::Info && line.contains("opened: 6 nodes")));
    assert!(said.iter().all(|(level, _)| *level <= LogLevel::Info));
}

#[test]
fn attempts() {
    let all = Arc::new(Mutex::new(Vec::<Attempt>::new()));
    let to = all.clone();
    let cluster =
        Cluster::open(options().on_attempt(move |attempt| to.lock().unwrap().push(attempt.clone()))).unwrap();
    cluster.command(&["SET", "rust:attempts", "text"]).unwrap();
    cluster.command(&["INCR", "rust:attempts"]).unwrap_err();
    let all = all.lock().unwrap();
    let (set, incr) = (&all[all.len() - 2], &all[all.len() - 1]);
    assert_eq!((set.command.as_str(), set.number, set.code, &set.server_code), ("SET", 1, None, &None));
    assert_eq!((incr.code, incr.server_code.as_deref()), (Some(ErrorCode::Server), Some("ERR")));
    assert_eq!(incr.outcome, Outcome::Executed);
    assert!(nodes().contains(&format!("{}:{}", incr.host, incr.port)) && !incr.duration.is_zero());
}

#[test]
fn a_panic_of_a_hook_goes_no_further() {
    let cluster = Cluster::open(options().on_attempt(|_| panic!("mine"))).unwrap();
    assert_eq!(cluster.command(&["ECHO", "on"]).unwrap().as_str(), Some("on"));
}

#[test]
fn explanations() {
    let cluster = Cluster::open(options()).unwrap();
    let told = cluster.explain(&["BLPOP", "{k}1", "{k}2", "0"]).unwrap();
    assert_eq!(told.keys, [b"{k}1".to_vec(), b"{k}2".to_vec()]);
    assert_eq!((told.slot, told.is_read_only, told.may_block), (Some(key_slot("k")), false, true));
    let (host, port) = told.node.unwrap();
    assert!(told.text.contains(&format!("{host}:{port}")));
    let reading = cluster.with(&CallOptions::new().read_from(ReadFrom::Replica)).unwrap();
    assert!(reading.explain(&["GET", "k"]).unwrap().is_read_only);
    assert_eq!(cluster.explain(&["PING"]).unwrap().slot, None);
    assert_eq!(cluster.explain(&["SUBSCRIBE", "news"]).unwrap().node, None);
}

#[test]
fn a_mapped_address() {
    let options = Options::new().node("10.0.0.1:7000").map_address("10.0.0.1:7000", &*nodes()[0]);
    let cluster = Cluster::open(options).unwrap();
    assert_eq!(cluster.command(&["ECHO", "on"]).unwrap().as_str(), Some("on"));
}

#[test]
fn options_that_are_wrong() {
    for bad in [
        options().protocol(4),
        options().tls_ca_file(""),
        options().tls_certificate("c.pem", ""),
        options().tls_server_name(""),
        options().map_address("h", "h:1"),
        options().map_address("h:1", "h:x"),
        Options::from_url("redis://h/?read_from=nearest"),
    ] {
        assert_eq!(refused(bad).code(), ErrorCode::InvalidArgument);
    }
}

#[test]
fn texts_with_a_nul_are_refused_by_name() {
    let bad = "hidden\0";
    for (name, options) in [
        ("the URL", Options::from_url(bad)),
        ("a node's address", options().node(bad)),
        ("the user", options().username(bad)),
        ("the password", options().password(bad)),
        ("the name", options().name(bad)),
        ("the zone", options().zone(bad)),
        ("the CA file", options().tls_ca_file(bad)),
        ("the CA folder", options().tls_ca_dir(bad)),
        ("the certificate's path", options().tls_certificate(bad, "k")),
        ("the key's path", options().tls_certificate("c", bad)),
        ("the key's password", options().tls_key_password(bad)),
        ("the server's name", options().tls_server_name(bad)),
        ("a mapped address", options().map_address(format!("{bad}:1"), "h:1")),
    ] {
        let error = refused(options);
        assert_eq!((error.code(), error.outcome()), (ErrorCode::InvalidArgument, Outcome::NotSent));
        assert_eq!(error.message(), format!("{name} has a NUL in it"));
    }
    let _open = Cluster::open(options().name("rust.nul")).unwrap();
    assert!(Cluster::find("rust.nul\0").is_none());
}

#[test]
fn what_is_closed_says_so() {
    let cluster = Cluster::open(options()).unwrap();
    cluster.close();
    cluster.close();
    let errors = [
        cluster.command(&["PING"]).unwrap_err(),
        cluster.pipeline(&[["PING"]]).unwrap_err(),
        cluster.transaction(&[["GET", "k"]]).unwrap_err(),
        cluster.watch(&["k"], |_| Ok(Vec::new())).unwrap_err(),
        cluster.refresh().unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.code(), error.outcome()), (ErrorCode::Closed, Outcome::NotSent));
    }
}

#[test]
fn tls() {
    assert_eq!(refused(options().tls_ca_file("/nowhere/ca.pem")).code(), ErrorCode::Tls);
}

#[test]
fn replies_of_protocol_3() {
    let cluster = match Cluster::open(options().protocol(3)) {
        Ok(cluster) => cluster,
        Err(error) if error.code() == ErrorCode::Unsupported => return,
        Err(error) => panic!("{error}"),
    };
    let bytes = |text: &str| Value::Bytes(text.into());
    for (script, value) in [
        ("{double=1.5}", Value::Double(1.5)),
        ("true", Value::Bool(true)),
        ("false", Value::Bool(false)),
        ("{big_number='12345678901234567890'}", Value::BigNumber("12345678901234567890".into())),
        ("{map={a=1}}", Value::Map(vec![(bytes("a"), Value::Integer(1))])),
        ("{set={a=true}}", Value::Set(vec![bytes("a")])),
        ("{verbatim_string={format='txt', string='x'}}", bytes("x")),
    ] {
        let script = format!("redis.setresp(3); return {script}");
        assert_eq!(cluster.command(&["EVAL", &script, "0"]).unwrap(), value, "{script}");
    }
    assert!(cluster.command(&["GET", "missing"]).unwrap().is_nil());
}
