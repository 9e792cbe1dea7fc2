use std::ffi::CStr;
use std::ptr::NonNull;

use rediscluster_sys as sys;

/// What would be done with a command: see [`Cluster::explain`](crate::Cluster::explain).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// All of it in English.
    pub text: String,
    /// Its keys.
    pub keys: Vec<Vec<u8>>,
    /// The slot of the keys; none without keys, and where they lie in several slots.
    pub slot: Option<u16>,
    /// Where it would go now: host and port; none where no node is known, or it would be refused.
    pub node: Option<(String, u16)>,
    /// Whether it only reads.
    pub is_read_only: bool,
    /// Whether it may keep its connection waiting.
    pub may_block: bool,
}

/// Reads it and frees it.
///
/// # Safety
/// `raw` is the caller's own.
pub(crate) unsafe fn take(raw: NonNull<sys::rc_explanation>) -> Explanation {
    let raw = raw.as_ptr();
    let keys = (0..sys::rc_explanation_key_count(raw)).map(|i| {
        let mut length = 0;
        let key = sys::rc_explanation_key(raw, i, &mut length);
        std::slice::from_raw_parts(key.cast(), length).to_vec()
    });
    let host = sys::rc_explanation_host(raw);
    let explanation = Explanation {
        text: CStr::from_ptr(sys::rc_explanation_text(raw)).to_string_lossy().into_owned(),
        keys: keys.collect(),
        slot: u16::try_from(sys::rc_explanation_slot(raw)).ok(),
        node: (!host.is_null()).then(|| {
            (CStr::from_ptr(host).to_string_lossy().into_owned(), sys::rc_explanation_port(raw) as u16)
        }),
        is_read_only: sys::rc_explanation_is_read_only(raw) != 0,
        may_block: sys::rc_explanation_may_block(raw) != 0,
    };
    sys::rc_explanation_free(raw);
    explanation
}
