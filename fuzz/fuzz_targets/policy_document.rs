//! Any bytes as a policy file. What must hold is written down in `nanobot_policy::fuzzing`; here it is only called.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = nanobot_policy::fuzzing::document(bytes) {
        panic!("{broken}");
    }
});
