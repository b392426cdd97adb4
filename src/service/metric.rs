//! The names of this floor's metrics, each with its unit and meaning.

use std::sync::LazyLock;

use metrics::Counter;

/// Sign-ins and resumptions, counted.
pub const SIGN_INS: &str = "feihong_sign_ins_total";
/// Sessions ended by another sign-in or by an administrator, counted.
pub const KICKS: &str = "feihong_kicks_total";
/// Stored one-to-one messages, counted.
pub const MESSAGES: &str = "feihong_messages_total";
/// Pushes to all users that were kept for one of them, counted.
pub const PUSHED: &str = "feihong_pushed_total";
/// Users of an app who have a connection; the label `app` is its SDKAppID.
pub const ONLINE: &str = "feihong_online_users";
/// What is counted of the whole platform today, with the label `metric`.
pub const TODAY: &str = "feihong_today";

/// Callbacks to apps' servers, counted by command and outcome.
pub const CALLBACKS: &str = "feihong_callbacks_total";
/// Callbacks after events that were given up, counted.
pub const CALLBACKS_DEAD: &str = "feihong_callbacks_dead_total";

/// The counter of [`MESSAGES`], looked up once.
pub(crate) static STORED: LazyLock<Counter> = LazyLock::new(|| metrics::counter!(MESSAGES));
