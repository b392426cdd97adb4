//! `message_search`: the cloud's search through a user's messages.

commands! { query }
