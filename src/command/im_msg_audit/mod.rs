//! `im_msg_audit`: what becomes of a text by the app's words.

pub(crate) mod shared;

commands! { batch_content_moderation content_moderation }
