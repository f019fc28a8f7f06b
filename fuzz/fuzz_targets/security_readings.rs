//! Any bytes as a text that is read in every way. What must hold is written down in `nanobot_security::fuzzing`; here it is only called.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = nanobot_security::fuzzing::readings(bytes) {
        panic!("{broken}");
    }
});
