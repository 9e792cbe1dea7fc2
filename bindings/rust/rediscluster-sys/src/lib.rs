//! The declarations of librediscluster: one to one those of `rediscluster/rediscluster.h`, where each is described.
//! The crate `rediscluster` is what programs use.
#![allow(non_camel_case_types)]

use std::os::raw::{c_char, c_int, c_void};

pub const RC_OK: c_int = 0;
pub const RC_ERR_INVALID_ARGUMENT: c_int = 1;
pub const RC_ERR_NO_MEMORY: c_int = 2;
pub const RC_ERR_CONNECT: c_int = 3;
pub const RC_ERR_AUTH: c_int = 4;
pub const RC_ERR_TLS: c_int = 5;
pub const RC_ERR_TIMEOUT: c_int = 6;
pub const RC_ERR_IO: c_int = 7;
pub const RC_ERR_PROTOCOL: c_int = 8;
pub const RC_ERR_SERVER: c_int = 9;
pub const RC_ERR_CROSS_SLOT: c_int = 10;
pub const RC_ERR_NO_KEYS: c_int = 11;
pub const RC_ERR_EMPTY: c_int = 12;
pub const RC_ERR_CLUSTER_DOWN: c_int = 13;
pub const RC_ERR_TOO_MANY_REDIRECTS: c_int = 14;
pub const RC_ERR_WATCH_CONFLICT: c_int = 15;
pub const RC_ERR_ABORTED: c_int = 16;
pub const RC_ERR_CALLBACK: c_int = 17;
pub const RC_ERR_CLOSED: c_int = 18;
pub const RC_ERR_BUSY: c_int = 19;
pub const RC_ERR_UNSUPPORTED: c_int = 20;
pub const RC_ERR_INTERNAL: c_int = 21;
pub const RC_ERR_CANCELLED: c_int = 22;
pub const RC_ERR_PARTIAL: c_int = 23;
pub const RC_WATCH_EXECUTE: c_int = 100;

pub const RC_OUTCOME_NOT_SENT: c_int = 0;
pub const RC_OUTCOME_REFUSED: c_int = 1;
pub const RC_OUTCOME_EXECUTED: c_int = 2;
pub const RC_OUTCOME_UNKNOWN: c_int = 3;
pub const RC_REPLY_NIL: c_int = 0;
pub const RC_REPLY_STATUS: c_int = 1;
pub const RC_REPLY_STRING: c_int = 2;
pub const RC_REPLY_INTEGER: c_int = 3;
pub const RC_REPLY_ARRAY: c_int = 4;
pub const RC_REPLY_ERROR: c_int = 5;
pub const RC_REPLY_DOUBLE: c_int = 6;
pub const RC_REPLY_BOOL: c_int = 7;
pub const RC_REPLY_MAP: c_int = 8;
pub const RC_REPLY_SET: c_int = 9;
pub const RC_REPLY_PUSH: c_int = 10;
pub const RC_REPLY_BIG_NUMBER: c_int = 11;
pub const RC_REPLY_VERBATIM: c_int = 12;
pub const RC_ROUTE_AUTO: c_int = 0;
pub const RC_ROUTE_ONE: c_int = 1;
pub const RC_ROUTE_PRIMARIES: c_int = 2;
pub const RC_ROUTE_NODES: c_int = 3;

pub const RC_COMBINE_AUTO: c_int = 0;
pub const RC_COMBINE_BY_NODE: c_int = 1;

pub const RC_READ_PRIMARY: c_int = 0;
pub const RC_READ_PREFER_REPLICA: c_int = 1;
pub const RC_READ_REPLICA: c_int = 2;
pub const RC_READ_ROUND_ROBIN: c_int = 3;
pub const RC_READ_LOWEST_LATENCY: c_int = 4;
pub const RC_READ_SAME_ZONE: c_int = 5;
pub const RC_TLS_1_2: c_int = 12;
pub const RC_TLS_1_3: c_int = 13;
pub const RC_LOG_ERROR: c_int = 1;
pub const RC_LOG_WARNING: c_int = 2;
pub const RC_LOG_INFO: c_int = 3;
pub const RC_LOG_DEBUG: c_int = 4;

macro_rules! opaque {
    ($($name:ident)*) => {$(
        #[repr(C)]
        pub struct $name {
            _private: [u8; 0],
            _not_send: std::marker::PhantomData<(*mut u8, std::marker::PhantomPinned)>,
        }
    )*};
}

opaque! {
    rc_error rc_options rc_cluster rc_info rc_call_options rc_cancel rc_commands rc_watch rc_reply rc_explanation rc_scan
    rc_credentials rc_address rc_attempt
}

pub type rc_watch_fn = Option<
    unsafe extern "C" fn(watch: *mut rc_watch, to_execute: *mut rc_commands, user_data: *mut c_void) -> c_int,
>;

pub type rc_credentials_fn = Option<
    unsafe extern "C" fn(
        host: *const c_char,
        port: c_int,
        credentials: *mut rc_credentials,
        user_data: *mut c_void,
    ) -> c_int,
>;
pub type rc_address_map_fn = Option<
    unsafe extern "C" fn(
        host: *const c_char,
        port: c_int,
        address: *mut rc_address,
        user_data: *mut c_void,
    ) -> c_int,
>;
pub type rc_log_fn =
    Option<unsafe extern "C" fn(level: c_int, message: *const c_char, user_data: *mut c_void)>;
pub type rc_attempt_fn = Option<unsafe extern "C" fn(attempt: *const rc_attempt, user_data: *mut c_void)>;
pub type rc_cancel_check_fn = Option<unsafe extern "C" fn(user_data: *mut c_void, fired: c_int) -> c_int>;

extern "C" {
    pub fn rc_version() -> *const c_char;
    pub fn rc_error_code(error: *const rc_error) -> c_int;
    pub fn rc_error_message(error: *const rc_error) -> *const c_char;
    pub fn rc_error_server_code(error: *const rc_error) -> *const c_char;
    pub fn rc_error_outcome(error: *const rc_error) -> c_int;
    pub fn rc_error_name(code: c_int) -> *const c_char;
    pub fn rc_outcome_name(outcome: c_int) -> *const c_char;
    pub fn rc_error_part_count(error: *const rc_error) -> usize;
    pub fn rc_error_part_node(error: *const rc_error, i: usize) -> *const c_char;
    pub fn rc_error_part_key_count(error: *const rc_error, i: usize) -> usize;
    pub fn rc_error_part_key(error: *const rc_error, i: usize, k: usize) -> usize;
    pub fn rc_error_part_reply(error: *const rc_error, i: usize) -> *const rc_reply;
    pub fn rc_error_part_error(error: *const rc_error, i: usize) -> *const rc_error;
    pub fn rc_error_free(error: *mut rc_error);
    pub fn rc_options_new() -> *mut rc_options;
    pub fn rc_options_from_url(url: *const c_char, error: *mut *mut rc_error) -> *mut rc_options;
    pub fn rc_options_add_node(
        options: *mut rc_options,
        host: *const c_char,
        port: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_add_address(
        options: *mut rc_options,
        host_port: *const c_char,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_password(
        options: *mut rc_options,
        password: *const c_char,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_username(
        options: *mut rc_options,
        username: *const c_char,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_name(
        options: *mut rc_options,
        name: *const c_char,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_timeout_ms(
        options: *mut rc_options,
        timeout_ms: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_connect_timeout_ms(
        options: *mut rc_options,
        timeout_ms: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_max_redirects(
        options: *mut rc_options,
        count: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_database(
        options: *mut rc_options,
        database: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_refresh_interval_ms(
        options: *mut rc_options,
        ms: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_watch_retries(
        options: *mut rc_options,
        count: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_read_from(
        options: *mut rc_options,
        from: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_zone(
        options: *mut rc_options,
        zone: *const c_char,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_protocol(
        options: *mut rc_options,
        version: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_tls(options: *mut rc_options, yes: c_int, error: *mut *mut rc_error) -> c_int;
    pub fn rc_options_set_tls_verify(
        options: *mut rc_options,
        yes: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_tls_ca_file(
        options: *mut rc_options,
        path: *const c_char,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_tls_ca_dir(
        options: *mut rc_options,
        path: *const c_char,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_tls_certificate(
        options: *mut rc_options,
        cert_file: *const c_char,
        key_file: *const c_char,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_tls_key_password(
        options: *mut rc_options,
        password: *const c_char,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_tls_server_name(
        options: *mut rc_options,
        name: *const c_char,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_tls_min_version(
        options: *mut rc_options,
        version: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_credentials_set(
        credentials: *mut rc_credentials,
        username: *const c_char,
        password: *const c_char,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_credentials(
        options: *mut rc_options,
        callback: rc_credentials_fn,
        user_data: *mut c_void,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_add_mapped_address(
        options: *mut rc_options,
        host: *const c_char,
        port: c_int,
        to_host: *const c_char,
        to_port: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_address_set(
        address: *mut rc_address,
        host: *const c_char,
        port: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_address_map(
        options: *mut rc_options,
        callback: rc_address_map_fn,
        user_data: *mut c_void,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_log(
        options: *mut rc_options,
        level: c_int,
        callback: rc_log_fn,
        user_data: *mut c_void,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_options_set_attempt_hook(
        options: *mut rc_options,
        callback: rc_attempt_fn,
        user_data: *mut c_void,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_attempt_host(attempt: *const rc_attempt) -> *const c_char;
    pub fn rc_attempt_port(attempt: *const rc_attempt) -> c_int;
    pub fn rc_attempt_command(attempt: *const rc_attempt) -> *const c_char;
    pub fn rc_attempt_duration_us(attempt: *const rc_attempt) -> i64;
    pub fn rc_attempt_number(attempt: *const rc_attempt) -> c_int;
    pub fn rc_attempt_code(attempt: *const rc_attempt) -> c_int;
    pub fn rc_attempt_server_code(attempt: *const rc_attempt) -> *const c_char;
    pub fn rc_attempt_outcome(attempt: *const rc_attempt) -> c_int;
    pub fn rc_options_free(options: *mut rc_options);
    pub fn rc_cluster_open(options: *const rc_options, error: *mut *mut rc_error) -> *mut rc_cluster;
    pub fn rc_cluster_open_with(
        options: *const rc_options,
        call_options: *const rc_call_options,
        error: *mut *mut rc_error,
    ) -> *mut rc_cluster;
    pub fn rc_cluster_find(name: *const c_char) -> *mut rc_cluster;
    pub fn rc_cluster_refresh(cluster: *mut rc_cluster, error: *mut *mut rc_error) -> c_int;
    pub fn rc_cluster_refresh_with(
        cluster: *mut rc_cluster,
        options: *const rc_call_options,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_cluster_info(cluster: *mut rc_cluster, error: *mut *mut rc_error) -> *mut rc_info;
    pub fn rc_cluster_close(cluster: *mut rc_cluster);
    pub fn rc_cluster_free(cluster: *mut rc_cluster);
    pub fn rc_info_node_count(info: *const rc_info) -> usize;
    pub fn rc_info_node_host(info: *const rc_info, i: usize) -> *const c_char;
    pub fn rc_info_node_port(info: *const rc_info, i: usize) -> c_int;
    pub fn rc_info_node_is_primary(info: *const rc_info, i: usize) -> c_int;
    pub fn rc_info_node_is_connected(info: *const rc_info, i: usize) -> c_int;
    pub fn rc_info_node_slot_count(info: *const rc_info, i: usize) -> c_int;
    pub fn rc_info_node_id(info: *const rc_info, i: usize) -> *const c_char;
    pub fn rc_info_node_primary(info: *const rc_info, i: usize) -> c_int;
    pub fn rc_info_node_range_count(info: *const rc_info, i: usize) -> usize;
    pub fn rc_info_node_range_first(info: *const rc_info, i: usize, r: usize) -> c_int;
    pub fn rc_info_node_range_last(info: *const rc_info, i: usize, r: usize) -> c_int;
    pub fn rc_info_slot_owner(info: *const rc_info, slot: c_int) -> c_int;
    pub fn rc_info_slots_covered(info: *const rc_info) -> c_int;
    pub fn rc_info_seed_count(info: *const rc_info) -> usize;
    pub fn rc_info_seed(info: *const rc_info, i: usize) -> *const c_char;
    pub fn rc_info_counter(info: *const rc_info, name: *const c_char) -> u64;
    pub fn rc_info_free(info: *mut rc_info);
    pub fn rc_call_options_new() -> *mut rc_call_options;
    pub fn rc_call_options_set_timeout_ms(
        options: *mut rc_call_options,
        timeout_ms: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_call_options_set_idempotent(
        options: *mut rc_call_options,
        yes: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_call_options_set_cancel(
        options: *mut rc_call_options,
        cancel: *mut rc_cancel,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_call_options_set_read_from(
        options: *mut rc_call_options,
        from: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_call_options_set_route(
        options: *mut rc_call_options,
        route: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_call_options_set_route_node(
        options: *mut rc_call_options,
        host: *const c_char,
        port: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_call_options_set_route_key(
        options: *mut rc_call_options,
        key: *const c_char,
        key_len: usize,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_call_options_set_split(
        options: *mut rc_call_options,
        yes: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_call_options_set_combine(
        options: *mut rc_call_options,
        combine: c_int,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_scan_new(cluster: *mut rc_cluster, error: *mut *mut rc_error) -> *mut rc_scan;
    pub fn rc_scan_set_match(
        scan: *mut rc_scan,
        pattern: *const c_char,
        len: usize,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_scan_set_count(scan: *mut rc_scan, count: c_int, error: *mut *mut rc_error) -> c_int;
    pub fn rc_scan_set_type(scan: *mut rc_scan, type_name: *const c_char, error: *mut *mut rc_error)
        -> c_int;
    pub fn rc_scan_set_cursor(scan: *mut rc_scan, cursor: *const c_char, error: *mut *mut rc_error) -> c_int;
    pub fn rc_scan_next(scan: *mut rc_scan, error: *mut *mut rc_error) -> *mut rc_reply;
    pub fn rc_scan_next_with(
        scan: *mut rc_scan,
        options: *const rc_call_options,
        error: *mut *mut rc_error,
    ) -> *mut rc_reply;
    pub fn rc_scan_cursor(scan: *const rc_scan) -> *const c_char;
    pub fn rc_scan_doubtful_count(scan: *const rc_scan) -> usize;
    pub fn rc_scan_doubtful_slot(scan: *const rc_scan, i: usize) -> c_int;
    pub fn rc_scan_free(scan: *mut rc_scan);
    pub fn rc_call_options_free(options: *mut rc_call_options);
    pub fn rc_cancel_new() -> *mut rc_cancel;
    pub fn rc_cancel_fire(cancel: *mut rc_cancel);
    pub fn rc_cancel_set_check(cancel: *mut rc_cancel, check: rc_cancel_check_fn, user_data: *mut c_void);
    pub fn rc_cancel_fired(cancel: *const rc_cancel) -> c_int;
    pub fn rc_cancel_free(cancel: *mut rc_cancel);
    pub fn rc_command(
        cluster: *mut rc_cluster,
        argc: usize,
        argv: *const *const c_char,
        argv_len: *const usize,
        error: *mut *mut rc_error,
    ) -> *mut rc_reply;
    pub fn rc_command_with(
        cluster: *mut rc_cluster,
        options: *const rc_call_options,
        argc: usize,
        argv: *const *const c_char,
        argv_len: *const usize,
        error: *mut *mut rc_error,
    ) -> *mut rc_reply;
    pub fn rc_commandf(
        cluster: *mut rc_cluster,
        error: *mut *mut rc_error,
        format: *const c_char,
        ...
    ) -> *mut rc_reply;
    pub fn rc_commands_new() -> *mut rc_commands;
    pub fn rc_commands_add(
        commands: *mut rc_commands,
        argc: usize,
        argv: *const *const c_char,
        argv_len: *const usize,
        error: *mut *mut rc_error,
    ) -> c_int;
    pub fn rc_commands_count(commands: *const rc_commands) -> usize;
    pub fn rc_commands_clear(commands: *mut rc_commands);
    pub fn rc_commands_free(commands: *mut rc_commands);
    pub fn rc_pipeline(
        cluster: *mut rc_cluster,
        commands: *const rc_commands,
        error: *mut *mut rc_error,
    ) -> *mut rc_reply;
    pub fn rc_pipeline_with(
        cluster: *mut rc_cluster,
        options: *const rc_call_options,
        commands: *const rc_commands,
        error: *mut *mut rc_error,
    ) -> *mut rc_reply;
    pub fn rc_transaction(
        cluster: *mut rc_cluster,
        commands: *const rc_commands,
        error: *mut *mut rc_error,
    ) -> *mut rc_reply;
    pub fn rc_transaction_with(
        cluster: *mut rc_cluster,
        options: *const rc_call_options,
        commands: *const rc_commands,
        error: *mut *mut rc_error,
    ) -> *mut rc_reply;
    pub fn rc_watch_command(
        watch: *mut rc_watch,
        argc: usize,
        argv: *const *const c_char,
        argv_len: *const usize,
        error: *mut *mut rc_error,
    ) -> *mut rc_reply;
    pub fn rc_watch_transaction(
        cluster: *mut rc_cluster,
        key_count: usize,
        keys: *const *const c_char,
        key_len: *const usize,
        callback: rc_watch_fn,
        user_data: *mut c_void,
        error: *mut *mut rc_error,
    ) -> *mut rc_reply;
    pub fn rc_watch_transaction_with(
        cluster: *mut rc_cluster,
        options: *const rc_call_options,
        key_count: usize,
        keys: *const *const c_char,
        key_len: *const usize,
        callback: rc_watch_fn,
        user_data: *mut c_void,
        error: *mut *mut rc_error,
    ) -> *mut rc_reply;
    pub fn rc_reply_type(reply: *const rc_reply) -> c_int;
    pub fn rc_reply_type_name(kind: c_int) -> *const c_char;
    pub fn rc_reply_string(reply: *const rc_reply, len: *mut usize) -> *const c_char;
    pub fn rc_reply_integer(reply: *const rc_reply) -> i64;
    pub fn rc_reply_double(reply: *const rc_reply) -> f64;
    pub fn rc_reply_length(reply: *const rc_reply) -> usize;
    pub fn rc_reply_element(reply: *const rc_reply, i: usize) -> *const rc_reply;
    pub fn rc_reply_error(reply: *const rc_reply) -> *const rc_error;
    pub fn rc_reply_free(reply: *mut rc_reply);
    pub fn rc_explain(
        cluster: *mut rc_cluster,
        argc: usize,
        argv: *const *const c_char,
        argv_len: *const usize,
        error: *mut *mut rc_error,
    ) -> *mut rc_explanation;
    pub fn rc_explain_with(
        cluster: *mut rc_cluster,
        options: *const rc_call_options,
        argc: usize,
        argv: *const *const c_char,
        argv_len: *const usize,
        error: *mut *mut rc_error,
    ) -> *mut rc_explanation;
    pub fn rc_explanation_text(explanation: *const rc_explanation) -> *const c_char;
    pub fn rc_explanation_key_count(explanation: *const rc_explanation) -> usize;
    pub fn rc_explanation_key(explanation: *const rc_explanation, i: usize, len: *mut usize)
        -> *const c_char;
    pub fn rc_explanation_slot(explanation: *const rc_explanation) -> c_int;
    pub fn rc_explanation_host(explanation: *const rc_explanation) -> *const c_char;
    pub fn rc_explanation_port(explanation: *const rc_explanation) -> c_int;
    pub fn rc_explanation_is_read_only(explanation: *const rc_explanation) -> c_int;
    pub fn rc_explanation_may_block(explanation: *const rc_explanation) -> c_int;
    pub fn rc_explanation_free(explanation: *mut rc_explanation);
    pub fn rc_key_slot(key: *const c_char, len: usize) -> c_int;
}
