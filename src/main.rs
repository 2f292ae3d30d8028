//! Parse, run, print the error once, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    hookcat::cli::main()
}
