//! Any bytes as a command for the guard. What must hold is written down in `nanobot_tools::fuzzing`; here it is only called.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = nanobot_tools::fuzzing::command(bytes) {
        panic!("{broken}");
    }
});
