//! `im_cos_msg`: where clients put files.

pub(crate) mod shared;

commands! {
    allow_banned_object forbid_illegal_object get_cos_sig get_final_ip get_imageinfo pre_sig simple_sig video_cover
}
