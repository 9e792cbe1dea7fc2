use std::fmt;
use std::os::raw::c_char;
use std::ptr::{self, NonNull};
use std::sync::Arc;

use rediscluster_sys as sys;

use crate::arguments::with_argv;
use crate::error::static_text;
use crate::functions::Kept;
use crate::options::{c_text, check, RawCallOptions};
use crate::{
    explanation, info, watch, Arguments, BoxError, CallOptions, CancelGuard, Command, Error, Explanation,
    Info, Options, Result, Scan, Value, Watch,
};

/// An open cluster, for any number of threads. Clones are the same cluster; it is closed with the last of them.
#[derive(Clone)]
pub struct Cluster {
    handle: Arc<Handle>,
    call: Option<Arc<RawCallOptions>>,
}

struct Handle {
    raw: NonNull<sys::rc_cluster>,
    kept: Kept,
}

// SAFETY: rc_cluster and all that is called with it is thread-safe; Arc sees to it that the last one frees.
unsafe impl Send for Handle {}
unsafe impl Sync for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: no call has it any more.
        unsafe { sys::rc_cluster_free(self.raw.as_ptr()) }
        self.kept.drop_all();
    }
}

impl Cluster {
    /// Opens a cluster: asks the nodes of the options until one tells the layout.
    pub fn open(options: Options) -> Result<Self> {
        Self::open_with(options, &CallOptions::new())
    }

    /// The same, with a timeout and a cancel token for the opening.
    pub fn open_with(options: Options, call: &CallOptions) -> Result<Self> {
        let (options, call, kept) = (options.to_raw()?, call.to_raw()?, options.kept());
        // SAFETY: both live through the call, and what the cluster may call as long as it.
        let opened = unsafe {
            let mut error = ptr::null_mut();
            let opened = sys::rc_cluster_open_with(options.0.as_ptr(), call.0.as_ptr(), &mut error);
            NonNull::new(opened).ok_or_else(|| Error::take(error))?
        };
        Ok(Self::of(opened, kept))
    }

    /// The cluster that was last opened under that name and is open.
    pub fn find(name: &str) -> Option<Self> {
        let name = c_text("the name", name).ok()?;
        Kept::find(&name).map(|(found, kept)| Self::of(found, kept))
    }

    fn of(raw: NonNull<sys::rc_cluster>, kept: Kept) -> Self {
        Self { handle: Arc::new(Handle { raw, kept }), call: None }
    }

    /// The same cluster, with other options for the calls that are made with what is returned.
    ///
    /// ```
    /// # fn main() -> Result<(), rediscluster::Error> {
    /// # let nodes = std::env::var("RC_TEST_NODES").unwrap();
    /// # let cluster = rediscluster::Cluster::open(rediscluster::Options::new().nodes(nodes.split(',')))?;
    /// use rediscluster::{CallOptions, ErrorCode};
    /// use std::time::Duration;
    ///
    /// let hasty = cluster.with(&CallOptions::new().timeout(Duration::from_millis(20)))?;
    /// let error = hasty.command(&["BLPOP", "doc:queue", "1"]).unwrap_err();
    /// assert_eq!(error.code(), ErrorCode::Timeout);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(&self, options: &CallOptions) -> Result<Self> {
        Ok(Self { handle: self.handle.clone(), call: Some(Arc::new(options.to_raw()?)) })
    }

    /// The same, and a guard that ends these calls when it is dropped: see [`CancelGuard`]. A token that the options have is the
    /// one that it fires.
    pub fn with_guard(&self, options: &CallOptions) -> Result<(Self, CancelGuard)> {
        let token = options.token().cloned().unwrap_or_default();
        Ok((self.with(&options.clone().cancel(&token))?, token.on_drop()))
    }

    /// Sends a command to the node that serves its keys, and returns the reply. An error of the server's is an `Err`. A
    /// command that blocks (BLPOP, XREAD BLOCK, ...) needs a timeout later than its own.
    pub fn command<A: Arguments + ?Sized>(&self, command: &A) -> Result<Value> {
        // SAFETY: the arguments are borrowed for the call, which copies them.
        with_argv(command, |argc, argv, lengths| unsafe {
            let mut error = ptr::null_mut();
            let reply = sys::rc_command_with(self.raw(), self.raw_call(), argc, argv, lengths, &mut error);
            taken(reply, error)
        })
    }

    /// Sends all commands at once, to as many nodes as their keys need, and returns their replies in the order of the
    /// commands. A command that failed has a [`Value::Error`]. They are not executed as a unit.
    pub fn pipeline<A: Arguments>(&self, commands: &[A]) -> Result<Vec<Value>> {
        let commands = RawCommands::of(commands)?;
        // SAFETY: the list lives through the call.
        unsafe {
            let mut error = ptr::null_mut();
            let reply = sys::rc_pipeline_with(self.raw(), self.raw_call(), commands.0.as_ptr(), &mut error);
            taken(reply, error).map(list)
        }
    }

    /// Executes all commands as a unit (MULTI, EXEC) and returns their replies. All keys must lie in one slot: give them one
    /// hash tag, as `{user:1}:name` and `{user:1}:age`. A command that failed while the transaction ran has a
    /// [`Value::Error`]; the others were executed nevertheless.
    ///
    /// ```
    /// # fn main() -> Result<(), rediscluster::Error> {
    /// # let nodes = std::env::var("RC_TEST_NODES").unwrap();
    /// # let cluster = rediscluster::Cluster::open(rediscluster::Options::new().nodes(nodes.split(',')))?;
    /// use rediscluster::{cmd, Value};
    ///
    /// let replies = cluster.transaction(&[cmd!["SET", "{doc:t}a", 1], cmd!["INCR", "{doc:t}a"]])?;
    /// assert_eq!(replies, [Value::Status("OK".into()), Value::Integer(2)]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn transaction<A: Arguments>(&self, commands: &[A]) -> Result<Vec<Value>> {
        let commands = RawCommands::of(commands)?;
        // SAFETY: the list lives through the call.
        unsafe {
            let mut error = ptr::null_mut();
            let reply =
                sys::rc_transaction_with(self.raw(), self.raw_call(), commands.0.as_ptr(), &mut error);
            taken(reply, error).map(list)
        }
    }

    /// Watches keys, which must lie in one slot, calls `callback`, and executes the commands that it returns as a unit,
    /// unless a watched key has changed since: then all of it starts again, as often as [`Options::watch_retries`] allows.
    ///
    /// An error of the callback aborts: an [`Error`] of this crate is returned as it is, another as the source of one with
    /// [`ErrorCode::Aborted`](crate::ErrorCode::Aborted). But where a command of the session failed for a redirect or a lost
    /// connection, the session starts again whatever the callback returns. A panic aborts too, and goes on at the caller.
    ///
    /// ```
    /// # fn main() -> Result<(), rediscluster::Error> {
    /// # let nodes = std::env::var("RC_TEST_NODES").unwrap();
    /// # let cluster = rediscluster::Cluster::open(rediscluster::Options::new().nodes(nodes.split(',')))?;
    /// use rediscluster::cmd;
    ///
    /// cluster.command(&["SET", "doc:balance", "100"])?;
    /// let withdraw = |amount: i64| {
    ///     cluster.watch(&["doc:balance"], |watch| {
    ///         let balance: i64 = watch.command(&["GET", "doc:balance"])?.get()?;
    ///         if balance < amount {
    ///             return Err("not enough".into());
    ///         }
    ///         Ok(vec![cmd!["SET", "doc:balance", balance - amount]])
    ///     })
    /// };
    /// withdraw(30)?;
    /// assert!(withdraw(500).is_err());
    /// assert_eq!(cluster.command(&["GET", "doc:balance"])?.as_str(), Some("70"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch<A, F>(&self, keys: &A, callback: F) -> Result<Vec<Value>>
    where
        A: Arguments + ?Sized,
        F: FnMut(&mut Watch<'_>) -> std::result::Result<Vec<Command>, BoxError>,
    {
        watch::run(self.raw(), self.raw_call(), keys, callback).map(list)
    }

    /// What would be done with a command, without sending it.
    ///
    /// ```
    /// # fn main() -> Result<(), rediscluster::Error> {
    /// # let nodes = std::env::var("RC_TEST_NODES").unwrap();
    /// # let cluster = rediscluster::Cluster::open(rediscluster::Options::new().nodes(nodes.split(',')))?;
    /// let explained = cluster.explain(&["GET", "foo"])?;
    /// assert_eq!((explained.slot, explained.is_read_only), (Some(12182), true));
    /// # Ok(())
    /// # }
    /// ```
    pub fn explain<A: Arguments + ?Sized>(&self, command: &A) -> Result<Explanation> {
        // SAFETY: the arguments are borrowed for the call, which copies them.
        with_argv(command, |argc, argv, lengths| unsafe {
            let mut error = ptr::null_mut();
            let raw = sys::rc_explain_with(self.raw(), self.raw_call(), argc, argv, lengths, &mut error);
            NonNull::new(raw).map(|raw| explanation::take(raw)).ok_or_else(|| Error::take(error))
        })
    }

    /// All keys of the cluster.
    pub fn scan(&self) -> Result<Scan> {
        Scan::new(self, self.raw())
    }

    /// What the client knows at this moment; no node is asked.
    pub fn info(&self) -> Result<Info> {
        // SAFETY: the handle lives as long as self.
        unsafe {
            let mut error = ptr::null_mut();
            let raw = sys::rc_cluster_info(self.raw(), &mut error);
            NonNull::new(raw).map(|raw| info::take(raw)).ok_or_else(|| Error::take(error))
        }
    }

    /// Asks the nodes for the cluster's layout now. The library does so itself whenever it has a reason to.
    pub fn refresh(&self) -> Result<()> {
        // SAFETY: the handle lives as long as self.
        unsafe { check(|error| sys::rc_cluster_refresh_with(self.raw(), self.raw_call(), error)) }
    }

    /// Closes the cluster, for all clones. Calls under way end with [`ErrorCode::Closed`](crate::ErrorCode::Closed), and so
    /// do later ones. May be called more than once, at any time.
    pub fn close(&self) {
        // SAFETY: the handle lives as long as self.
        unsafe { sys::rc_cluster_close(self.raw()) }
    }

    fn raw(&self) -> *mut sys::rc_cluster {
        self.handle.raw.as_ptr()
    }

    fn raw_call(&self) -> *const sys::rc_call_options {
        self.call.as_ref().map_or(ptr::null(), |call| call.0.as_ptr())
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").finish_non_exhaustive()
    }
}

/// # Safety
/// Both are what an operation of the library has returned just now.
pub(crate) unsafe fn taken(reply: *mut sys::rc_reply, error: *mut sys::rc_error) -> Result<Value> {
    if reply.is_null() {
        Err(Error::take(error))
    } else {
        Ok(Value::take(reply))
    }
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        other => vec![other],
    }
}

struct RawCommands(NonNull<sys::rc_commands>);

impl RawCommands {
    fn of<A: Arguments>(commands: &[A]) -> Result<Self> {
        // SAFETY: the list is this function's own.
        unsafe {
            let made = Self(NonNull::new(sys::rc_commands_new()).ok_or_else(Error::no_memory)?);
            commands.iter().try_for_each(|command| append(made.0.as_ptr(), command))?;
            Ok(made)
        }
    }
}

impl Drop for RawCommands {
    fn drop(&mut self) {
        // SAFETY: nobody else has it.
        unsafe { sys::rc_commands_free(self.0.as_ptr()) }
    }
}

/// # Safety
/// `commands` is a list that no other thread uses.
pub(crate) unsafe fn append<A: Arguments + ?Sized>(
    commands: *mut sys::rc_commands,
    command: &A,
) -> Result<()> {
    with_argv(command, |argc, argv, lengths| {
        check(|error| sys::rc_commands_add(commands, argc, argv, lengths, error))
    })
}

/// The slot of a key, 0 to 16383, hash tags honoured; no server is asked.
///
/// ```
/// assert_eq!(rediscluster::key_slot("foo"), 12182);
/// ```
pub fn key_slot(key: impl AsRef<[u8]>) -> u16 {
    let key = key.as_ref();
    // SAFETY: so many bytes are there.
    unsafe { sys::rc_key_slot(key.as_ptr().cast::<c_char>(), key.len()) as u16 }
}

/// The version of the C library.
pub fn version() -> &'static str {
    // SAFETY: the text is static.
    unsafe { static_text(sys::rc_version()) }
}
