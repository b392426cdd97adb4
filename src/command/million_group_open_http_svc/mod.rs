//! `million_group_open_http_svc`: what communities ask that has another answer there than in
//! [`group_open_http_svc`](super::group_open_http_svc); everything else is the same command under both names.

commands! {
    get_pendency
}
