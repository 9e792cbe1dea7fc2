use std::ffi::CStr;
use std::fmt;
use std::ptr::{self, NonNull};
use std::vec;

use rediscluster_sys as sys;

use crate::options::{c_text, check, RawCallOptions};
use crate::{CallOptions, Cluster, Error, Result, Value};

/// An iterator over the keys of the whole cluster: [`Cluster::scan`]. Every key that is there from the beginning to the end comes
/// at least once, while slots move and primaries die, or its slot is among [`doubtful_slots`](Self::doubtful_slots).
///
/// After an error the next call goes on from where the scan was.
///
/// ```
/// # fn main() -> Result<(), rediscluster::Error> {
/// # let nodes = std::env::var("RC_TEST_NODES").unwrap();
/// # let cluster = rediscluster::Cluster::open(rediscluster::Options::new().nodes(nodes.split(',')))?;
/// cluster.command(&["SET", "doc:scan:1", "v"])?;
/// let mut scan = cluster.scan()?.matching("doc:scan:*")?;
/// for key in &mut scan {
///     assert_eq!(key?.as_str(), Some("doc:scan:1"));
/// }
/// assert!(scan.doubtful_slots().is_empty());
/// # Ok(())
/// # }
/// ```
pub struct Scan {
    raw: NonNull<sys::rc_scan>,
    call: Option<RawCallOptions>,
    page: vec::IntoIter<Value>,
    cursor: String,
    behind: String,
    _cluster: Cluster, // whose functions the scan needs
}

// SAFETY: one thread at a time may use it, any of them.
unsafe impl Send for Scan {}

impl Drop for Scan {
    fn drop(&mut self) {
        // SAFETY: nobody else has it.
        unsafe { sys::rc_scan_free(self.raw.as_ptr()) }
    }
}

impl Scan {
    pub(crate) fn new(cluster: &Cluster, raw: *mut sys::rc_cluster) -> Result<Self> {
        // SAFETY: the cluster lives through the call, and what it may call as long as the scan.
        let raw = unsafe {
            let mut error = ptr::null_mut();
            NonNull::new(sys::rc_scan_new(raw, &mut error)).ok_or_else(|| Error::take(error))?
        };
        let mut scan = Self {
            raw,
            call: None,
            page: Vec::new().into_iter(),
            cursor: String::new(),
            behind: String::new(),
            _cluster: cluster.clone(),
        };
        scan.behind = scan.told_cursor();
        scan.cursor = scan.behind.clone();
        Ok(scan)
    }

    /// Only keys that match this pattern; where its hash tag is literal, only that slot is asked.
    pub fn matching(self, pattern: impl AsRef<[u8]>) -> Result<Self> {
        let pattern = pattern.as_ref();
        // SAFETY: so many bytes are there.
        unsafe {
            check(|error| {
                sys::rc_scan_set_match(self.raw.as_ptr(), pattern.as_ptr().cast(), pattern.len(), error)
            })?;
        }
        Ok(self)
    }

    /// How many keys a page should have, a hint.
    pub fn count(self, count: i32) -> Result<Self> {
        // SAFETY: the scan lives.
        unsafe { check(|error| sys::rc_scan_set_count(self.raw.as_ptr(), count, error))? };
        Ok(self)
    }

    /// Only keys of that type: `"string"`, `"hash"`, ...
    pub fn of_type(self, name: &str) -> Result<Self> {
        let name = c_text("the type", name)?;
        // SAFETY: the text lives through the call.
        unsafe { check(|error| sys::rc_scan_set_type(self.raw.as_ptr(), name.as_ptr(), error))? };
        Ok(self)
    }

    /// Goes on where another scan was, of any process, whose [`cursor`](Self::cursor) this is: with the same pattern and type.
    pub fn from_cursor(mut self, cursor: &str) -> Result<Self> {
        let text = c_text("the cursor", cursor)?;
        // SAFETY: the text lives through the call.
        unsafe { check(|error| sys::rc_scan_set_cursor(self.raw.as_ptr(), text.as_ptr(), error))? };
        self.cursor = cursor.to_owned();
        self.behind = self.cursor.clone();
        Ok(self)
    }

    /// For each page; the timeout and the cancel token count.
    pub fn options(mut self, options: &CallOptions) -> Result<Self> {
        self.call = Some(options.to_raw()?);
        Ok(self)
    }

    /// From which another scan goes on. It comes before the keys of a page of which not all have been taken, so that some may
    /// come twice but none is missed.
    pub fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The slots of which it cannot be proven that every key was seen. Whole at the end.
    pub fn doubtful_slots(&self) -> Vec<u16> {
        // SAFETY: the scan lives.
        unsafe {
            let count = sys::rc_scan_doubtful_count(self.raw.as_ptr());
            (0..count).map(|i| sys::rc_scan_doubtful_slot(self.raw.as_ptr(), i) as u16).collect()
        }
    }

    fn told_cursor(&self) -> String {
        // SAFETY: the text lives until the next call with the scan.
        unsafe { CStr::from_ptr(sys::rc_scan_cursor(self.raw.as_ptr())).to_string_lossy().into_owned() }
    }

    /// `None` at the end.
    fn next_page(&mut self) -> Result<Option<Vec<Value>>> {
        let call = self.call.as_ref().map_or(ptr::null(), |call| call.0.as_ptr());
        // SAFETY: the scan and the options live through the call.
        let reply = unsafe {
            let mut error = ptr::null_mut();
            let reply = sys::rc_scan_next_with(self.raw.as_ptr(), call.cast(), &mut error);
            if !error.is_null() {
                return Err(Error::take(error));
            }
            NonNull::new(reply).map(|reply| Value::take(reply.as_ptr()))
        };
        self.behind = self.told_cursor();
        Ok(match reply {
            Some(Value::Array(keys)) => Some(keys),
            _ => None,
        })
    }
}

impl Iterator for Scan {
    type Item = Result<Value>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.as_slice().is_empty() {
            match self.next_page() {
                Ok(Some(keys)) => self.page = keys.into_iter(),
                Ok(None) => {
                    self.cursor = self.behind.clone();
                    return None;
                }
                Err(failed) => return Some(Err(failed)),
            }
        }
        let key = self.page.next()?;
        if self.page.as_slice().is_empty() {
            self.cursor = self.behind.clone();
        }
        Some(Ok(key))
    }
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scan").finish_non_exhaustive()
    }
}
