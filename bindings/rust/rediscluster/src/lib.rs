//! A client for Redis and Valkey clusters, on the C library of the same name.
//!
//! A [`Cluster`] serves any number of threads. It routes each command by the slot of its keys, follows redirects, and
//! survives failovers and resharding.
//!
//! ```
//! # fn main() -> Result<(), rediscluster::Error> {
//! # let nodes = std::env::var("RC_TEST_NODES").unwrap();
//! # let nodes = nodes.split(',');
//! use rediscluster::{cmd, Cluster, Options};
//!
//! let cluster = Cluster::open(Options::new().nodes(nodes))?; // ["127.0.0.1:7000", ...]
//! cluster.command(&["SET", "doc:k", "v"])?;
//! let value: String = cluster.command(&["GET", "doc:k"])?.get()?;
//! assert_eq!(value, "v");
//!
//! let replies = cluster.pipeline(&[cmd!["SET", "doc:n", 1], cmd!["INCRBY", "doc:n", 41]])?;
//! assert_eq!(replies[1].as_integer(), Some(42));
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! An [`Error`] has a [code](Error::code), the first word of a server's error, and the [`Outcome`], which tells whether the
//! command was executed.
//!
//! ```
//! # fn main() -> Result<(), rediscluster::Error> {
//! # let nodes = std::env::var("RC_TEST_NODES").unwrap();
//! # let cluster = rediscluster::Cluster::open(rediscluster::Options::new().nodes(nodes.split(',')))?;
//! use rediscluster::{ErrorCode, Outcome};
//!
//! cluster.command(&["SET", "doc:text", "no list"])?;
//! let error = cluster.command(&["LPUSH", "doc:text", "x"]).unwrap_err();
//! assert_eq!(error.code(), ErrorCode::Server);
//! assert_eq!(error.server_code(), Some("WRONGTYPE"));
//! assert_eq!(error.outcome(), Outcome::Executed);
//! # Ok(())
//! # }
//! ```
//!
//! # Time and cancelling
//!
//! A call ends by its timeout, whatever happens in it: that of [`Options`], or another that [`Cluster::with`] sets for some
//! calls. A [`CancelToken`] ends calls from another thread, a [`CancelGuard`] those of a future that is dropped.
#![warn(missing_docs)]

mod arguments;
mod cancel;
mod cluster;
mod error;
mod explanation;
mod functions;
mod info;
mod options;
mod scan;
mod value;
mod watch;

pub use arguments::{Argument, Arguments, Command};
pub use cancel::{CancelGuard, CancelToken};
pub use cluster::{key_slot, version, Cluster};
pub use error::{Error, ErrorCode, Outcome, Part, Result};
pub use explanation::Explanation;
pub use functions::{Attempt, Credentials, LogLevel};
pub use info::{Info, NodeInfo};
pub use options::{CallOptions, Options, ReadFrom, Route, TlsVersion};
pub use scan::Scan;
pub use value::{FromValue, Value};
pub use watch::{BoxError, Watch};
