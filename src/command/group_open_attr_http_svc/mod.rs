//! `group_open_attr_http_svc`: attributes of groups, read.

commands! { get_group_attr }
