//! See `neuromanager_fuzz::expression`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| neuromanager_fuzz::expression(data));
