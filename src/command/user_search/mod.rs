//! `user_search`: the cloud's search for users.

commands! { query }
