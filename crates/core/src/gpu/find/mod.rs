//! Which GPUs there are, and what is on them: asked of the makers' own tools.

mod amd;
mod nvidia;

use std::time::Duration;

use super::Seen;
use crate::tool::{Invocation, Reply, Runner, Status, ToolError};

/// How long a tool may take. Without persistence mode the driver is loaded for each call, seconds for each GPU.
const DEADLINE: Duration = Duration::from_secs(30);

/// Why it is not known which GPUs there are.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The tool gave no answer: it hangs, say.
    #[error("cannot ask for the GPUs of this machine")]
    NoAnswer(#[from] ToolError),
    /// The tool says that it cannot tell, mostly since its driver is not loaded.
    #[error("`{program}` cannot tell the GPUs: {words}{}", advice(.words))]
    Failed {
        /// The tool.
        program: &'static str,
        /// The first line of what it said.
        words: String,
    },
    /// The tool's answer has a form that no known version gives.
    #[error("`{program}` gave an answer that is not understood: {line}")]
    Answer {
        /// The tool.
        program: &'static str,
        /// The line.
        line: String,
    },
}

fn advice(words: &str) -> &'static str {
    if words.contains("version mismatch") {
        "; the driver was upgraded while it is in use, and the machine has to be rebooted"
    } else if words.contains("communicate with the NVIDIA driver") {
        "; the driver is not loaded: `dmesg | grep -i nvidia` tells why"
    } else {
        ""
    }
}

/// Looks at the GPUs: NVIDIA's, where there are none AMD's, else none.
///
/// The two are not mixed: a processor's own Radeon is listed by `rocm-smi`, and is not what is meant beside a card of
/// NVIDIA. Blocks for up to a minute and a half where a tool hangs.
pub fn look(runner: &dyn Runner) -> Result<Vec<Seen>, FindError> {
    let nvidia = match nvidia::look(runner) {
        Ok(gpus) if gpus.is_empty() => Ok(gpus),
        Ok(gpus) => return Ok(gpus),
        // A tool that was left behind on a machine with another card.
        Err(failed @ FindError::Failed { .. }) => Err(failed),
        Err(error) => return Err(error),
    };
    match (amd::look(runner), nvidia) {
        (Ok(gpus), nvidia) if gpus.is_empty() => nvidia,
        (Err(_), Err(nvidia)) => Err(nvidia),
        (amd, _) => amd,
    }
}

/// Asks a tool; `None` where it is not installed.
fn ask(runner: &dyn Runner, invocation: Invocation) -> Result<Option<Reply>, ToolError> {
    match runner.run(&Invocation { deadline: DEADLINE, ..invocation }) {
        Ok(reply) => Ok(Some(reply)),
        Err(ToolError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn failed(program: &'static str, reply: &Reply) -> FindError {
    // nvidia-smi writes its errors to standard output.
    let said = [&reply.stderr, &reply.stdout].into_iter().flat_map(|text| text.lines());
    let first = said.map(str::trim).find(|line| !line.is_empty());
    let words = first.map_or_else(
        || match reply.status {
            Status::Code(code) => format!("it exited with code {code}, without a word"),
            Status::Signal(signal) => format!("signal {signal} ended it"),
        },
        |line| line.chars().take(300).collect(),
    );
    FindError::Failed { program, words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::{ScriptedRunner, reply};

    fn missing() -> Result<Reply, ToolError> {
        Err(ToolError::Missing { program: String::new() })
    }

    fn said(error: &dyn std::error::Error) -> String {
        error.source().map_or(error.to_string(), |source| format!("{error}: {source}"))
    }

    #[test]
    fn a_machine_without_any_tool_has_no_gpus() {
        assert_eq!(look(&ScriptedRunner::new([missing(), missing()])).unwrap(), []);
    }

    #[test]
    fn a_driver_that_does_not_answer_is_an_error_and_not_a_machine_without_gpus() {
        let mismatch =
            "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 535.183\n";
        let gone = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the \
                    latest NVIDIA driver is installed and running.\n\n";
        let told = [(18, mismatch), (9, gone), (255, "")].map(|(code, stdout)| {
            let runner = ScriptedRunner::new([Ok(reply(code, stdout, "")), missing()]);
            said(&look(&runner).unwrap_err())
        });
        insta::assert_snapshot!(told.join("\n"), @r"
        `nvidia-smi` cannot tell the GPUs: Failed to initialize NVML: Driver/library version mismatch; the driver was upgraded while it is in use, and the machine has to be rebooted
        `nvidia-smi` cannot tell the GPUs: NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.; the driver is not loaded: `dmesg | grep -i nvidia` tells why
        `nvidia-smi` cannot tell the GPUs: it exited with code 255, without a word
        ");
    }

    #[test]
    fn a_tool_that_hangs_is_told() {
        let hangs =
            ToolError::Deadline { program: "nvidia-smi".into(), after: DEADLINE, stderr: String::new() };
        let runner = ScriptedRunner::new([Err(hangs)]);
        let told = said(&look(&runner).unwrap_err());
        assert_eq!(told, "cannot ask for the GPUs of this machine: `nvidia-smi` gave no answer within 30 s");
    }

    #[test]
    fn a_tool_that_was_left_behind_does_not_hide_the_cards_of_another_maker() {
        let card =
            r#"{"card0": {"Unique ID": "0x719d230578348e8c", "VRAM Total Memory (B)": "68702699520"}}"#;
        let runner = ScriptedRunner::new([
            Ok(reply(9, "NVIDIA-SMI has failed because …", "")),
            Ok(reply(0, card, "")),
        ]);
        assert_eq!(look(&runner).unwrap().len(), 1);
    }
}
