//! `openim`: one-to-one messages.

commands! {
    admin_getroammsg admin_msgwithdraw admin_set_msg_read authkey batchsendmsg c2c_msg_read_receipt
    delete_c2c_msg_ramble deletemsg get_c2c_peer_mute_notifications get_c2c_unread_msg_num get_peer_read_time getmsg
    getroammsg importmsg modify_c2c_msg modify_group_msg msgreaded msgwithdraw query_online_status querystate read_all_unread_msg
    sendmsg set_c2c_peer_mute_notifications ws_msg_push_ack
}

pub(crate) mod parts;
