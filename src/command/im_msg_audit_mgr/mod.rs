//! `im_msg_audit_mgr`: the words that the app's users may not say, refused or replaced.

pub(crate) mod shared;

commands! { add_local_audit_keywords delete_local_audit_keywords get_local_audit_keywords get_local_words }
