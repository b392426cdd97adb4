//! `openim_msg_ext_http_svc`: extensions of messages and reactions to them.

commands! {
    get_key_values group_get_key_values group_reaction_add group_reaction_del group_reaction_iterate
    group_reaction_multi_stat group_set_key_values reaction_add reaction_del reaction_iterate reaction_multi_stat
    set_key_values
}

mod shared;
