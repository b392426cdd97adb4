//! `console`: what operators do in the web console. Requests and replies are plain camelCase JSON; times are
//! milliseconds since 1970.

commands! {
    administrator_add
    administrator_remove
    app_create
    app_get
    app_key
    app_list
    app_update
    callback_discard
    callback_get
    callback_list
    callback_replay
    callback_set
    callback_test
    push_cancel
    push_list
    push_pause
    push_resume
    session_create
    session_delete
    session_get
    settings_get
    settings_set
    setup_create
    setup_status
    statistics_get
    usersig_sign
    usersig_verify
}

mod shared;
