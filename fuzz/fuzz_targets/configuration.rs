//! See `neuromanager_fuzz::configuration`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| neuromanager_fuzz::configuration(data));
