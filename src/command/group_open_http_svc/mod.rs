//! `group_open_http_svc`: groups. Communities ask the same under `million_group_open_http_svc`.

pub(crate) mod shared;

commands! {
    create_group
    get_group_info
}
