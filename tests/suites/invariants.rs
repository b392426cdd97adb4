//! What must stay true of the repository itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use model::Code;
use serde_json::Value;

/// The floors, bottom first.
const FLOORS: [&str; 6] =
    ["feihong-model", "feihong-store", "feihong-service", "feihong-command", "feihong-gateway", "feihong-server"];
/// What `model` may depend on: encodings, signatures, errors; no runtime, no clock, no network.
const OF_MODEL: [&str; 8] = ["base64", "flate2", "k256", "p256", "ring", "serde", "serde_json", "thiserror"];
/// The web framework, which only the doors and the binary know.
const WEB: [&str; 6] = ["axum", "hyper", "hyper-util", "tower", "tower-http", "tower-service"];
const SOURCES: [&str; 6] = ["rs", "ts", "tsx", "mjs", "css", "py"];
/// Folders with what is made or fetched, not written.
const MADE: [&str; 6] = ["target", "node_modules", "dist", "recorded", "testdata", "data"];
const LICENCES: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file that somebody wrote, below a folder; paths relative to the root.
fn files(below: &str) -> Vec<PathBuf> {
    let (root, mut found, mut folders) = (root(), Vec::new(), vec![PathBuf::from(below)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = folder.join(&name);
            if !entry.file_type().unwrap().is_dir() {
                found.push(path);
            } else if !name.starts_with('.') && !MADE.contains(&name.as_str()) {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

fn sources(below: &str) -> Vec<PathBuf> {
    let is_source = |path: &PathBuf| path.extension().is_some_and(|kind| SOURCES.iter().any(|known| kind == *known));
    files(below).into_iter().filter(is_source).collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The lines of a Rust file without its comments and without its unit tests, which stand last; numbered from 1.
fn code_lines(path: &Path) -> Vec<(usize, String)> {
    let text = read(path);
    let lines = text.lines().take_while(|line| line.trim() != "#[cfg(test)]").enumerate();
    let bare = lines.map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default().to_owned()));
    bare.collect()
}

fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The packages of this repository with the names of what each depends on, for whatever purpose.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let ours = metadata["packages"].as_array().unwrap().iter().filter(|package| package["source"].is_null());
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let of = |package: &Value| package["dependencies"].as_array().unwrap().iter().map(name).collect();
    ours.map(|package| (name(package), of(package))).collect()
}

#[test]
fn a_crate_depends_only_on_floors_below_its_own() {
    let packages = packages();
    for (height, floor) in FLOORS.iter().enumerate() {
        let ours = packages[*floor].iter().filter(|name| name.starts_with("feihong-"));
        for dependency in ours {
            assert!(FLOORS[..height].contains(&dependency.as_str()), "{floor} depends on {dependency}");
        }
    }
    // Other people's programs are built with it.
    assert!(!packages["feihong-client"].iter().any(|name| name.starts_with("feihong-")));
    let known: BTreeSet<&str> =
        FLOORS.into_iter().chain(["feihong-client", "feihong-bench", "feihong-tests"]).collect();
    assert_eq!(packages.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
}

#[test]
fn the_model_only_knows_values() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let model = packages.iter().find(|package| package["name"] == "feihong-model").unwrap();
    let shipped = model["dependencies"].as_array().unwrap().iter().filter(|one| one["kind"].is_null());
    let names: BTreeSet<&str> = shipped.map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, BTreeSet::from(OF_MODEL));
    for path in sources("src/model") {
        for (number, line) in code_lines(&path) {
            let waits =
                ["async ", ".await", "std::fs", "std::net", "std::process"].iter().any(|word| line.contains(word));
            assert!(!waits, "{}:{number}: {line}", path.display());
        }
    }
}

#[test]
fn sql_is_written_only_in_the_store() {
    let statements = ["SELECT ", "INSERT INTO", "INSERT OR", "DELETE FROM", "CREATE TABLE", "ALTER TABLE", "PRAGMA "];
    let is_sql = |line: &str| {
        statements.iter().any(|statement| line.contains(statement))
            || (line.contains("UPDATE ") && line.contains(" SET "))
    };
    let found = |below: &str| {
        let lines = sources(below).into_iter().flat_map(|path| {
            code_lines(&path).into_iter().map(move |(number, line)| format!("{}:{number}: {line}", path.display()))
        });
        lines.filter(|line| is_sql(line)).collect::<Vec<_>>()
    };
    assert!(!found("src/store/tables").is_empty(), "the words that betray SQL are wrong");
    for below in ["src/model", "src/service", "src/command", "src/gateway", "src/server", "clients"] {
        assert_eq!(found(below), Vec::<String>::new());
    }
}

#[test]
fn only_the_doors_know_the_web_framework() {
    for (package, dependencies) in packages() {
        if ["feihong-gateway", "feihong-server", "feihong-tests"].contains(&package.as_str()) {
            continue;
        }
        let mut known: Vec<_> = WEB.iter().filter(|name| dependencies.contains(**name)).collect();
        // It calls apps' own servers; the test below says from where.
        known.retain(|name| package != "feihong-service" || !["hyper", "hyper-util"].contains(name));
        assert!(known.is_empty(), "{package} depends on {known:?}");
    }
}

#[test]
fn apps_own_servers_are_called_from_one_file() {
    for path in sources("src/service") {
        let knows = code_lines(&path).iter().any(|(_, line)| line.contains("hyper") || line.contains("TcpStream"));
        assert_eq!(knows, path.ends_with("src/service/callback/client.rs"), "{}", path.display());
    }
}

#[test]
fn the_tree_stays_shallow_and_files_stay_short() {
    let sources = sources("");
    assert!(sources.len() > 200, "only {} files were looked at", sources.len());
    for path in sources {
        let folders = path.components().count() - 1;
        assert!(folders <= 3, "{} is {folders} folders deep", path.display());
        let lines = read(&path).lines().count();
        assert!(lines <= 600, "{} has {lines} lines", path.display());
        for folder in path.parent().into_iter().flat_map(Path::components) {
            let name = folder.as_os_str().to_string_lossy().to_lowercase();
            let is_landfill = ["common", "core", "helper", "helpers", "misc", "util", "utils"].contains(&name.as_str());
            assert!(!is_landfill, "{}: a folder says what is in it", path.display());
        }
    }
}

#[test]
fn unsafe_is_forbidden_everywhere() {
    assert!(read(Path::new("Cargo.toml")).lines().any(|line| line.trim() == "unsafe_code = \"forbid\""));
    let manifests: Vec<_> = files("").into_iter().filter(|path| path.ends_with("Cargo.toml")).collect();
    assert_eq!(manifests.len(), FLOORS.len() + 4);
    for path in manifests.into_iter().filter(|path| path.components().count() > 1) {
        let manifest = read(&path);
        assert!(manifest.contains("[lints]\nworkspace = true"), "{} has lints of its own", path.display());
    }
}

#[test]
fn every_command_has_its_name_its_file_and_its_example() {
    let (mut names, mut paths) = (BTreeSet::new(), BTreeSet::new());
    for entry in command::table() {
        let spec = entry.spec;
        assert!(names.insert(spec.name), "{} stands twice in the table", spec.name);
        let (service, command) = spec.name.split_once('.').unwrap();
        let path = PathBuf::from(format!("src/command/{service}/{}.rs", command.replace('.', "_")));
        assert!(root().join(&path).is_file(), "{} is not at {}", spec.name, path.display());
        let text = read(&path);
        paths.insert(path.clone());
        assert!(text.contains(&format!("\"{}\"", spec.name)), "{} does not declare {}", path.display(), spec.name);
        let doc = text.lines().next().unwrap_or_default();
        assert!(doc.starts_with("//! ") && doc.len() > 12, "{} does not say what it does", path.display());
        let example: Value = serde_json::from_str(spec.example).unwrap();
        assert!(example.is_object(), "{}: {example}", spec.name);
        assert!(spec.example.len() <= spec.body.0, "{}: the example is too long", spec.name);
        assert!(spec.rate.0 > 0 && spec.body.0 > 0, "{} can never be asked", spec.name);
    }
    assert!(names.len() > 70, "the table has only {}", names.len());
    // What is in the folders is in the table.
    let shared = ["mod.rs", "shared.rs", "parts.rs", "blocking.rs"];
    let is_command = |path: &PathBuf| path.components().count() == 4 && !shared.iter().any(|name| path.ends_with(name));
    let files: BTreeSet<_> = sources("src/command").into_iter().filter(is_command).collect();
    assert_eq!(files, paths);
}

#[test]
fn codes_are_numbers_somebody_knows() {
    let recorded = read(Path::new("tests/recorded/codes.txt"));
    let public: BTreeSet<i32> = recorded.lines().filter_map(|line| line.parse().ok()).collect();
    assert!(public.len() > 200);
    for &code in Code::ALL {
        let number = code.number();
        // The console's own begin there.
        assert!(number > 1_000_000 || public.contains(&number), "{code:?} has the number {number}, which nobody knows");
    }
}

#[test]
fn codes_are_written_as_numbers_in_one_place_only() {
    let numbers: BTreeSet<i32> = Code::ALL.iter().map(|code| code.number()).filter(|number| *number > 10_000).collect();
    for below in ["src/model", "src/store", "src/service", "src/command", "src/gateway", "src/server"] {
        let is_checked = |path: &PathBuf| !["model/code.rs", "tests.rs"].iter().any(|name| path.ends_with(name));
        for path in sources(below).into_iter().filter(is_checked) {
            for (at, line) in code_lines(&path) {
                // Texts name codes for those who read them.
                let plain: String = line.split('"').step_by(2).collect::<String>().replace('_', "");
                let words = plain.split(|c: char| !c.is_alphanumeric() && c != '.');
                let bare = words.filter_map(|word| word.parse().ok()).find(|number| numbers.contains(number));
                assert_eq!(bare, None, "{}:{at}: {line}", path.display());
            }
        }
    }
}

#[test]
fn dependencies_have_licences_we_may_use() {
    let metadata = metadata();
    let mut counted = 0;
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(allows(licence), "{} {} has the licence {licence:?}", package["name"], package["version"]);
        counted += 1;
    }
    assert!(counted > 150);
}

/// Whether one of the ways an SPDX expression offers is allowed.
fn allows(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    either(expression.trim()).is_some_and(|rest| rest == (true, ""))
}

/// Reads `a OR b OR c` and returns whether it is allowed, and what follows.
fn either(text: &str) -> Option<(bool, &str)> {
    let (mut allowed, mut rest) = both(text)?;
    while let Some(more) = rest.strip_prefix("OR ") {
        let (other, after) = both(more.trim_start())?;
        (allowed, rest) = (allowed || other, after);
    }
    Some((allowed, rest))
}

/// Reads `a AND b`.
fn both(text: &str) -> Option<(bool, &str)> {
    let (mut allowed, mut rest) = one(text)?;
    while let Some(more) = rest.strip_prefix("AND ") {
        let (other, after) = one(more.trim_start())?;
        (allowed, rest) = (allowed && other, after);
    }
    Some((allowed, rest))
}

/// Reads a licence, with its exception, or an expression in parentheses.
fn one(text: &str) -> Option<(bool, &str)> {
    if let Some(inner) = text.strip_prefix('(') {
        let (allowed, rest) = either(inner.trim_start())?;
        return Some((allowed, rest.strip_prefix(')')?.trim_start()));
    }
    let end = |text: &str| text.find([' ', ')']).unwrap_or(text.len());
    let mut length = end(text);
    if let Some(exception) = text[length..].strip_prefix(" WITH ") {
        length += " WITH ".len() + end(exception);
    }
    Some((LICENCES.contains(&&text[..length]), text[length..].trim_start()))
}

#[test]
fn licence_expressions_are_read() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        "MIT AND (GPL-2.0 OR ISC)",
    ] {
        assert!(allows(good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT OR", "Apache-2.0 WITH other", "MIT)", "MIT MIT"] {
        assert!(!allows(bad), "{bad}");
    }
}
