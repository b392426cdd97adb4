//! `ConfigSvc`: where the service is.

commands! { GetIPList }
