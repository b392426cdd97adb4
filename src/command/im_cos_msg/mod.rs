//! `im_cos_msg`: where clients put files.

commands! { get_final_ip get_imageinfo pre_sig simple_sig video_cover }
