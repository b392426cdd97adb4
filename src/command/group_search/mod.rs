//! `group_search`: the cloud's search for groups.

pub(crate) mod shared;

commands! { query }
