//! `openim_dirty_words`: the words that the app's users may not say.

pub(crate) mod shared;

commands! { add delete get }
