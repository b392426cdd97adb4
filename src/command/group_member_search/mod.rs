//! `group_member_search`: the cloud's search for members of the user's groups.

commands! { query }
