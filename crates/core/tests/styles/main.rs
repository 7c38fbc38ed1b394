//! What real programs receive in each style: argparse, click, absl, hydra, fire and tyro are asked, not remembered.
//!
//! The libraries (argparse is Python's own) come from `PyPI`, once, into the target folder. Without it the tests say so
//! and pass, unless `NEU_TEST_PYPI=required`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod help;
mod presets;
mod python;
mod table;
mod texts;
