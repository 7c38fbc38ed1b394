//! AMD's GPUs, through `rocm-smi`.
//!
//! The keys are those that `rocm-smi` of `ROCm` 5.0 to 6.4 prints with `--json`. Its `--showpids` tells how many GPUs a process
//! has open, not which, so that a GPU of AMD counts as used by its memory alone.

use serde_json::{Map, Value};

use super::{FindError, ask, failed};
use crate::gpu::amount::Mebibytes;
use crate::gpu::{Form, Gpu, GpuId, Seen, Vendor};
use crate::tool::{Invocation, Runner};

const PROGRAM: &str = "rocm-smi";

/// Gives the GPUs; none where there is no `rocm-smi`.
pub(super) fn look(runner: &dyn Runner) -> Result<Vec<Seen>, FindError> {
    let query = Invocation::query(PROGRAM, super::DEADLINE);
    match ask(runner, query.args(["--showuniqueid", "--showmeminfo", "vram", "--json"]))? {
        None => Ok(Vec::new()),
        Some(reply) if reply.succeeded() => read(&reply.stdout),
        Some(reply) => Err(failed(PROGRAM, &reply)),
    }
}

/// Reads `{"card0": {"Unique ID": "0x…", "VRAM Total Memory (B)": "…", …}, "system": {…}}`, which warnings may precede.
fn read(text: &str) -> Result<Vec<Seen>, FindError> {
    let Some(start) = text.find('{') else { return Ok(Vec::new()) };
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Map<String, Value>>();
    let Some(Ok(cards)) = values.next() else {
        let line = text.lines().next().unwrap_or_default().chars().take(300).collect();
        return Err(FindError::Answer { program: PROGRAM, line });
    };
    let mut seen: Vec<(u32, Seen)> = cards.iter().filter_map(|(name, fields)| card(name, fields)).collect();
    seen.sort_by_key(|(index, _)| *index);
    Ok(seen.into_iter().map(|(_, seen)| seen).collect())
}

fn card(name: &str, fields: &Value) -> Option<(u32, Seen)> {
    let index: u32 = name.strip_prefix("card")?.parse().ok()?;
    let fields = fields.as_object()?;
    let text = |key: &str| fields.get(key)?.as_str();
    let memory = |key: &str| text(key)?.parse().ok().map(Mebibytes::of_bytes);
    // `ROCm` calls a GPU `GPU-` and its unique id in sixteen digits; cards without one (`N/A`) are counted.
    let unique = text("Unique ID").and_then(|id| u64::from_str_radix(id.strip_prefix("0x")?, 16).ok());
    let id = match unique {
        Some(unique) if unique != 0 => format!("GPU-{unique:016x}"),
        Some(_) | None => index.to_string(),
    };
    let gpu = Gpu {
        id: GpuId(id),
        label: index.to_string(),
        vendor: Vendor::Amd,
        form: Form::Card,
        memory: memory("VRAM Total Memory (B)"),
    };
    Some((index, Seen { gpu, used: memory("VRAM Total Used Memory (B)"), pids: Vec::new() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::{ScriptedRunner, reply};

    const TWO: &str = r#"WARNING: AMD GPU device(s) is/are in a low-power state. Check power control/runtime_status
{"card10": {"Unique ID": "N/A", "VRAM Total Memory (B)": "25753026560", "VRAM Total Used Memory (B)": "1073741824"},
 "card0": {"GPU ID": "0x740c", "Unique ID": "0x19d230578348e8c", "VRAM Total Memory (B)": "68702699520", "VRAM Total Used Memory (B)": "N/A"},
 "system": {"Driver version": "6.7.0"}}
"#;

    #[test]
    fn cards_are_named_as_their_runtime_names_them() {
        let runner = ScriptedRunner::new([Ok(reply(0, TWO, ""))]);
        let told: Vec<_> = look(&runner).unwrap();
        let told: Vec<_> =
            told.iter().map(|seen| (seen.gpu.id.0.as_str(), seen.gpu.memory, seen.used)).collect();
        assert_eq!(
            told,
            [
                ("GPU-019d230578348e8c", Some(Mebibytes(65_520)), None),
                ("10", Some(Mebibytes(24_560)), Some(Mebibytes(1024))),
            ]
        );
        assert_eq!(runner.asked(), ["rocm-smi --showuniqueid --showmeminfo vram --json"]);
    }

    #[test]
    fn an_answer_of_another_form_is_an_error_and_nothing_is_nothing() {
        assert!(read("{\"card0\": ").is_err());
        assert_eq!(read("WARNING: No JSON data to report\n").unwrap(), []);
        assert_eq!(read("{}").unwrap(), []);
    }
}
