//! The binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    feihong_server::main()
}
