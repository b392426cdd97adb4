//! `follow`: whom users follow.

commands! { follow_add follow_check follow_delete follow_get follow_get_info }

mod shared;
