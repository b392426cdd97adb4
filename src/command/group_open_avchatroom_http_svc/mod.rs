//! `group_open_avchatroom_http_svc`: listeners of live rooms.

mod shared;

commands! {
    check_members
    get_admin_list
    get_members
    modify_admin
    modify_user_info
}
