//! `heartbeat`: is anybody there.

commands! { alive }
