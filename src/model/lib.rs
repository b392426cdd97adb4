//! Floor 0: what things are. Values and rules; no I/O, no async, no clock.

pub mod app;
pub mod calendar;
pub mod callback;
pub mod code;
pub mod error;
pub mod field;
pub mod flags;
pub mod friend;
pub mod group;
pub mod id;
pub mod message;
pub mod platform;
pub mod profile;
pub mod push;
pub mod quota;
pub mod setting;
pub mod statistic;
pub mod usersig;
pub mod word;

pub use app::{App, Edition, State};
pub use callback::Callback;
pub use code::{Code, Kind};
pub use error::Error;
pub use field::ProfileField;
pub use friend::{AllowType, Friend};
pub use group::{GroupInfo, GroupKind, Role};
pub use id::{SdkAppId, UserId};
pub use message::MessageKey;
pub use platform::{MultiDevice, Platform};
pub use profile::Profile;
pub use push::PushState;
pub use quota::Quota;
pub use setting::Settings;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;
