//! Floor 3: what may be asked. One file a command, one table.
//!
//! A command is declared in `<service>/<command>.rs`: its request, its reply, who may ask it at which door, its limits
//! and its failures. [`dispatch`] is the only way in.

mod context;
mod dispatch;
mod entry;
mod limit;
mod reply;
mod spec;

/// Declares the commands of a folder and lists them in `TABLE`.
macro_rules! commands {
    ($($name:ident)*) => {
        $(pub(crate) mod $name;)*
        /// The commands of this service.
        pub(crate) const TABLE: &[$crate::entry::Entry] = &[$($crate::entry::Entry::of::<$name::Request>(),)*];
    };
}

#[expect(non_snake_case, reason = "the service and its command are spelled so on the wire")]
mod ConfigSvc;
mod all_member_push;
mod console;
mod follow;
mod group_member_search;
mod group_open_attr_http_svc;
mod group_open_avchatroom_http_svc;
mod group_open_http_noauth_svc;
mod group_open_http_svc;
mod group_open_long_polling_http_noauth_svc;
mod group_search;
mod heartbeat;
mod im_cos_msg;
mod im_long_msg;
mod im_msg_audit;
mod im_msg_audit_mgr;
mod im_msg_db_logic;
mod im_open_login_svc;
mod im_open_status;
mod im_sdk_config_mgr;
mod imopenstat;
mod message_search;
mod million_group_open_http_svc;
mod open_msg_svc;
mod openconfigsvr;
mod openim;
mod openim_dirty_words;
mod openim_msg_ext_http_svc;
mod openim_robot_http_svc;
mod profile;
mod recentcontact;
mod sns;
mod timpush;
mod unsupported;
mod user_search;

pub use context::{Caller, Context, SessionChange};
pub use dispatch::{Dispatcher, Envelope, Outcome};
pub use entry::{Command, Entry};
pub use reply::{fail, succeed};
pub use spec::{Door, Doors, Rate, Spec, Who};

/// Every command there is.
pub fn table() -> impl Iterator<Item = &'static Entry> {
    [
        ConfigSvc::TABLE,
        all_member_push::TABLE,
        console::TABLE,
        follow::TABLE,
        group_member_search::TABLE,
        group_open_attr_http_svc::TABLE,
        group_open_avchatroom_http_svc::TABLE,
        group_open_http_noauth_svc::TABLE,
        group_open_http_svc::TABLE,
        group_open_long_polling_http_noauth_svc::TABLE,
        group_search::TABLE,
        heartbeat::TABLE,
        im_cos_msg::TABLE,
        im_long_msg::TABLE,
        im_msg_db_logic::TABLE,
        im_msg_audit::TABLE,
        im_msg_audit_mgr::TABLE,
        im_open_login_svc::TABLE,
        im_open_status::TABLE,
        im_sdk_config_mgr::TABLE,
        imopenstat::TABLE,
        message_search::TABLE,
        million_group_open_http_svc::TABLE,
        open_msg_svc::TABLE,
        openconfigsvr::TABLE,
        openim::TABLE,
        openim_dirty_words::TABLE,
        openim_msg_ext_http_svc::TABLE,
        openim_robot_http_svc::TABLE,
        profile::TABLE,
        recentcontact::TABLE,
        sns::TABLE,
        timpush::TABLE,
        user_search::TABLE,
    ]
    .into_iter()
    .flatten()
}
