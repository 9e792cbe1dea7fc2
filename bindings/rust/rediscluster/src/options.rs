use std::ffi::CString;
use std::fmt;
use std::os::raw::{c_char, c_int};
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::time::Duration;

use rediscluster_sys as sys;

use crate::functions::{Functions, Kept};
use crate::{Attempt, BoxError, CancelToken, Credentials, Error, LogLevel, Result};

/// Where commands that only read may go. A replica lags behind its primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReadFrom {
    /// The primary of the slot.
    Primary = sys::RC_READ_PRIMARY as isize,
    /// One of its replicas in turn, the primary if none can be reached.
    PreferReplica = sys::RC_READ_PREFER_REPLICA as isize,
    /// Replicas only.
    Replica = sys::RC_READ_REPLICA as isize,
    /// The primary and its replicas in turn.
    RoundRobin = sys::RC_READ_ROUND_ROBIN as isize,
    /// Of these the one that answers soonest.
    LowestLatency = sys::RC_READ_LOWEST_LATENCY as isize,
    /// Of these one in [`Options::zone`]; if none is, as `PreferReplica`.
    SameZone = sys::RC_READ_SAME_ZONE as isize,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsVersion {
    /// 1.2.
    V1_2 = sys::RC_TLS_1_2 as isize,
    /// 1.3.
    V1_3 = sys::RC_TLS_1_3 as isize,
}

#[derive(Clone)]
enum Setting {
    Text(SetText, &'static str, String),
    Number(SetNumber, c_int),
    Certificate(String, String),
    MappedAddress(String, String),
}

/// What a cluster is opened with. What is wrong in it is told by [`Cluster::open`](crate::Cluster::open).
///
/// Closures run on the threads that make calls, several at once, and make them wait. They are kept until the last handle of
/// the cluster is dropped. A panic in one goes no further: that of [`Options::credentials`] is an error of calls.
#[derive(Clone, Default)]
pub struct Options {
    url: Option<String>,
    nodes: Vec<String>,
    settings: Vec<Setting>,
    functions: Arc<Functions>,
}

impl Options {
    /// Every default, and no node.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins with what a URL says: `redis://[user[:password]@]host[:port][,host[:port]...][?name=value...]`; `rediss://`
    /// turns TLS on.
    pub fn from_url(url: impl Into<String>) -> Self {
        Self { url: Some(url.into()), ..Self::default() }
    }

    /// Adds a node to ask for the cluster's layout, as `"host:port"`, `"[::1]:7000"` or `"host"`. Any node of the cluster will
    /// do, several are better.
    #[must_use]
    pub fn node(mut self, address: impl Into<String>) -> Self {
        self.nodes.push(address.into());
        self
    }

    /// Adds several nodes.
    #[must_use]
    pub fn nodes<A: Into<String>>(mut self, addresses: impl IntoIterator<Item = A>) -> Self {
        self.nodes.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// The user whose password that is; otherwise it is the default user's.
    #[must_use]
    pub fn username(self, username: impl Into<String>) -> Self {
        self.text(sys::rc_options_set_username, "the user", username)
    }

    /// The password that is sent to every node.
    #[must_use]
    pub fn password(self, password: impl Into<String>) -> Self {
        self.text(sys::rc_options_set_password, "the password", password)
    }

    /// A name by which [`Cluster::find`](crate::Cluster::find) finds the open cluster.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        self.text(sys::rc_options_set_name, "the name", name)
    }

    /// How long a call may take as a whole: connections, redirects and everything sent again included. Default 5 s.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.number(sys::rc_options_set_timeout_ms, milliseconds(timeout))
    }

    /// How long one attempt to connect to one node may take, within the time of the call. Default 2 s.
    #[must_use]
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        self.number(sys::rc_options_set_connect_timeout_ms, milliseconds(timeout))
    }

    /// How many redirects in a row a call follows. Default 5.
    #[must_use]
    pub fn max_redirects(self, count: u32) -> Self {
        self.number(sys::rc_options_set_max_redirects, number(count))
    }

    /// How often [`Cluster::watch`](crate::Cluster::watch) starts again after a watched key has changed. Default 3.
    #[must_use]
    pub fn watch_retries(self, count: u32) -> Self {
        self.number(sys::rc_options_set_watch_retries, number(count))
    }

    /// The number of the database that all commands are for. Default 0, the only one in most clusters.
    #[must_use]
    pub fn database(self, database: u32) -> Self {
        self.number(sys::rc_options_set_database, number(database))
    }

    /// After how long a handle that has had no reason to asks again how the slots are spread. Default 60 s; never with a duration
    /// of zero.
    #[must_use]
    pub fn refresh_interval(self, interval: Duration) -> Self {
        self.number(sys::rc_options_set_refresh_interval_ms, milliseconds(interval))
    }

    /// Where commands that only read may go. Default: the primary.
    #[must_use]
    pub fn read_from(self, from: ReadFrom) -> Self {
        self.number(sys::rc_options_set_read_from, from as c_int)
    }

    /// The availability zone of the caller, for [`ReadFrom::SameZone`].
    #[must_use]
    pub fn zone(self, zone: impl Into<String>) -> Self {
        self.text(sys::rc_options_set_zone, "the zone", zone)
    }

    /// The version of the protocol: 2, or 3, which has maps, sets, doubles and bools in replies. Default 2.
    #[must_use]
    pub fn protocol(self, version: u8) -> Self {
        self.number(sys::rc_options_set_protocol, version.into())
    }

    /// Whether connections are encrypted. Default no; each of the methods below but [`Options::tls_verify`] turns it on.
    #[must_use]
    pub fn tls(self, yes: bool) -> Self {
        self.number(sys::rc_options_set_tls, yes.into())
    }

    /// Whether certificates are verified. Default yes.
    #[must_use]
    pub fn tls_verify(self, yes: bool) -> Self {
        self.number(sys::rc_options_set_tls_verify, yes.into())
    }

    /// The certificates of the authorities that are trusted, as PEM. Default: those that the system trusts.
    #[must_use]
    pub fn tls_ca_file(self, file: impl AsRef<Path>) -> Self {
        self.text(sys::rc_options_set_tls_ca_file, "the CA file", path(file))
    }

    /// The same as a folder prepared by `openssl rehash`.
    #[must_use]
    pub fn tls_ca_dir(self, folder: impl AsRef<Path>) -> Self {
        self.text(sys::rc_options_set_tls_ca_dir, "the CA folder", path(folder))
    }

    /// The certificate that the client shows, and its key, as PEM.
    #[must_use]
    pub fn tls_certificate(mut self, certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Self {
        self.settings.push(Setting::Certificate(path(certificate), path(key)));
        self
    }

    /// The password that the key's file is encrypted with.
    #[must_use]
    pub fn tls_key_password(self, password: impl Into<String>) -> Self {
        self.text(sys::rc_options_set_tls_key_password, "the key's password", password)
    }

    /// The name that certificates must be made out to, instead of the host that is connected to.
    #[must_use]
    pub fn tls_server_name(self, name: impl Into<String>) -> Self {
        self.text(sys::rc_options_set_tls_server_name, "the server's name", name)
    }

    /// The oldest version of TLS that is spoken. Default 1.2.
    #[must_use]
    pub fn tls_min_version(self, version: TlsVersion) -> Self {
        self.number(sys::rc_options_set_tls_min_version, version as c_int)
    }

    /// Where to connect to for a node that announces an address which does not lead there from here: both `"host:port"`.
    #[must_use]
    pub fn map_address(mut self, announced: impl Into<String>, to: impl Into<String>) -> Self {
        self.settings.push(Setting::MappedAddress(announced.into(), to.into()));
        self
    }

    /// Asked with host and port at each connect, instead of [`Options::username`] and [`Options::password`]. Its error makes
    /// the calls that need the connection fail with [`ErrorCode::Auth`](crate::ErrorCode::Auth), and is in the message.
    #[must_use]
    pub fn credentials<F>(mut self, ask: F) -> Self
    where
        F: Fn(&str, u16) -> std::result::Result<Credentials, BoxError> + Send + Sync + 'static,
    {
        self.functions().credentials = Some(Arc::new(ask));
        self
    }

    /// Is told what happens inside, up to a level.
    #[must_use]
    pub fn log(mut self, up_to: LogLevel, log: impl Fn(LogLevel, &str) + Send + Sync + 'static) -> Self {
        self.functions().log = Some((up_to, Arc::new(log)));
        self
    }

    /// Is told of each attempt to have a node run a command, when it has ended.
    #[must_use]
    pub fn on_attempt(mut self, hook: impl Fn(&Attempt) + Send + Sync + 'static) -> Self {
        self.functions().on_attempt = Some(Arc::new(hook));
        self
    }

    fn text(mut self, set: SetText, what: &'static str, value: impl Into<String>) -> Self {
        self.settings.push(Setting::Text(set, what, value.into()));
        self
    }

    fn number(mut self, set: SetNumber, value: c_int) -> Self {
        self.settings.push(Setting::Number(set, value));
        self
    }

    fn functions(&mut self) -> &mut Functions {
        Arc::make_mut(&mut self.functions)
    }

    /// What must live as long as what is opened with [`Options::to_raw`].
    pub(crate) fn kept(&self) -> Kept {
        Kept::new(&self.functions)
    }

    pub(crate) fn to_raw(&self) -> Result<RawOptions> {
        // SAFETY: NUL-terminated strings and a handle that is this function's own.
        unsafe {
            let mut error = ptr::null_mut();
            let made = match &self.url {
                Some(url) => sys::rc_options_from_url(c_text("the URL", url)?.as_ptr(), &mut error),
                None => sys::rc_options_new(),
            };
            let raw = RawOptions(NonNull::new(made).ok_or_else(|| Error::take(error))?);
            self.settings.iter().try_for_each(|setting| raw.set(setting))?;
            check(|error| self.functions.put_into(raw.0.as_ptr(), error))?;
            for node in &self.nodes {
                let node = c_text("a node's address", node)?;
                check(|error| sys::rc_options_add_address(raw.0.as_ptr(), node.as_ptr(), error))?;
            }
            Ok(raw)
        }
    }
}

/// Without the password, and the URL, which may have one.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("nodes", &self.nodes).finish_non_exhaustive()
    }
}

type SetText = unsafe extern "C" fn(*mut sys::rc_options, *const c_char, *mut *mut sys::rc_error) -> c_int;
type SetNumber = unsafe extern "C" fn(*mut sys::rc_options, c_int, *mut *mut sys::rc_error) -> c_int;

pub(crate) struct RawOptions(pub NonNull<sys::rc_options>);

impl RawOptions {
    unsafe fn set(&self, setting: &Setting) -> Result<()> {
        let raw = self.0.as_ptr();
        match setting {
            Setting::Text(set, what, value) => {
                let value = c_text(what, value)?;
                check(|error| set(raw, value.as_ptr(), error))
            }
            Setting::Number(set, value) => check(|error| set(raw, *value, error)),
            Setting::Certificate(certificate, key) => {
                let certificate = c_text("the certificate's path", certificate)?;
                let key = c_text("the key's path", key)?;
                check(|error| {
                    sys::rc_options_set_tls_certificate(raw, certificate.as_ptr(), key.as_ptr(), error)
                })
            }
            Setting::MappedAddress(announced, to) => {
                let ((host, port), (to_host, to_port)) =
                    (address("a mapped address", announced)?, address("a mapped address", to)?);
                check(|error| {
                    sys::rc_options_add_mapped_address(
                        raw,
                        host.as_ptr(),
                        port,
                        to_host.as_ptr(),
                        to_port,
                        error,
                    )
                })
            }
        }
    }
}

impl Drop for RawOptions {
    fn drop(&mut self) {
        // SAFETY: nobody else has it.
        unsafe { sys::rc_options_free(self.0.as_ptr()) }
    }
}

/// What is different for some calls: see [`Cluster::with`](crate::Cluster::with).
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    timeout: Option<Duration>,
    idempotent: bool,
    cancel: Option<CancelToken>,
    read_from: Option<ReadFrom>,
    way: Option<Way>,
    unsplit: bool,
    by_node: bool,
}

#[derive(Clone, Debug)]
enum Way {
    Route(Route),
    Node(String),
    Key(Vec<u8>),
}

/// Where commands without keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Route {
    /// As the command means it.
    Auto = sys::RC_ROUTE_AUTO as isize,
    /// One primary, any.
    One = sys::RC_ROUTE_ONE as isize,
    /// Every primary that owns slots.
    Primaries = sys::RC_ROUTE_PRIMARIES as isize,
    /// Every node, replicas too.
    Nodes = sys::RC_ROUTE_NODES as isize,
}

impl CallOptions {
    /// Options that change nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long a call may take as a whole, instead of [`Options::timeout`].
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Whether the commands may be executed more than once: then they are sent again even when it is not known whether
    /// they were executed. Commands that only read are sent again anyway.
    #[must_use]
    pub fn idempotent(mut self, yes: bool) -> Self {
        self.idempotent = yes;
        self
    }

    /// What ends the calls from another thread.
    #[must_use]
    pub fn cancel(mut self, token: &CancelToken) -> Self {
        self.cancel = Some(token.clone());
        self
    }

    /// Where the calls may read, instead of [`Options::read_from`].
    #[must_use]
    pub fn read_from(mut self, from: ReadFrom) -> Self {
        self.read_from = Some(from);
        self
    }

    /// Where commands without keys go. Of this, [`node`](Self::node) and [`route_key`](Self::route_key) the last holds; they are
    /// for [`command`](crate::Cluster::command) and [`explain`](crate::Cluster::explain).
    #[must_use]
    pub fn route(mut self, to: Route) -> Self {
        self.way = Some(Way::Route(to));
        self
    }

    /// To that node, `"host:port"`, a replica too; no redirect is followed.
    #[must_use]
    pub fn node(mut self, address: impl Into<String>) -> Self {
        self.way = Some(Way::Node(address.into()));
        self
    }

    /// To the primary of that key's slot.
    #[must_use]
    pub fn route_key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.way = Some(Way::Key(key.as_ref().to_vec()));
        self
    }

    /// Whether MGET, MSET, DEL, UNLINK, EXISTS and TOUCH with keys in several slots are sent in parts, as they are where nothing
    /// is said, or refused.
    #[must_use]
    pub fn split(mut self, yes: bool) -> Self {
        self.unsplit = !yes;
        self
    }

    /// Whether the reply is a map with what each node answered, or a [`Value::Error`](crate::Value::Error), by `"host:port"`.
    #[must_use]
    pub fn by_node(mut self, yes: bool) -> Self {
        self.by_node = yes;
        self
    }

    pub(crate) fn token(&self) -> Option<&CancelToken> {
        self.cancel.as_ref()
    }

    pub(crate) fn to_raw(&self) -> Result<RawCallOptions> {
        // SAFETY: handles that live for all of this function.
        unsafe {
            let made = NonNull::new(sys::rc_call_options_new()).ok_or_else(Error::no_memory)?;
            let raw = RawCallOptions(made);
            if let Some(timeout) = self.timeout {
                let timeout = milliseconds(timeout);
                check(|error| sys::rc_call_options_set_timeout_ms(raw.0.as_ptr(), timeout, error))?;
            }
            if self.idempotent {
                check(|error| sys::rc_call_options_set_idempotent(raw.0.as_ptr(), 1, error))?;
            }
            if let Some(from) = self.read_from {
                check(|error| sys::rc_call_options_set_read_from(raw.0.as_ptr(), from as c_int, error))?;
            }
            match &self.way {
                None => {}
                Some(Way::Route(to)) => {
                    check(|error| sys::rc_call_options_set_route(raw.0.as_ptr(), *to as c_int, error))?;
                }
                Some(Way::Node(node)) => {
                    let (host, port) = address("the node", node)?;
                    check(|error| {
                        sys::rc_call_options_set_route_node(raw.0.as_ptr(), host.as_ptr(), port, error)
                    })?;
                }
                Some(Way::Key(key)) => check(|error| {
                    let begin = key.as_ptr().cast();
                    sys::rc_call_options_set_route_key(raw.0.as_ptr(), begin, key.len(), error)
                })?,
            }
            if self.unsplit {
                check(|error| sys::rc_call_options_set_split(raw.0.as_ptr(), 0, error))?;
            }
            if self.by_node {
                let by_node = sys::RC_COMBINE_BY_NODE;
                check(|error| sys::rc_call_options_set_combine(raw.0.as_ptr(), by_node, error))?;
            }
            if let Some(token) = &self.cancel {
                check(|error| sys::rc_call_options_set_cancel(raw.0.as_ptr(), token.as_ptr(), error))?;
            }
            Ok(raw)
        }
    }
}

pub(crate) struct RawCallOptions(pub NonNull<sys::rc_call_options>);

// SAFETY: it is never changed after it was made, and calls of several threads may use it then.
unsafe impl Send for RawCallOptions {}
unsafe impl Sync for RawCallOptions {}

impl Drop for RawCallOptions {
    fn drop(&mut self) {
        // SAFETY: nobody else has it.
        unsafe { sys::rc_call_options_free(self.0.as_ptr()) }
    }
}

/// Of what returns a code.
pub(crate) unsafe fn check(call: impl FnOnce(*mut *mut sys::rc_error) -> c_int) -> Result<()> {
    let mut error = ptr::null_mut();
    if call(&mut error) == sys::RC_OK {
        Ok(())
    } else {
        Err(Error::take(error))
    }
}

pub(crate) fn c_text(what: &str, text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::invalid(format!("{what} has a NUL in it")))
}

/// Rounded up, so that no time is none.
fn milliseconds(duration: Duration) -> c_int {
    let up = duration.as_nanos().saturating_add(999_999) / 1_000_000;
    c_int::try_from(up).unwrap_or(c_int::MAX)
}

/// What is too much becomes what the library refuses.
fn number(count: u32) -> c_int {
    c_int::try_from(count).unwrap_or(-1)
}

/// What is no UTF-8 is not found, and told then.
fn path(path: impl AsRef<Path>) -> String {
    path.as_ref().to_string_lossy().into_owned()
}

/// Of `"host:port"` or `"[::1]:7000"`.
fn address(what: &str, text: &str) -> Result<(CString, c_int)> {
    let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
    let (host, port) = parts.ok_or_else(|| Error::invalid(format!("{what} is {text:?}: write host:port")))?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Ok((c_text(what, host)?, port.into()))
}
