//! `group_open_http_noauth_svc`: what visitors without an account ask of live rooms.

commands! { apply_join_group }
