//! NVIDIA's GPUs, through `nvidia-smi`.
//!
//! The fields are those of `nvidia-smi --help-query-gpu` and `--help-query-compute-apps`, which drivers since 361 give
//! alike (`mig.mode.current` since 450); the lines of MIG devices are those of `nvidia-smi -L` of 470 to 580.

use super::{FindError, ask, failed};
use crate::gpu::amount::Mebibytes;
use crate::gpu::{Form, Gpu, GpuId, Seen, Vendor};
use crate::tool::{Invocation, Reply, Runner, Status};

const PROGRAM: &str = "nvidia-smi";

/// What nvidia-smi exits with where it works and there is nothing (nvidia-smi(1), RETURN VALUE).
const NOTHING_FOUND: Status = Status::Code(6);

/// Gives the GPUs; none where there is no `nvidia-smi`.
pub(super) fn look(runner: &dyn Runner) -> Result<Vec<Seen>, FindError> {
    let cards = cards(runner)?;
    if cards.is_empty() {
        return Ok(Vec::new());
    }
    let slices = if cards.iter().any(|card| card.is_sliced) {
        slices(&answer(runner, Invocation::query(PROGRAM, super::DEADLINE).arg("-L"))?)
    } else {
        Vec::new()
    };
    let query = Invocation::query(PROGRAM, super::DEADLINE)
        .arg("--query-compute-apps=pid,gpu_uuid")
        .arg("--format=csv,noheader,nounits");
    let processes = processes(&answer(runner, query)?);
    Ok(together(cards, &slices, &processes))
}

fn cards(runner: &dyn Runner) -> Result<Vec<Card>, FindError> {
    let query = |fields: &str| {
        Invocation::query(PROGRAM, super::DEADLINE)
            .arg(format!("--query-gpu={fields}"))
            .arg("--format=csv,noheader,nounits")
    };
    let Some(reply) = ask(runner, query("index,uuid,memory.total,memory.used,mig.mode.current"))? else {
        return Ok(Vec::new());
    };
    let reply = if is_unknown_field(&reply) {
        ask(runner, query("index,uuid,memory.total,memory.used"))?.unwrap_or(reply)
    } else {
        reply
    };
    if reply.status == NOTHING_FOUND || reply.stdout.trim() == "No devices were found" {
        return Ok(Vec::new());
    }
    if !reply.succeeded() {
        return Err(failed(PROGRAM, &reply));
    }
    read_cards(&reply.stdout)
}

fn is_unknown_field(reply: &Reply) -> bool {
    !reply.succeeded() && [&reply.stdout, &reply.stderr].iter().any(|text| text.contains("not a valid field"))
}

fn answer(runner: &dyn Runner, invocation: Invocation) -> Result<String, FindError> {
    match ask(runner, invocation)? {
        Some(reply) if reply.succeeded() => Ok(reply.stdout),
        Some(reply) => Err(failed(PROGRAM, &reply)),
        None => Ok(String::new()),
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Card {
    index: String,
    id: GpuId,
    memory: Option<Mebibytes>,
    used: Option<Mebibytes>,
    is_sliced: bool,
}

/// Reads `0, GPU-8932f937-…, 24564, 512, [N/A]`. A card that fell off the bus has no UUID (`[GPU is lost]`) and is
/// left out: no program can use it.
fn read_cards(csv: &str) -> Result<Vec<Card>, FindError> {
    let lines = csv.lines().map(str::trim).filter(|line| !line.is_empty());
    let cards = lines.map(|line| {
        let mut fields = line.split(',').map(str::trim);
        let (Some(index), Some(id), Some(memory), Some(used)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(FindError::Answer { program: PROGRAM, line: line.chars().take(300).collect() });
        };
        let is_sliced = fields.next() == Some("Enabled");
        Ok(Card {
            index: index.to_owned(),
            id: GpuId(id.to_owned()),
            memory: number(memory),
            used: number(used),
            is_sliced,
        })
    });
    let is_usable = |card: &Card| card.id.0.starts_with("GPU-");
    Ok(cards.collect::<Result<Vec<_>, _>>()?.into_iter().filter(is_usable).collect())
}

/// A number, where it is none of `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `[Insufficient Permissions]`.
fn number(field: &str) -> Option<Mebibytes> {
    field.parse().ok().map(Mebibytes)
}

#[derive(Debug, PartialEq, Eq)]
struct Slice {
    of: GpuId,
    number: String,
    id: GpuId,
    memory: Option<Mebibytes>,
}

/// Reads `nvidia-smi -L`: under `GPU 0: NVIDIA A100 (UUID: GPU-…)` its `  MIG 1g.10gb  Device  0: (UUID: MIG-…)`.
///
/// The memory of a slice is the name's, in GB as NVIDIA counts: somewhat less than that is there (9856 MiB of 10 GB).
fn slices(listing: &str) -> Vec<Slice> {
    let mut card = None;
    let mut slices = Vec::new();
    for line in listing.lines() {
        let Some(id) = line.rsplit_once("(UUID:").map(|(_, id)| id.trim().trim_end_matches(')').trim())
        else {
            continue;
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        match (words.as_slice(), &card) {
            (["MIG", profile, "Device", number, ..], Some(of)) => slices.push(Slice {
                of: GpuId::clone(of),
                number: number.trim_end_matches(':').to_owned(),
                id: GpuId(id.to_owned()),
                memory: memory_of_profile(profile),
            }),
            _ => card = Some(GpuId(id.to_owned())),
        }
    }
    slices
}

/// Tells the memory of `3g.20gb`, `1g.10gb+me`, `1c.3g.20gb`.
fn memory_of_profile(profile: &str) -> Option<Mebibytes> {
    const MIB_OF_A_GB: u64 = 953;
    let gigabytes = profile.split('.').find_map(|part| part.split('+').next()?.strip_suffix("gb"))?;
    Some(Mebibytes(gigabytes.parse::<u64>().ok()?.saturating_mul(MIB_OF_A_GB)))
}

/// Reads `4711, GPU-8932f937-…`; a line without a pid or a UUID tells nothing.
fn processes(csv: &str) -> Vec<(i32, GpuId)> {
    let line = |line: &str| {
        let (pid, id) = line.split_once(',')?;
        Some((pid.trim().parse().ok()?, GpuId(id.trim().to_owned())))
    };
    csv.lines().filter_map(line).collect()
}

fn together(cards: Vec<Card>, slices: &[Slice], processes: &[(i32, GpuId)]) -> Vec<Seen> {
    let on = |id: &GpuId| {
        processes.iter().filter(move |(_, on)| on == id).map(|(pid, _)| *pid).collect::<Vec<_>>()
    };
    let mut seen = Vec::new();
    for card in cards {
        if !card.is_sliced {
            let Card { index, id, memory, used, .. } = card;
            let pids = on(&id);
            let gpu = Gpu { id, label: index, vendor: Vendor::Nvidia, form: Form::Card, memory };
            seen.push(Seen { gpu, used, pids });
            continue;
        }
        // A card in MIG mode can be used through its slices alone.
        for slice in slices.iter().filter(|slice| slice.of == card.id) {
            let gpu = Gpu {
                id: slice.id.clone(),
                label: format!("{}:{}", card.index, slice.number),
                vendor: Vendor::Nvidia,
                form: Form::Slice { of: card.id.clone() },
                memory: slice.memory,
            };
            // Memory is told for the card, and a process for its card or for its slice.
            let pids = on(&card.id).into_iter().chain(on(&slice.id)).collect();
            seen.push(Seen { gpu, used: None, pids });
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tool::scripted::{ScriptedRunner, reply};

    const FOUR: &str = "\
0, GPU-11111111-aaaa-bbbb-cccc-000000000000, 24564, 1, [N/A]
1, GPU-22222222-aaaa-bbbb-cccc-000000000000, 24564, 20110, [N/A]
2, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]
3, GPU-44444444-aaaa-bbbb-cccc-000000000000, [Not Supported], [N/A], Disabled
";

    #[test]
    fn cards_are_read_with_what_they_do_not_tell() {
        let apps = "4711, GPU-22222222-aaaa-bbbb-cccc-000000000000\n[N/A], GPU-1\n812, [N/A]\n";
        let runner = ScriptedRunner::new([Ok(reply(0, FOUR, "")), Ok(reply(0, apps, ""))]);
        let told: Vec<String> = look(&runner)
            .unwrap()
            .iter()
            .map(|Seen { gpu, used, pids }| {
                format!("{} {} {:?} {:?} {pids:?}", gpu.label, &gpu.id.0[..8], gpu.memory, used)
            })
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        0 GPU-1111 Some(Mebibytes(24564)) Some(Mebibytes(1)) []
        1 GPU-2222 Some(Mebibytes(24564)) Some(Mebibytes(20110)) [4711]
        3 GPU-4444 None None []
        ");
        insta::assert_snapshot!(runner.asked().join("\n"), @r"
        nvidia-smi --query-gpu=index,uuid,memory.total,memory.used,mig.mode.current --format=csv,noheader,nounits
        nvidia-smi --query-compute-apps=pid,gpu_uuid --format=csv,noheader,nounits
        ");
    }

    #[test]
    fn a_driver_that_knows_no_slices_is_asked_without_them() {
        let refusal = reply(2, "Field \"mig.mode.current\" is not a valid field to query.\n\n", "");
        let runner = ScriptedRunner::new([
            Ok(refusal),
            Ok(reply(0, "0, GPU-1, 11178, 0\n", "")),
            Ok(reply(0, "", "")),
        ]);
        assert_eq!(look(&runner).unwrap()[0].gpu.memory, Some(Mebibytes(11_178)));
    }

    #[test]
    fn a_card_in_slices_is_its_slices() {
        let cards = "0, GPU-7fdaf0a5, 81920, 39, Enabled\n1, GPU-8, 81920, 0, Disabled\n";
        let listing = "\
GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-7fdaf0a5)
  MIG 1g.10gb     Device  0: (UUID: MIG-feb88891-0321-5fef-9c87-d4af3b54259e)
  MIG 3g.40gb+me  Device  1: (UUID: MIG-a25704ba-3a06-5299-a795-fd7cf4d13973)
GPU 1: NVIDIA A100-SXM4-80GB (UUID: GPU-8)
";
        let runner = ScriptedRunner::new([
            Ok(reply(0, cards, "")),
            Ok(reply(0, listing, "")),
            Ok(reply(0, "9, GPU-7fdaf0a5\n8, MIG-a25704ba-3a06-5299-a795-fd7cf4d13973\n", "")),
        ]);
        let seen = look(&runner).unwrap();
        let told: Vec<_> = seen.iter().map(|seen| (seen.gpu.label.as_str(), &seen.pids[..])).collect();
        assert_eq!(told, [("0:0", &[9][..]), ("0:1", &[9, 8]), ("1", &[])]);
        assert_eq!(seen[1].gpu.memory, Some(Mebibytes(38_120)));
        assert_eq!(seen[1].gpu.form, Form::Slice { of: GpuId("GPU-7fdaf0a5".into()) });
        assert_eq!(memory_of_profile("1c.3g.20gb"), Some(Mebibytes(19_060)));
    }

    #[test]
    fn a_driver_without_cards_has_none() {
        for answer in [reply(6, "No devices were found\n", ""), reply(0, "No devices were found\n", "")] {
            assert_eq!(look(&ScriptedRunner::new([Ok(answer)])).unwrap(), []);
        }
    }

    #[test]
    fn an_answer_of_another_form_is_an_error() {
        let error = look(&ScriptedRunner::new([Ok(reply(0, "Segmentation fault\n", ""))])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`nvidia-smi` gave an answer that is not understood: Segmentation fault"
        );
    }
}
