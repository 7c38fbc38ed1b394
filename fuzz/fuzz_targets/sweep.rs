//! See `neuromanager_fuzz::sweep`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| neuromanager_fuzz::sweep(data));
