//! Any bytes as a command line. What must hold is written down in `nanobot_shell::fuzzing`; here it is only called.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = nanobot_shell::fuzzing::check(bytes) {
        panic!("{broken}");
    }
});
