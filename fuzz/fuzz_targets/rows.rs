//! See `neuromanager_fuzz::rows`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| neuromanager_fuzz::rows(data));
