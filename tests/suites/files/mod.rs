//! Files: put and read through their addresses and in no other way, and gone at the end of their life.

mod addresses;
mod life;
mod pictures;
mod transfer;

use serde_json::json;
use support::{Answer, App, Online, Server};

/// A server, an app and a user of it.
struct Stage {
    server: Server,
    app: App,
    alice: Online,
}

impl Stage {
    async fn new() -> Self {
        Self::on(Server::start_fixed().await).await
    }

    async fn on(server: Server) -> Self {
        let app = server.app().await;
        app.import(&["alice", "bob"]).await;
        let alice = app.user("alice").connect().await;
        Self { server, app, alice }
    }

    /// Asks for the addresses of a file: where to put it, and where to get it.
    async fn allowed(&self, kind: i64, name: &str) -> (String, String) {
        let body = json!({"file_type": kind, "file_name": name, "upload_method": 0, "Duration": 900});
        let signed = self.alice.ok("im_cos_msg.pre_sig", body).await;
        let path = |member: &str| path(signed[member].as_str().unwrap()).to_owned();
        (path("upload_url"), path("download_url"))
    }

    async fn put(&self, address: &str, content: &[u8]) -> u16 {
        self.server.wire().ask("PUT", address, &[], content).await.status
    }

    async fn get(&self, address: &str, headers: &[(&str, &str)]) -> Answer {
        self.server.wire().ask("GET", address, headers, b"").await
    }

    /// Uploads a file; returns where to get it.
    async fn upload(&self, kind: i64, name: &str, content: &[u8]) -> String {
        let (upload, download) = self.allowed(kind, name).await;
        assert_eq!(self.put(&upload, content).await, 200);
        download
    }
}

/// An address without scheme and host.
fn path(url: &str) -> &str {
    &url[url[8..].find('/').unwrap() + 8..]
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 31 + at / 251) as u8).collect()
}

/// Replaces the first occurrence, which must be there.
fn changed(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replacen(from, to, 1)
}
