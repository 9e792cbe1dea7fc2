use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;

use rediscluster_sys as sys;

/// Ends calls from another thread: give it to them by [`CallOptions::cancel`](crate::CallOptions::cancel).
///
/// ```
/// # fn main() -> Result<(), rediscluster::Error> {
/// # let nodes = std::env::var("RC_TEST_NODES").unwrap();
/// # let cluster = rediscluster::Cluster::open(rediscluster::Options::new().nodes(nodes.split(',')))?;
/// use rediscluster::{CallOptions, CancelToken, ErrorCode};
///
/// let token = CancelToken::new();
/// let waiting = cluster.with(&CallOptions::new().cancel(&token))?;
/// let thread = std::thread::spawn(move || waiting.command(&["BLPOP", "doc:queue", "0"]));
/// token.fire();
/// assert_eq!(thread.join().unwrap().unwrap_err().code(), ErrorCode::Cancelled);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CancelToken(Arc<Raw>);

struct Raw(NonNull<sys::rc_cancel>);

// SAFETY: rc_cancel_fire and rc_cancel_fired may be called by any thread; Arc sees to it that the last one frees.
unsafe impl Send for Raw {}
unsafe impl Sync for Raw {}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: call options keep references of their own.
        unsafe { sys::rc_cancel_free(self.0.as_ptr()) }
    }
}

impl CancelToken {
    /// One that has not been fired.
    ///
    /// # Panics
    /// When out of memory.
    pub fn new() -> Self {
        // SAFETY: needs nothing.
        let made = NonNull::new(unsafe { sys::rc_cancel_new() });
        Self(Arc::new(Raw(made.expect("out of memory"))))
    }

    /// Ends the calls that were given it with [`ErrorCode::Cancelled`](crate::ErrorCode::Cancelled), those that begin
    /// later too.
    pub fn fire(&self) {
        // SAFETY: the pointer lives as long as self.
        unsafe { sys::rc_cancel_fire(self.as_ptr()) }
    }

    /// What fires it when it is dropped: see [`CancelGuard`].
    pub fn on_drop(&self) -> CancelGuard {
        CancelGuard(Some(self.clone()))
    }

    /// Whether it has been fired.
    pub fn is_fired(&self) -> bool {
        // SAFETY: as above.
        unsafe { sys::rc_cancel_fired(self.as_ptr()) != 0 }
    }

    pub(crate) fn as_ptr(&self) -> *mut sys::rc_cancel {
        self.0 .0.as_ptr()
    }
}

impl Default for CancelToken {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken").field("fired", &self.is_fired()).finish()
    }
}

/// Ends calls when it is dropped, for a future whose call runs on another thread. A future that is dropped, by a timeout or a
/// `select!`, leaves that thread in its call, and a pool of few threads has none for others until the call's time is up.
/// With the guard in the future the call ends too.
///
/// ```
/// # mod tokio { pub mod task {
/// #     pub async fn spawn_blocking<T>(call: impl FnOnce() -> T) -> std::thread::Result<T> { Ok(call()) }
/// # } }
/// use rediscluster::{CallOptions, Cluster, Command, Result, Value};
///
/// async fn command(cluster: &Cluster, command: Command) -> Result<Value> {
///     let (call, _guard) = cluster.with_guard(&CallOptions::new())?; // lives as long as the future
///     tokio::task::spawn_blocking(move || call.command(&command)).await.unwrap()
/// }
/// ```
#[must_use = "it ends the calls when it is dropped"]
pub struct CancelGuard(Option<CancelToken>);

impl CancelGuard {
    /// Lets the calls go on.
    pub fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for CancelGuard {
    fn drop(&mut self) {
        if let Some(token) = &self.0 {
            token.fire();
        }
    }
}

impl fmt::Debug for CancelGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelGuard").field(&self.0).finish()
    }
}
