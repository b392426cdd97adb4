//! `sns`: relations of users. Friends come later; until then a user has none.

commands! { black_list_add black_list_delete black_list_get friend_get group_get pendency_get }

mod blocking;
