//! `sns`: relations of users: friends, friend groups, applications, block lists.

commands! {
    black_list_add black_list_check black_list_delete black_list_get friend_add friend_check friend_delete
    friend_delete_all friend_get friend_get_all friend_get_list friend_get_specified friend_import friend_response
    friend_update group_add group_delete group_get group_update pendency_delete pendency_get pendency_report
}

mod shared;
