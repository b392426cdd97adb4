//! `timpush`: pushing notices. There is no push to devices, so a notice reaches users as a custom message.

commands! { batch push revoke }

mod shared;
