//! Any bytes as a message that comes in, and an answer that leaves. What must hold is written down in `nanobot_security::fuzzing`; here it is only called.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = nanobot_security::fuzzing::scan(bytes) {
        panic!("{broken}");
    }
});
