//! `group_open_long_polling_http_noauth_svc`: what was said in a live room, for visitors.

commands! { get_msg }
