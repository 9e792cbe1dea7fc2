//! Closures that the library calls: for credentials, the log and attempts.
use std::any::Any;
use std::ffi::{CStr, CString};
use std::fmt;
use std::os::raw::{c_char, c_int, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use rediscluster_sys as sys;

use crate::{BoxError, ErrorCode, Outcome};

/// A user and a password, for [`Options::credentials`](crate::Options::credentials).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    username: String,
    password: String,
}

impl Credentials {
    /// Of a user.
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: username.into(), password: password.into() }
    }

    /// Of the server's default user.
    pub fn password(password: impl Into<String>) -> Self {
        Self::new("", password)
    }
}

/// Without the password.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// How important a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LogLevel {
    /// Something is wrong.
    Error = sys::RC_LOG_ERROR as isize,
    /// A connection that failed.
    Warning = sys::RC_LOG_WARNING as isize,
    /// A connection that was made, a command that was sent again.
    Info = sys::RC_LOG_INFO as isize,
    /// Redirects, and the layout that was told.
    Debug = sys::RC_LOG_DEBUG as isize,
}

impl LogLevel {
    fn from_number(number: c_int) -> Self {
        match number {
            sys::RC_LOG_ERROR => Self::Error,
            sys::RC_LOG_WARNING => Self::Warning,
            sys::RC_LOG_INFO => Self::Info,
            _ => Self::Debug,
        }
    }
}

/// An attempt to have a node run a command, when it has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The node's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The command's name, in capitals.
    pub command: String,
    /// How long it took.
    pub duration: Duration,
    /// Which attempt of its command it is, from 1.
    pub number: u32,
    /// How it failed; none for a reply.
    pub code: Option<ErrorCode>,
    /// The first word of an error that the node answered with.
    pub server_code: Option<String>,
    /// What became of the command.
    pub outcome: Outcome,
}

type CredentialsFn = dyn Fn(&str, u16) -> Result<Credentials, BoxError> + Send + Sync;
type LogFn = dyn Fn(LogLevel, &str) + Send + Sync;
type AttemptFn = dyn Fn(&Attempt) + Send + Sync;

#[derive(Clone, Default)]
pub(crate) struct Functions {
    pub credentials: Option<Arc<CredentialsFn>>,
    pub log: Option<(LogLevel, Arc<LogFn>)>,
    pub on_attempt: Option<Arc<AttemptFn>>,
}

impl Functions {
    /// # Safety
    /// What is opened with the options must not outlive `self`, wherever that lies.
    pub(crate) unsafe fn put_into(
        &self,
        options: *mut sys::rc_options,
        error: *mut *mut sys::rc_error,
    ) -> c_int {
        let data = self as *const Self as *mut c_void;
        let mut code = sys::RC_OK;
        if self.credentials.is_some() {
            code = sys::rc_options_set_credentials(options, Some(ask_credentials), data, error);
        }
        if let (sys::RC_OK, Some((level, _))) = (code, &self.log) {
            code = sys::rc_options_set_log(options, *level as c_int, Some(tell_log), data, error);
        }
        if code == sys::RC_OK && self.on_attempt.is_some() {
            code = sys::rc_options_set_attempt_hook(options, Some(tell_attempt), data, error);
        }
        code
    }
}

/// All that a cluster may call. One that is found by its name may call those of the options that it was opened with,
/// whoever did that: its handle keeps all.
static LIVING: Mutex<Vec<Weak<Functions>>> = Mutex::new(Vec::new());

fn living() -> MutexGuard<'static, Vec<Weak<Functions>>> {
    LIVING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a handle keeps, as long as it may be called.
#[derive(Default)]
pub(crate) struct Kept(Vec<Arc<Functions>>);

impl Kept {
    /// Before the cluster is opened.
    pub(crate) fn new(functions: &Arc<Functions>) -> Self {
        if functions.credentials.is_none() && functions.log.is_none() && functions.on_attempt.is_none() {
            return Self::default();
        }
        let mut all = living();
        all.retain(|one| one.strong_count() > 0);
        all.push(Arc::downgrade(functions));
        Self(vec![functions.clone()])
    }

    pub(crate) fn find(name: &CStr) -> Option<(NonNull<sys::rc_cluster>, Self)> {
        let all = living(); // whoever opened it cannot let go now
                            // SAFETY: a NUL-terminated string.
        let found = NonNull::new(unsafe { sys::rc_cluster_find(name.as_ptr()) })?;
        Some((found, Self(all.iter().filter_map(Weak::upgrade).collect())))
    }

    /// After the cluster was freed.
    pub(crate) fn drop_all(&mut self) {
        let kept = {
            let _all = living();
            std::mem::take(&mut self.0)
        };
        drop(kept); // without the lock
    }
}

unsafe fn text(of: *const c_char) -> String {
    if of.is_null() {
        return String::new();
    }
    CStr::from_ptr(of).to_string_lossy().into_owned()
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    format!("panic: {}", said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("of another type"))
}

/// What a panic was made with may panic when it is dropped.
fn drop_payload(panic: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(again);
    }
}

unsafe extern "C" fn ask_credentials(
    host: *const c_char,
    port: c_int,
    to: *mut sys::rc_credentials,
    data: *mut c_void,
) -> c_int {
    let functions = &*data.cast::<Functions>();
    let given = catch_unwind(AssertUnwindSafe(|| -> Result<(), BoxError> {
        let ask = functions.credentials.as_ref().ok_or("there is no function")?;
        let given = ask(&text(host), port as u16)?;
        let (username, password) = (CString::new(given.username)?, CString::new(given.password)?);
        sys::rc_credentials_set(to, username.as_ptr(), password.as_ptr(), ptr::null_mut());
        Ok(())
    }));
    // An error may panic when it is shown or dropped.
    let given =
        given.and_then(|given| catch_unwind(AssertUnwindSafe(|| given.map_err(|error| error.to_string()))));
    match given {
        Ok(Ok(())) => sys::RC_OK,
        Ok(Err(why)) => refusals::keep(why),
        Err(panic) => {
            let why = reason(&*panic);
            drop_payload(panic);
            refusals::keep(why)
        }
    }
}

unsafe extern "C" fn tell_log(level: c_int, line: *const c_char, data: *mut c_void) {
    let functions = &*data.cast::<Functions>();
    // The hook of panics has told of it.
    let told = catch_unwind(AssertUnwindSafe(|| {
        if let Some((_, log)) = &functions.log {
            log(LogLevel::from_number(level), &text(line));
        }
    }));
    told.unwrap_or_else(drop_payload);
}

unsafe extern "C" fn tell_attempt(attempt: *const sys::rc_attempt, data: *mut c_void) {
    let functions = &*data.cast::<Functions>();
    let told = catch_unwind(AssertUnwindSafe(|| {
        let server_code = sys::rc_attempt_server_code(attempt);
        let code = sys::rc_attempt_code(attempt);
        let told = Attempt {
            host: text(sys::rc_attempt_host(attempt)),
            port: sys::rc_attempt_port(attempt) as u16,
            command: text(sys::rc_attempt_command(attempt)),
            duration: Duration::from_micros(sys::rc_attempt_duration_us(attempt) as u64),
            number: sys::rc_attempt_number(attempt) as u32,
            code: (code != sys::RC_OK).then(|| ErrorCode::from_number(code)),
            server_code: (!server_code.is_null()).then(|| text(server_code)),
            outcome: Outcome::from_number(sys::rc_attempt_outcome(attempt)),
        };
        if let Some(hook) = &functions.on_attempt {
            hook(&told);
        }
    }));
    told.unwrap_or_else(drop_payload);
}

/// Why closures gave no credentials. The library's message has only the number that they returned.
pub(crate) mod refusals {
    use std::os::raw::c_int;
    use std::sync::{Mutex, PoisonError};

    const FIRST: usize = 1000;
    const NUMBERS: usize = 1 << 30;
    const KEPT: usize = 64;
    const RETURNED: &str = "the callback of rc_options_set_credentials returned ";

    static LAST: Mutex<(usize, Vec<(usize, String)>)> = Mutex::new((0, Vec::new()));

    /// The number to return.
    pub(super) fn keep(why: String) -> c_int {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let number = FIRST + last.0 % NUMBERS;
        last.0 += 1;
        last.1.resize(KEPT, Default::default());
        last.1[number % KEPT] = (number, why);
        number as c_int
    }

    /// The message with the reason in it.
    pub(crate) fn told(message: String) -> String {
        let (before, after) = match message.split_once(RETURNED) {
            Some(parts) => parts,
            None => return message,
        };
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (number, rest) = after.split_at(digits);
        let last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = number.parse::<usize>().ok().and_then(|number| {
            let kept = last.1.get(number % KEPT)?;
            (kept.0 == number).then(|| kept.1.clone())
        });
        kept.map(|why| format!("{before}{why}{rest}")).unwrap_or(message)
    }
}
