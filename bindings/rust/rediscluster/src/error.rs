use std::ffi::CStr;
use std::fmt;
use std::os::raw::c_char;
use std::sync::Arc;

use rediscluster_sys as sys;

use crate::functions::refusals;
use crate::Value;

/// What calls return.
pub type Result<T> = std::result::Result<T, Error>;

macro_rules! codes {
    ($($name:ident = $value:ident, $doc:literal;)*) => {
        /// How a call failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $(#[doc = $doc] $name,)*
            /// The reply is not of the type that was asked for. Made by this crate.
            Conversion,
            /// A code of a later version of the library.
            Other(i32),
        }

        impl ErrorCode {
            pub(crate) fn from_number(number: i32) -> Self {
                match number {
                    $(sys::$value => Self::$name,)*
                    other => Self::Other(other),
                }
            }

            fn number(self) -> Option<i32> {
                match self {
                    $(Self::$name => Some(sys::$value),)*
                    Self::Other(other) => Some(other),
                    Self::Conversion => None,
                }
            }
        }
    };
}

codes! {
    InvalidArgument = RC_ERR_INVALID_ARGUMENT, "The caller's mistake: the message says which argument.";
    NoMemory = RC_ERR_NO_MEMORY, "An allocation failed.";
    Connect = RC_ERR_CONNECT, "No connection to a node.";
    Auth = RC_ERR_AUTH, "The server does not accept the user or the password.";
    Tls = RC_ERR_TLS, "The encrypted connection could not be made or trusted.";
    Timeout = RC_ERR_TIMEOUT, "The call's time was up.";
    Io = RC_ERR_IO, "A connection broke during the call.";
    Protocol = RC_ERR_PROTOCOL, "The server sent what no Redis server sends.";
    Server = RC_ERR_SERVER, "The server's answer is an error: see [`Error::server_code`].";
    CrossSlot = RC_ERR_CROSS_SLOT, "The keys of one command or transaction lie in several slots.";
    NoKeys = RC_ERR_NO_KEYS, "A watch without keys.";
    Empty = RC_ERR_EMPTY, "A transaction without commands.";
    ClusterDown = RC_ERR_CLUSTER_DOWN, "The cluster does not serve the slot.";
    TooManyRedirects = RC_ERR_TOO_MANY_REDIRECTS, "More redirects in a row than [`Options::max_redirects`](crate::Options::max_redirects).";
    WatchConflict = RC_ERR_WATCH_CONFLICT, "A watched key changed, each time it was tried.";
    Aborted = RC_ERR_ABORTED, "The closure of a watch returned an error, which is the source of this one.";
    Closed = RC_ERR_CLOSED, "The cluster was closed before or during the call.";
    Busy = RC_ERR_BUSY, "Too many bytes wait for the node.";
    Unsupported = RC_ERR_UNSUPPORTED, "Not offered by this version of the library, or by the server.";
    Internal = RC_ERR_INTERNAL, "A defect of the library: please report it.";
    Cancelled = RC_ERR_CANCELLED, "A [`CancelToken`](crate::CancelToken) was fired.";
    Partial = RC_ERR_PARTIAL, "An operation over several nodes succeeded in part.";
}

impl ErrorCode {
    /// The name that the C API has for the code: `"RC_ERR_TIMEOUT"`.
    pub fn name(self) -> &'static str {
        // SAFETY: the library's texts of names are static.
        self.number().map_or("RC_ERR_CONVERSION", |number| unsafe { static_text(sys::rc_error_name(number)) })
    }
}

/// What became of the command that a call failed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// No server can have seen it.
    NotSent,
    /// A server answered that it did not execute it.
    Refused,
    /// A server executed it, and answered with an error.
    Executed,
    /// Sent, in part or whole, no reply seen: it may have been executed.
    Unknown,
}

impl Outcome {
    pub(crate) fn from_number(number: i32) -> Self {
        match number {
            sys::RC_OUTCOME_NOT_SENT => Self::NotSent,
            sys::RC_OUTCOME_REFUSED => Self::Refused,
            sys::RC_OUTCOME_EXECUTED => Self::Executed,
            _ => Self::Unknown,
        }
    }
}

/// How a call failed, or a command of a pipeline or transaction.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: ErrorCode,
    outcome: Outcome,
    message: String,
    server_code: Option<String>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
    parts: Vec<Part>,
}

/// What one node was sent for the keys of one slot or, of a command without keys, all that it was sent.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Part {
    /// The `"host:port"` that was asked last.
    pub node: Option<String>,
    /// Which arguments of the command its keys are, the name being 0.
    pub keys: Vec<usize>,
    /// What was answered, or why it failed, with an outcome of its own.
    pub result: std::result::Result<Value, Error>,
}

impl Error {
    /// How it failed.
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// What failed, where, and what to do about it. Holds no password and no value of a key.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The first word of a server's error, such as `"WRONGTYPE"`.
    pub fn server_code(&self) -> Option<&str> {
        self.0.server_code.as_deref()
    }

    /// What became of the command.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Whether a server executed the command, or may have.
    pub fn may_have_executed(&self) -> bool {
        matches!(self.outcome(), Outcome::Executed | Outcome::Unknown)
    }

    /// Of an [`ErrorCode::Partial`], what became of each part; else empty.
    pub fn parts(&self) -> &[Part] {
        &self.0.parts
    }

    pub(crate) fn new(code: ErrorCode, outcome: Outcome, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            outcome,
            message: message.into(),
            server_code: None,
            source: None,
            parts: Vec::new(),
        }))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArgument, Outcome::NotSent, message)
    }

    pub(crate) fn no_memory() -> Self {
        Self::new(ErrorCode::NoMemory, Outcome::NotSent, "out of memory")
    }

    pub(crate) fn with_source(mut self, source: Arc<dyn std::error::Error + Send + Sync>) -> Self {
        self.0.source = Some(source);
        self
    }

    /// Frees it.
    ///
    /// # Safety
    /// `error` is NULL or an error that a function of the library has set.
    #[cold]
    pub(crate) unsafe fn take(error: *mut sys::rc_error) -> Self {
        if error.is_null() {
            return Self::no_memory();
        }
        let taken = Self::copy(error);
        sys::rc_error_free(error);
        taken
    }

    /// # Safety
    /// `error` is an error of the library.
    pub(crate) unsafe fn copy(error: *const sys::rc_error) -> Self {
        let server_code = sys::rc_error_server_code(error);
        let mut message = text(sys::rc_error_message(error));
        if sys::rc_error_code(error) == sys::RC_ERR_AUTH {
            message = refusals::told(message);
        }
        Self(Box::new(Inner {
            code: ErrorCode::from_number(sys::rc_error_code(error)),
            outcome: Outcome::from_number(sys::rc_error_outcome(error)),
            message,
            server_code: (!server_code.is_null()).then(|| text(server_code)),
            source: None,
            parts: (0..sys::rc_error_part_count(error)).map(|i| Part::copy(error, i)).collect(),
        }))
    }
}

impl Part {
    /// # Safety
    /// `error` is an error of the library with such a part.
    unsafe fn copy(error: *const sys::rc_error, i: usize) -> Self {
        let node = text(sys::rc_error_part_node(error, i));
        let reply = sys::rc_error_part_reply(error, i);
        let failed = sys::rc_error_part_error(error, i);
        Self {
            node: (!node.is_empty()).then_some(node),
            keys: (0..sys::rc_error_part_key_count(error, i))
                .map(|k| sys::rc_error_part_key(error, i, k))
                .collect(),
            result: if !reply.is_null() {
                Ok(Value::read(reply))
            } else if failed.is_null() {
                Err(Error::no_memory())
            } else {
                Err(Error::copy(failed))
            },
        }
    }
}

impl PartialEq for Error {
    /// All but the source is compared.
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.0, &other.0);
        (a.code, a.outcome, &a.message, &a.server_code) == (b.code, b.outcome, &b.message, &b.server_code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.code())
            .field("outcome", &self.outcome())
            .field("server_code", &self.server_code())
            .field("message", &self.message())
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

unsafe fn text(of: *const c_char) -> String {
    CStr::from_ptr(of).to_string_lossy().into_owned()
}

pub(crate) unsafe fn static_text(of: *const c_char) -> &'static str {
    CStr::from_ptr(of).to_str().unwrap_or("")
}
