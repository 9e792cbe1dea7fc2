use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::ops::RangeInclusive;
use std::os::raw::c_char;
use std::ptr::NonNull;

use rediscluster_sys as sys;

/// What the client knew of its cluster at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// The known nodes, primaries first.
    pub nodes: Vec<NodeInfo>,
    /// How many of the 16384 slots have an owner.
    pub slots_covered: usize,
    /// The nodes of the options, as `"host:port"`.
    pub seeds: Vec<String>,
    /// What was counted since the cluster was opened: `"refreshes"`, `"moved"`, `"ask"`, `"waits"`, `"retries"`,
    /// `"timeouts"`, `"connects"`, `"unknown"`.
    pub counters: BTreeMap<&'static str, u64>,
}

/// What the client knows of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeInfo {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it owns slots.
    pub is_primary: bool,
    /// Whether a connection to it is open.
    pub is_connected: bool,
    /// How many slots it owns.
    pub slots: usize,
    /// Its id; empty where the server does not tell.
    pub id: String,
    /// The index in [`Info::nodes`] of the primary that it replicates.
    pub primary_index: Option<usize>,
    /// The slots that it owns.
    pub ranges: Vec<RangeInclusive<u16>>,
}

impl Info {
    /// The index in [`Info::nodes`] of the node that owns a slot.
    pub fn slot_owner(&self, slot: u16) -> Option<usize> {
        self.nodes.iter().position(|node| node.ranges.iter().any(|range| range.contains(&slot)))
    }
}

const COUNTERS: [&str; 8] =
    ["refreshes", "moved", "ask", "waits", "retries", "timeouts", "connects", "unknown"];

/// Reads it and frees it.
///
/// # Safety
/// `raw` is the caller's own.
pub(crate) unsafe fn take(raw: NonNull<sys::rc_info>) -> Info {
    let raw = raw.as_ptr();
    let nodes = (0..sys::rc_info_node_count(raw)).map(|i| NodeInfo {
        host: text(sys::rc_info_node_host(raw, i)),
        port: sys::rc_info_node_port(raw, i) as u16,
        is_primary: sys::rc_info_node_is_primary(raw, i) != 0,
        is_connected: sys::rc_info_node_is_connected(raw, i) != 0,
        slots: sys::rc_info_node_slot_count(raw, i) as usize,
        id: text(sys::rc_info_node_id(raw, i)),
        primary_index: usize::try_from(sys::rc_info_node_primary(raw, i)).ok(),
        ranges: (0..sys::rc_info_node_range_count(raw, i))
            .map(|r| {
                let first = sys::rc_info_node_range_first(raw, i, r) as u16;
                first..=sys::rc_info_node_range_last(raw, i, r) as u16
            })
            .collect(),
    });
    let counter = |name: &'static str| {
        let text = CString::new(name).unwrap_or_default();
        (name, sys::rc_info_counter(raw, text.as_ptr()))
    };
    let info = Info {
        nodes: nodes.collect(),
        slots_covered: sys::rc_info_slots_covered(raw) as usize,
        seeds: (0..sys::rc_info_seed_count(raw)).map(|i| text(sys::rc_info_seed(raw, i))).collect(),
        counters: COUNTERS.iter().copied().map(counter).collect(),
    };
    sys::rc_info_free(raw);
    info
}

unsafe fn text(of: *const c_char) -> String {
    if of.is_null() {
        return String::new();
    }
    CStr::from_ptr(of).to_string_lossy().into_owned()
}
