//! `im_open_status`: sign-in, sign-out and the status of users.

commands! {
    ws_get_user_status ws_set_custom_status ws_stat_background ws_stat_foreground ws_stat_settoken
    ws_status_subscribe ws_status_unsubscribe wshello wslogin wslogout
}

pub(crate) use wslogin::FEATURES;
