//! `all_member_push`: pushing to all users of an app, and the tags and attributes it chooses users by. Older backends ask
//! the same of `openim`.

commands! {
    im_add_tag
    im_get_attr
    im_get_attr_name
    im_get_push_report
    im_get_tag
    im_push
    im_remove_all_tags
    im_remove_attr
    im_remove_tag
    im_set_attr
    im_set_attr_name
}

pub(crate) mod shared;
