//! `group_open_avchatroom_http_svc`: listeners of live rooms.

commands! {}
