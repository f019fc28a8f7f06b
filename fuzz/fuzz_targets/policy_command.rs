//! Any bytes as commands to a small policy. What must hold is written down in `nanobot_policy::fuzzing`; here it is only called.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = nanobot_policy::fuzzing::command(bytes) {
        panic!("{broken}");
    }
});
