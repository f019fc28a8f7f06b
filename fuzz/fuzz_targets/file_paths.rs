//! Any bytes as a path into a folder full of traps. What must hold is written down in `nanobot_tools::fuzzing`; the
//! rules of the folder are those of the seeded runs.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/support/fuzzing/paths.rs"]
mod paths;

fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = paths::check(bytes) {
        panic!("{broken}");
    }
});
