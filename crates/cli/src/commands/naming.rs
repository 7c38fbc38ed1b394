//! How runs, jobs and places are named in what a person reads: as ids to type again, in a few words, or counted.

use neuromanager_core::engine::survey::Survey;
use neuromanager_core::id::{LaunchId, RunId};
use neuromanager_core::ranges::Ranges;
use neuromanager_core::store::{Names, StoreError};

/// Counts runs: `1 run`, `20 runs`.
pub(super) fn counted(runs: u64) -> String {
    neuromanager_core::counted(runs, "run")
}

/// Writes runs as a person would type them: `12.3-7 12.9`.
pub(super) fn ids(launch: LaunchId, runs: &Ranges) -> String {
    let stretches = runs.stretches().iter();
    let words = stretches.map(|(first, last)| match first == last {
        true => format!("{launch}.{first}"),
        false => format!("{launch}.{first}-{last}"),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Writes runs for a sentence about all of them: whole as `12.3-7`, and scattered ones as `12.3 and 5 more`.
pub(super) fn in_short(launch: LaunchId, runs: &Ranges) -> String {
    match runs.stretches() {
        [] | [_] => ids(launch, runs),
        [(first, _), ..] => format!("{launch}.{first} and {} more", runs.len() - 1),
    }
}

/// Names jobs of Slurm: `job 67`, `jobs 67, 68`.
pub(super) fn jobs(jobs: &[u32]) -> String {
    let word = if jobs.len() == 1 { "job" } else { "jobs" };
    format!("{word} {}", jobs.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
}

/// Names the place of a launch as it is typed, in one word: `slurm/gpu`.
pub(super) fn place(place: &Names) -> String {
    let Names { support, device, .. } = place;
    device.as_ref().map_or_else(|| support.clone(), |device| format!("{support}/{device}"))
}

/// Names a run in front of what it prints: its id, and its own name where parameters tell runs apart.
pub(super) fn title(survey: &Survey, id: RunId) -> Result<String, StoreError> {
    if survey.launch.parameters.is_empty() {
        return Ok(id.to_string());
    }
    let name = survey.dir.plan()?.run(id.run)?.name;
    Ok(name.map_or_else(|| id.to_string(), |name| format!("{id} {name}")))
}

/// Writes the id of each run on a line of its own, for other commands to read.
pub(super) fn id_lines(launch: LaunchId, runs: &Ranges) -> String {
    runs.iter().map(|run| format!("{}\n", RunId { launch, run })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAUNCH: LaunchId = LaunchId(12);

    #[test]
    fn runs_are_named_in_full_in_short_and_by_number() {
        let scattered: Ranges = [3, 4, 5, 9].into_iter().collect();
        assert_eq!(ids(LAUNCH, &scattered), "12.3-5 12.9");
        assert_eq!(in_short(LAUNCH, &scattered), "12.3 and 3 more");
        assert_eq!(in_short(LAUNCH, &Ranges::span(3, 7)), "12.3-7");
        assert_eq!(in_short(LAUNCH, &Ranges::single(3)), "12.3");
        assert_eq!(id_lines(LAUNCH, &Ranges::span(0, 1)), "12.0\n12.1\n");
        assert_eq!([0, 1, 2].map(counted), ["0 runs", "1 run", "2 runs"]);
        assert_eq!((jobs(&[67]), jobs(&[67, 68])), ("job 67".to_owned(), "jobs 67, 68".to_owned()));
    }
}
