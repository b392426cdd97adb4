//! The addresses at which clients reach the service (REST v4 `GetIPList`), for lists of what a firewall lets through.

use std::{net::IpAddr, sync::Arc};

use model::Error;
use serde::{Deserialize, Serialize};
use tokio::net::lookup_host;

use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "IPList")]
    addresses: Vec<IpAddr>,
}

/// The host of `scheme://host:port/path`.
fn host(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split(':').next().unwrap_or_default(),
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::new("ConfigSvc.GetIPList").doors(Doors::REST);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let name = host(&cx.origin);
        if let Ok(address) = name.parse() {
            return Ok(Reply { addresses: vec![address] });
        }
        // Only the name that the operator configured is looked up, not what a request says.
        let mut addresses = Vec::new();
        if cx.services.options.public_url.is_some()
            && let Ok(found) = lookup_host((name, 443)).await
        {
            addresses = found.map(|address| address.ip()).collect();
        }
        addresses.sort_unstable();
        addresses.dedup();
        Ok(Reply { addresses })
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn hosts_are_read() {
        for (url, expected) in [
            ("http://10.0.0.1:7400", "10.0.0.1"),
            ("https://im.example.org/x", "im.example.org"),
            ("https://[::1]:7400/", "::1"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(host(url), expected);
        }
    }
}
