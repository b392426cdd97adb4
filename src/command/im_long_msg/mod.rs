//! `im_long_msg`: lists of merged messages that are too long for one message.

commands! { get_relay_json_msg save_relay_json_msg }
