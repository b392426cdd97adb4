//! `recentcontact`: the conversation list.

commands! {
    batch_delete clear_msg create_contact_group del_contact_group delete get_contact_group get_list mark_contact page_get
    search_contact_group top update_contact_group
}

mod shared;
