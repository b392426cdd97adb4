//! Reads every statement of this crate and holds it to the rules that let one text serve both databases.

use std::{fs, path::Path};

/// Words that begin a statement.
const VERBS: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "];

fn files(dir: &Path, extension: &str, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|have| have == extension) {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The string literals of a Rust file, without attending to comments: a quote in one would show as a failure.
fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                // A character, or a lifetime.
                let mut ahead = chars.clone();
                let escaped = ahead.next() == Some('\\');
                if ahead.next() == Some('\'') || escaped {
                    chars.next();
                    chars.next();
                }
            }
            '/' if chars.peek() == Some(&'/') => {
                chars.by_ref().find(|c| *c == '\n');
            }
            '"' => {
                let mut literal = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => drop(chars.next()),
                        _ => literal.push(c),
                    }
                }
                found.push(literal);
            }
            _ => {}
        }
    }
    found
}

/// The first uses of parameters, in the order of the text.
fn parameters(sql: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for rest in sql.split('$').skip(1) {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        if let Ok(number) = digits.parse()
            && !found.contains(&number)
        {
            found.push(number);
        }
    }
    found
}

fn broken(sql: &str) -> Option<&'static str> {
    let upper = sql.to_uppercase();
    let has = |word: &str| upper.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word);
    let used = parameters(sql);
    if used.iter().zip(1..).any(|(found, expected)| *found != expected) {
        return Some("parameters are not first used in order");
    }
    if sql.contains('?') {
        return Some("parameters are $1, $2, ...");
    }
    let foreign = ["ILIKE", "GLOB", "IFNULL", "NVL", "NOW", "DATETIME", "STRFTIME", "RANDOM", "ROWID", "AUTOINCREMENT"];
    if foreign.iter().any(|word| has(word)) {
        return Some("a word that only one of the databases has, or that asks for time or chance");
    }
    (has("SUM") && !has("BIGINT")).then_some("sums are cast to BIGINT")
}

#[test]
fn statements_of_the_book_serve_both_databases() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tables"), "rs", &mut found);
    let mut count = 0;
    for (file, text) in found {
        for literal in literals(&text) {
            if VERBS.iter().any(|verb| literal.trim_start().starts_with(verb)) {
                count += 1;
                assert_eq!(broken(&literal), None, "{file}: {literal}");
            }
        }
    }
    assert!(count > 20, "only {count} statements were recognised");
}

#[test]
fn parameters_of_the_log_are_first_used_in_order() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("log"), "rs", &mut found);
    for (file, text) in found {
        for literal in literals(&text).iter().filter(|literal| literal.contains("$1")) {
            let used = parameters(literal);
            let in_order = used.iter().zip(1..).all(|(found, expected)| *found == expected);
            assert!(in_order, "{file}: {literal}");
        }
    }
}

#[test]
fn tables_have_three_types() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations"), "sql", &mut found);
    assert!(!found.is_empty());
    for (file, text) in found {
        let code: Vec<&str> = text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
        let code = code.join("\n").to_uppercase();
        let words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
        let wrong = [
            "INTEGER",
            "INT",
            "SMALLINT",
            "VARCHAR",
            "CHAR",
            "BOOLEAN",
            "REAL",
            "DOUBLE",
            "BYTEA",
            "JSON",
            "JSONB",
            "TIMESTAMP",
            "SERIAL",
            "NUMERIC",
            "ROWID",
            "AUTOINCREMENT",
            "STRICT",
        ];
        for word in words {
            assert!(!wrong.contains(&word), "{file}: {word} is not one of BIGINT, TEXT and BLOB");
        }
    }
}

#[test]
fn broken_statements_are_recognised() {
    assert_eq!(parameters("$2, $1, $2, $10"), [2, 1, 10]);
    assert!(broken("SELECT a FROM b WHERE c = $2 AND d = $1").is_some());
    assert!(broken("SELECT a FROM b WHERE c = ?").is_some());
    assert!(broken("SELECT SUM(a) FROM b").is_some());
    assert!(broken("SELECT random() FROM b").is_some());
    assert!(broken("SELECT CAST(SUM(a) AS BIGINT) FROM b WHERE random_number = $1 AND c = $1").is_none());
    assert_eq!(literals(r#"let a = "x"; let b = 'c'; '"'; "y \" z"; // "no""#), ["x", "y  z"]);
}
