//! The variables that tell a program which run it is.

/// Their names: each program gets them with values of its own, and nothing else may inherit them.
pub(crate) const RUN_VARIABLES: [&str; 9] = [
    "NEU_LAUNCH",
    "NEU_RUN",
    "NEU_RUN_ID",
    "NEU_RUN_NAME",
    "NEU_REPEAT",
    "NEU_ATTEMPT",
    "NEU_KEY",
    "NEU_PARAMS",
    "NEU_PARAMS_FILE",
];
