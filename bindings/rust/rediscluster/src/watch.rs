use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::os::raw::{c_int, c_void};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr;
use std::sync::Arc;

use rediscluster_sys as sys;

use crate::arguments::with_argv;
use crate::cluster::{append, taken};
use crate::{Arguments, Command, Error, ErrorCode, Result, Value};

/// Why the closure of a watch gives up: any error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A watch session, for the time of its closure.
pub struct Watch<'a> {
    raw: *mut sys::rc_watch,
    session: PhantomData<&'a mut ()>,
}

impl Watch<'_> {
    /// Sends a command over the connection that watches, and returns its reply. It is executed at once: use it to read.
    pub fn command<A: Arguments + ?Sized>(&mut self, command: &A) -> Result<Value> {
        // SAFETY: the session lives as long as the closure runs, on this thread.
        with_argv(command, |argc, argv, lengths| unsafe {
            let mut error = ptr::null_mut();
            let reply = sys::rc_watch_command(self.raw, argc, argv, lengths, &mut error);
            taken(reply, error)
        })
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

struct Sessions<F> {
    callback: F,
    failed: Option<BoxError>, // of the last session
    panic: Option<Box<dyn Any + Send>>,
}

pub(crate) fn run<A, F>(
    cluster: *mut sys::rc_cluster,
    call: *const sys::rc_call_options,
    keys: &A,
    callback: F,
) -> Result<Value>
where
    A: Arguments + ?Sized,
    F: FnMut(&mut Watch<'_>) -> std::result::Result<Vec<Command>, BoxError>,
{
    let mut sessions = Sessions { callback, failed: None, panic: None };
    let data = ptr::addr_of_mut!(sessions).cast::<c_void>();
    // SAFETY: keys and sessions live through the call.
    let result = with_argv(keys, |count, keys, lengths| unsafe {
        let mut error = ptr::null_mut();
        let run = Some(session::<F> as _);
        taken(
            sys::rc_watch_transaction_with(cluster, call, count, keys, lengths, run, data, &mut error),
            error,
        )
    });
    if let Some(panic) = sessions.panic {
        resume_unwind(panic);
    }
    match (result, sessions.failed) {
        (Err(aborted), Some(failed)) if aborted.code() == ErrorCode::Aborted => {
            Err(match failed.downcast::<Error>() {
                Ok(own) => *own,
                Err(other) => aborted.with_source(Arc::from(other)),
            })
        }
        (result, _) => result,
    }
}

/// No panic may leave it.
unsafe extern "C" fn session<F>(
    raw: *mut sys::rc_watch,
    to_execute: *mut sys::rc_commands,
    data: *mut c_void,
) -> c_int
where
    F: FnMut(&mut Watch<'_>) -> std::result::Result<Vec<Command>, BoxError>,
{
    let sessions = &mut *data.cast::<Sessions<F>>();
    if sessions.panic.is_some() {
        return sys::RC_ERR_CALLBACK; // a session that had broken off is to run again: not so after a panic
    }
    let last = sessions.failed.take();
    let callback = &mut sessions.callback;
    let ended = catch_unwind(AssertUnwindSafe(|| {
        drop(last); // which may panic too
        let commands = callback(&mut Watch { raw, session: PhantomData })?;
        commands.iter().try_for_each(|command| append(to_execute, command))?;
        Ok(())
    }));
    match ended {
        Ok(Ok(())) => return sys::RC_WATCH_EXECUTE,
        Ok(Err(failed)) => sessions.failed = Some(failed),
        Err(panic) => sessions.panic = Some(panic),
    }
    sys::RC_ERR_CALLBACK
}
