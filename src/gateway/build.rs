//! Lets the console be embedded, or left out: the folder it is built into must be there to be watched.

fn main() {
    // A read-only source tree without a console still builds; it is then looked for again each time.
    let _ = std::fs::create_dir_all("../../web/dist");
    println!("cargo:rerun-if-changed=../../web/dist");
    println!("cargo:rerun-if-changed=build.rs");
}
