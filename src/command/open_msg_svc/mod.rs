//! `open_msg_svc`: all messages of an app, to be kept elsewhere.

commands! { get_history }
