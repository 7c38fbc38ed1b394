//! Why a job waits: Slurm's codes put into words, with what can be done, and which of them never end by themselves.
//!
//! The codes are those of squeue(1), JOB REASON CODES, and of `slurm/slurm.h` (`enum job_state_reason`).

/// Whether a job that waits for this will ever start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prospect {
    /// It starts when its turn comes, without anybody's doing.
    Waits,
    /// It does not start unless somebody changes something.
    NeverStarts,
}

/// One reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What the job waits for.
    pub words: String,
    /// What can be done, where that is known.
    pub advice: Option<&'static str>,
    /// Whether it will ever start.
    pub prospect: Prospect,
}

use Prospect::{NeverStarts, Waits};

/// Code, words, advice (empty for none), prospect.
type Entry = (&'static str, &'static str, &'static str, Prospect);

/// What each code means.
const CODES: [Entry; 43] = [
    ("None", "Slurm has not looked at it yet", "", Waits),
    ("Priority", "other jobs are before it in the queue", "", Waits),
    (
        "Resources",
        "it is next, and waits for enough free resources",
        "ask for less time or memory, and it may fit in earlier",
        Waits,
    ),
    ("Dependency", "another job that it depends on has not ended", "", Waits),
    (
        "DependencyNeverSatisfied",
        "the job that it depends on ended in another way than asked for",
        "neu cancel, and start it again without that, by neu rerun --with dependency=",
        NeverStarts,
    ),
    ("BeginTime", "its start time has not come; after a requeue Slurm waits two minutes", "", Waits),
    ("JobArrayTaskLimit", "as many of its array run at once as were allowed", "", Waits),
    ("Cleaning", "what an earlier attempt left is being cleaned up", "", Waits),
    ("Prolog", "its node is being prepared", "", Waits),
    ("Licenses", "it waits for a licence", "", Waits),
    ("Reservation", "it waits for its reservation to begin", "scontrol show reservation tells when", Waits),
    (
        "ReservationDeleted",
        "its reservation was deleted",
        "start it again without the reservation",
        NeverStarts,
    ),
    ("BurstBufferResources", "it waits for room in the burst buffer", "", Waits),
    ("BurstBufferStageIn", "its files are being staged in", "", Waits),
    ("FrontEndDown", "no front end node is up", "", Waits),
    (
        "NodeDown",
        "a node that it needs is down",
        "sinfo tells which; ask for other nodes, or wait for the administrators",
        Waits,
    ),
    (
        "ReqNodeNotAvail",
        "nodes that it could use are down, drained, or reserved, for maintenance perhaps",
        "sinfo -R and scontrol show reservation tell why; a shorter time may end before a maintenance",
        Waits,
    ),
    (
        "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions",
        "the nodes that it could use are down, drained, or taken by a partition that comes first",
        "sinfo -R tells why nodes are down",
        Waits,
    ),
    (
        "PartitionDown",
        "its partition takes no jobs now",
        "sinfo tells which are up; ask for another, or wait",
        Waits,
    ),
    ("PartitionInactive", "its partition is switched off", "ask for another partition", Waits),
    (
        "PartitionTimeLimit",
        "its time is above what its partition allows",
        "neu cancel, and start it again with less time or in another partition",
        NeverStarts,
    ),
    (
        "PartitionNodeLimit",
        "it asks for more nodes than its partition has or allows",
        "neu cancel, and start it again with fewer nodes or in another partition",
        NeverStarts,
    ),
    (
        "PartitionConfig",
        "its partition does not allow what it asks for",
        "neu cancel, and start it again with other resources or in another partition",
        NeverStarts,
    ),
    (
        "AccountNotAllowed",
        "its account may not use its partition",
        "start it again with another account or partition",
        NeverStarts,
    ),
    (
        "QOSNotAllowed",
        "its QOS may not be used in its partition or by its account",
        "start it again with another QOS",
        NeverStarts,
    ),
    (
        "TimeLimit",
        "its time is above a limit of its QOS or account",
        "start it again with less time",
        NeverStarts,
    ),
    (
        "BadConstraints",
        "no node has what it asks for",
        "neu cancel, and start it again with resources that a node has; sinfo tells which",
        NeverStarts,
    ),
    (
        "InvalidAccount",
        "its account is not known, or not yours",
        "start it again with another account; sacctmgr show user $USER withassoc lists them",
        NeverStarts,
    ),
    ("InvalidQOS", "its QOS is not known, or not yours", "start it again with another QOS", NeverStarts),
    ("JobHeldUser", "it is held", "scontrol release lets it go", NeverStarts),
    ("JobHeldAdmin", "an administrator holds it", "ask the administrators why", NeverStarts),
    ("job requeued in held state", "it was requeued and is held", "scontrol release lets it go", NeverStarts),
    (
        "JobHoldMaxRequeue",
        "it was requeued too often, and is held",
        "look at slurm.log and the node's state, then scontrol release",
        NeverStarts,
    ),
    ("JobLaunchFailure", "it could not be launched on its node, and waits for another try", "", Waits),
    (
        "launch failed requeued held",
        "it could not be launched on its node, and is held",
        "the node may be broken: scontrol release lets it try again",
        NeverStarts,
    ),
    ("NonZeroExitCode", "it ended with an error and was requeued", "", Waits),
    ("SystemFailure", "a system that Slurm needs failed", "tell the administrators", Waits),
    ("AssociationJobLimit", "you or your account have as many jobs running as allowed", "", Waits),
    ("AssociationResourceLimit", "you or your account use as much as allowed", "", Waits),
    (
        "AssociationTimeLimit",
        "your account's time is used up",
        "ask for more at your site, or use another account",
        Waits,
    ),
    ("QOSJobLimit", "as many jobs of its QOS run as allowed", "", Waits),
    ("QOSResourceLimit", "its QOS uses as much as allowed", "", Waits),
    (
        "QOSTimeLimit",
        "the time of its QOS is used up",
        "ask for more at your site, or use another QOS",
        Waits,
    ),
];

/// Beginnings of families of codes for limits: which one stands in the rest of the code.
const FAMILIES: [Entry; 6] = [
    ("QOSGrp", "all jobs of its QOS together use as much as allowed", "", Waits),
    ("AssocGrp", "all jobs of your account together use as much as allowed", "", Waits),
    (
        "QOSMax",
        "its QOS allows you no more at once",
        "if it alone asks for more than the limit it never starts: sacctmgr show qos",
        Waits,
    ),
    (
        "AssocMax",
        "your account allows you no more at once",
        "if it alone asks for more than the limit it never starts: sacctmgr show assoc",
        Waits,
    ),
    (
        "QOSMin",
        "it asks for less than the least that its QOS takes",
        "start it again with more resources, or another QOS",
        NeverStarts,
    ),
    (
        "MaxMemPerLimit",
        "it asks for more memory than a job may",
        "start it again with less memory",
        NeverStarts,
    ),
];

/// Limits of one job, which no waiting can meet (squeue(1)): `QOSMaxWallDurationPerJobLimit` and its like.
fn is_of_one_job(code: &str) -> bool {
    code.contains("PerJob") && !code.starts_with("QOSGrp") && !code.starts_with("AssocGrp")
}

/// Explains a reason code of squeue.
pub fn explain(code: &str) -> Explained {
    // Slurm adds details after a comma or in parentheses: `ReqNodeNotAvail, UnavailableNodes:n1`.
    let stem = code.split([',', '(']).next().unwrap_or_default().trim_end();
    let exact = CODES.iter().find(|(known, ..)| *known == code || *known == stem);
    if is_of_one_job(stem) {
        return Explained {
            words: format!("it alone asks for more than a limit allows ({code})"),
            advice: Some(
                "neu cancel, and start it again with less; sacctmgr show qos and show assoc tell the limits",
            ),
            prospect: NeverStarts,
        };
    }
    let family = || FAMILIES.iter().find(|(start, ..)| stem.starts_with(start));
    match (exact, exact.is_none().then(family).flatten()) {
        (Some((_, words, advice, prospect)), _) => {
            let details = code.get(stem.len()..).unwrap_or_default().trim_start_matches([',', ' ']);
            let details =
                if details.is_empty() || stem == *words { String::new() } else { format!(" ({details})") };
            let details =
                if CODES.iter().any(|(known, ..)| *known == code) { String::new() } else { details };
            explained(format!("{words}{details}"), advice, *prospect)
        }
        (None, Some((_, words, advice, prospect))) => {
            explained(format!("{words} ({code})"), advice, *prospect)
        }
        (None, None) => explained(format!("Slurm says {code}"), "", Waits),
    }
}

fn explained(words: String, advice: &'static str, prospect: Prospect) -> Explained {
    Explained { words, advice: Some(advice).filter(|advice| !advice.is_empty()), prospect }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str) -> String {
        let Explained { words, advice, prospect } = explain(code);
        let advice = advice.map_or_else(String::new, |advice| format!(" — {advice}"));
        format!("{prospect:?}: {words}{advice}")
    }

    #[test]
    fn codes_are_said_in_words() {
        let codes = [
            "Priority",
            "PartitionTimeLimit",
            "ReqNodeNotAvail, UnavailableNodes:n[1-2]",
            "QOSMaxCpuPerUserLimit",
            "QOSMaxWallDurationPerJobLimit",
            "AssocGrpGRES",
            "job requeued in held state",
            "SomethingNew",
        ];
        insta::assert_snapshot!(codes.map(told).join("\n"), @"
        Waits: other jobs are before it in the queue
        NeverStarts: its time is above what its partition allows — neu cancel, and start it again with less time or in another partition
        Waits: nodes that it could use are down, drained, or reserved, for maintenance perhaps (UnavailableNodes:n[1-2]) — sinfo -R and scontrol show reservation tell why; a shorter time may end before a maintenance
        Waits: its QOS allows you no more at once (QOSMaxCpuPerUserLimit) — if it alone asks for more than the limit it never starts: sacctmgr show qos
        NeverStarts: it alone asks for more than a limit allows (QOSMaxWallDurationPerJobLimit) — neu cancel, and start it again with less; sacctmgr show qos and show assoc tell the limits
        Waits: all jobs of your account together use as much as allowed (AssocGrpGRES)
        NeverStarts: it was requeued and is held — scontrol release lets it go
        Waits: Slurm says SomethingNew
        ");
    }

    #[test]
    fn no_code_stands_twice() {
        for (place, (code, ..)) in CODES.iter().enumerate() {
            assert!(CODES[..place].iter().all(|(other, ..)| other != code), "{code}");
        }
    }

    #[test]
    fn what_only_a_person_can_change_never_starts() {
        for code in
            ["JobHeldUser", "DependencyNeverSatisfied", "BadConstraints", "InvalidQOS", "PartitionNodeLimit"]
        {
            assert_eq!(explain(code).prospect, NeverStarts, "{code}");
        }
        for code in ["Resources", "None", "BeginTime", "Licenses", "QOSGrpCpuLimit", "Unheard"] {
            assert_eq!(explain(code).prospect, Waits, "{code}");
        }
    }
}
