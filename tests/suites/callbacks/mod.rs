//! Callbacks: what the app's own server is asked and told, and what its answers do.

mod after;
mod before;
mod console;
mod documents;
mod failing;
mod groups;
mod people;
mod robots;
mod secure;

use serde_json::{Value, json};
use support::{App, Hook, Online, Server};

/// An app with its own server, which is asked and told everything, and three users.
struct Stage {
    server: Server,
    app: App,
    hook: Hook,
    alice: Online,
    bob: Online,
}

async fn stage() -> Stage {
    let server = Server::start().await;
    let app = server.app().await;
    let hook = Hook::start().await;
    app.import(&["alice", "bob", "carol"]).await;
    app.set("callback_url", &hook.url).await;
    app.set("callbacks", "all").await;
    let (alice, bob) = (app.user("alice").connect().await, app.user("bob").connect().await);
    Stage { server, app, hook, alice, bob }
}

/// Sends a text and returns the code.
async fn send(from: &Online, to: &str, number: u32, words: &str) -> i64 {
    from.code("openim.sendmsg", from.message(to, (number, number), words)).await
}

/// An answer with a code and a text.
fn code(code: i64) -> support::Reply {
    support::Reply::Json(json!({"ActionStatus": "OK", "ErrorInfo": "house rules", "ErrorCode": code}))
}

/// The words of a body's first element.
fn words(body: &Value) -> &str {
    body["MsgBody"][0]["MsgContent"]["Text"].as_str().unwrap_or_default()
}
