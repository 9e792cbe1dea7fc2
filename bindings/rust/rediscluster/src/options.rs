use std::ffi::CString;
use std::fmt;
use std::os::raw::{c_char, c_int};
use std::ptr::{self, NonNull};
use std::time::Duration;

use rediscluster_sys as sys;

use crate::{CancelToken, Error, Result};

/// What a cluster is opened with. What is wrong in it is told by [`Cluster::open`](crate::Cluster::open).
#[derive(Clone, Default)]
pub struct Options {
    url: Option<String>,
    nodes: Vec<String>,
    username: Option<String>,
    password: Option<String>,
    name: Option<String>,
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    max_redirects: Option<u32>,
    watch_retries: Option<u32>,
}

impl Options {
    /// Every default, and no node.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins with what a URL says: `redis://[user[:password]@]host[:port][,host[:port]...][?name=value...]`.
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
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.username = Some(username.into());
        self
    }

    /// The password that is sent to every node.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// A name by which [`Cluster::find`](crate::Cluster::find) finds the open cluster.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// How long a call may take as a whole: connections, redirects and everything sent again included. Default 5 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long one attempt to connect to one node may take, within the time of the call. Default 2 s.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// How many redirects in a row a call follows. Default 5.
    #[must_use]
    pub fn max_redirects(mut self, count: u32) -> Self {
        self.max_redirects = Some(count);
        self
    }

    /// How often [`Cluster::watch`](crate::Cluster::watch) starts again after a watched key has changed. Default 3.
    #[must_use]
    pub fn watch_retries(mut self, count: u32) -> Self {
        self.watch_retries = Some(count);
        self
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
            raw.set_text(sys::rc_options_set_username, "the user", &self.username)?;
            raw.set_text(sys::rc_options_set_password, "the password", &self.password)?;
            raw.set_text(sys::rc_options_set_name, "the name", &self.name)?;
            raw.set_number(sys::rc_options_set_timeout_ms, self.timeout.map(milliseconds))?;
            raw.set_number(sys::rc_options_set_connect_timeout_ms, self.connect_timeout.map(milliseconds))?;
            raw.set_number(sys::rc_options_set_max_redirects, self.max_redirects.map(count))?;
            raw.set_number(sys::rc_options_set_watch_retries, self.watch_retries.map(count))?;
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
        f.debug_struct("Options")
            .field("nodes", &self.nodes)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

type SetText = unsafe extern "C" fn(*mut sys::rc_options, *const c_char, *mut *mut sys::rc_error) -> c_int;
type SetNumber = unsafe extern "C" fn(*mut sys::rc_options, c_int, *mut *mut sys::rc_error) -> c_int;

pub(crate) struct RawOptions(pub NonNull<sys::rc_options>);

impl RawOptions {
    unsafe fn set_text(&self, set: SetText, what: &str, value: &Option<String>) -> Result<()> {
        match value {
            Some(value) => {
                let value = c_text(what, value)?;
                check(|error| set(self.0.as_ptr(), value.as_ptr(), error))
            }
            None => Ok(()),
        }
    }

    unsafe fn set_number(&self, set: SetNumber, value: Option<c_int>) -> Result<()> {
        value.map_or(Ok(()), |value| check(|error| set(self.0.as_ptr(), value, error)))
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
fn count(count: u32) -> c_int {
    c_int::try_from(count).unwrap_or(-1)
}
