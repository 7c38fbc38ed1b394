//! The command line of neuromanager: arguments in, text and exit codes out.
