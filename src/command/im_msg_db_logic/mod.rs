//! `im_msg_db_logic`: do not disturb.

commands! { ws_get_do_not_disturb ws_set_do_not_disturb }
