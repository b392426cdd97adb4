//! The document lists what the table has.

use model::{Callback, callback::CallbackKind};

#[test]
fn the_document_shows_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/callbacks.md");
    let text = std::fs::read_to_string(path).expect("docs/callbacks.md can be read");
    let rows: Vec<String> = Callback::ALL
        .iter()
        .map(|callback| {
            let kind = if callback.kind() == CallbackKind::Before { "asked" } else { "told" };
            format!(
                "| `{}` | {} | {kind} | {} | {} |",
                callback.name(),
                callback.chinese(),
                callback.since(),
                callback.meaning()
            )
        })
        .collect();
    let shown: Vec<&str> =
        text.lines().filter(|line| line.starts_with("| `") && line.matches(" | ").count() == 4).collect();
    assert_eq!(shown, rows, "the table should be\n{}", rows.join("\n"));
}
