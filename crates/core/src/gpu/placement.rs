//! Which GPUs a run gets: from what is leased, kept for others, and used by strangers. Pure.

use serde::{Deserialize, Serialize};

use super::amount::{Mebibytes, Share};
use super::demand::{Demand, Gpus};
use super::{Gpu, GpuId, words};

/// What a run holds of one GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The GPU.
    pub gpu: GpuId,
    /// The part of it.
    pub share: Share,
    /// The part of its memory, where that is known.
    pub memory: Mebibytes,
}

/// Whom a part of a GPU belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A run of the launch that asks.
    Own,
    /// A run of another launch: `launch 12`, `launch 12 of alice`.
    Leased(String),
    /// Nobody yet: it is kept for a launch that is before the one that asks.
    Kept(String),
}

/// The GPUs of a machine, with all that is known to be on them.
#[derive(Debug, Clone)]
pub struct Table<'a> {
    slots: Vec<Slot<'a>>,
}

#[derive(Debug, Clone)]
struct Slot<'a> {
    gpu: &'a Gpu,
    stranger: Option<String>,
    share: Share,
    memory: Option<Mebibytes>,
    holders: Vec<Holder>,
}

/// Why a run gets no GPU now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// In words: `GPU 0 is used by others (pid 4711, alice); 1 is leased to launch 12`.
    pub reason: String,
    /// What would have to change.
    pub until: Until,
}

/// What would have to change for a waiting run to get its GPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// A run of the same launch ends: it has all that it can have.
    OwnRunEnds,
    /// A run of another launch ends.
    OthersEnd,
    /// Somebody else's process leaves a GPU.
    StrangersLeave,
    /// What keeps from asking at all passes: a full disk, a driver that is gone.
    TroublePasses,
}

impl<'a> Table<'a> {
    /// Makes a table with nothing on any GPU.
    pub fn of(gpus: impl IntoIterator<Item = &'a Gpu>) -> Self {
        let empty = |gpu: &'a Gpu| Slot {
            gpu,
            stranger: None,
            share: Share::WHOLE,
            memory: gpu.memory,
            holders: Vec::new(),
        };
        Self { slots: gpus.into_iter().map(empty).collect() }
    }

    /// Marks a GPU as used by somebody's process, in words: `pid 4711, alice`.
    pub fn occupy(&mut self, gpu: &GpuId, by: &str) {
        self.slots
            .iter_mut()
            .filter(|slot| slot.gpu.id == *gpu)
            .for_each(|slot| slot.stranger = Some(by.to_owned()));
    }

    /// Takes what a lease holds. A lease of a card that is in slices now holds all of them.
    pub fn hold(&mut self, holdings: &[Holding], by: &Holder) {
        for slot in &mut self.slots {
            for holding in holdings.iter().filter(|holding| slot.gpu.is_of(&holding.gpu)) {
                slot.share = slot.share.less(holding.share);
                slot.memory = slot.memory.map(|memory| memory.less(holding.memory));
                slot.holders.push(by.clone());
            }
        }
    }

    /// Finds a place for one run on the `usable` GPUs: of several that have room for a part the fullest, so that whole ones
    /// stay free for those who need one; else the first.
    pub fn place(&self, demand: &Demand, usable: &[GpuId]) -> Option<Vec<Holding>> {
        let fits = |slot: &&Slot<'_>| usable.contains(&slot.gpu.id) && slot.has_room_for(demand);
        let mut fitting: Vec<&Slot<'_>> = self.slots.iter().filter(fits).collect();
        fitting.sort_by_key(|slot| (slot.share, slot.memory));
        let count = demand.count();
        (fitting.len() >= count).then(|| fitting[..count].iter().map(|slot| slot.holding(demand)).collect())
    }

    /// Keeps what runs of a launch that is first in the queue wait for: `runs` of them at the most.
    ///
    /// What has room now is kept, and for one run that finds none, the GPUs that are nearest to having it. New leases never go
    /// there, so that their room only grows: nobody starves. A run that waits for a stranger's GPU keeps nothing.
    pub fn keep(&mut self, demand: &Demand, usable: &[GpuId], runs: u64, launch: &str) {
        let holder = Holder::Kept(launch.to_owned());
        for _ in 0..runs {
            let Some(holdings) = self.place(demand, usable) else {
                let nearest = self.nearest(demand, usable);
                return self.hold(&nearest, &holder);
            };
            self.hold(&holdings, &holder);
        }
    }

    fn nearest(&self, demand: &Demand, usable: &[GpuId]) -> Vec<Holding> {
        let may = |slot: &&Slot<'_>| {
            usable.contains(&slot.gpu.id) && slot.stranger.is_none() && demand.is_met_by(slot.gpu)
        };
        let mut candidates: Vec<&Slot<'_>> = self.slots.iter().filter(may).collect();
        candidates.sort_by_key(|slot| std::cmp::Reverse((slot.share, slot.memory)));
        if candidates.len() < demand.count() {
            return Vec::new();
        }
        candidates[..demand.count()].iter().map(|slot| slot.holding(demand)).collect()
    }

    /// Gives a run its GPUs, or says why it has to wait.
    pub fn serve(&self, demand: &Demand, usable: &[GpuId]) -> Result<Vec<Holding>, Wait> {
        self.place(demand, usable).ok_or_else(|| self.wait(demand, usable))
    }

    fn wait(&self, demand: &Demand, usable: &[GpuId]) -> Wait {
        let may = |slot: &&Slot<'_>| usable.contains(&slot.gpu.id) && demand.is_met_by(slot.gpu);
        let slots: Vec<&Slot<'_>> = self.slots.iter().filter(may).collect();
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for slot in &slots {
            let why = slot.why();
            match groups.iter_mut().find(|(known, _)| *known == why) {
                Some((_, labels)) => labels.push(slot.gpu.label.clone()),
                None => groups.push((why, vec![slot.gpu.label.clone()])),
            }
        }
        let told: Vec<String> = groups
            .into_iter()
            .map(|(why, labels)| {
                let verb = if labels.len() == 1 { "is" } else { "are" };
                format!("{} {verb} {why}", words::list(&labels))
            })
            .collect();
        let others = |slot: &&&Slot<'_>| slot.holders.iter().any(|holder| *holder != Holder::Own);
        let until = if slots.iter().any(|slot| slot.stranger.is_some()) {
            Until::StrangersLeave
        } else if slots.iter().filter(others).count() > 0 {
            Until::OthersEnd
        } else {
            Until::OwnRunEnds
        };
        Wait { reason: format!("GPU {}", told.join("; ")), until }
    }
}

impl Slot<'_> {
    fn has_room_for(&self, demand: &Demand) -> bool {
        let holding = self.holding(demand);
        let has_memory = self.memory.is_none_or(|left| holding.memory <= left);
        self.stranger.is_none() && demand.is_met_by(self.gpu) && holding.share <= self.share && has_memory
    }

    fn holding(&self, demand: &Demand) -> Holding {
        let all = self.gpu.memory.unwrap_or_default();
        let (share, memory) = match (demand.gpus, demand.memory) {
            (Gpus::Whole(_), _) => (Share::WHOLE, all),
            (Gpus::Part(share), memory) => (share, memory.unwrap_or(share.of(all))),
            (Gpus::ByMemory, memory) => {
                let memory = memory.unwrap_or_default();
                (Share::that_is(memory, all), memory)
            }
        };
        Holding { gpu: self.gpu.id.clone(), share, memory }
    }

    fn why(&self) -> String {
        if let Some(stranger) = &self.stranger {
            return format!("used by others ({stranger})");
        }
        let mut leased: Vec<String> = Vec::new();
        let mut kept: Vec<String> = Vec::new();
        for holder in &self.holders {
            let (list, words) = match holder {
                Holder::Own => (&mut leased, "this launch"),
                Holder::Leased(launch) => (&mut leased, launch.as_str()),
                Holder::Kept(launch) => (&mut kept, launch.as_str()),
            };
            if !list.iter().any(|known| known == words) {
                list.push(words.to_owned());
            }
        }
        let leased = (!leased.is_empty()).then(|| format!("leased to {}", words::list(&leased)));
        let kept = (!kept.is_empty()).then(|| format!("kept for {}, which is first", words::list(&kept)));
        match (leased, kept) {
            (None, None) => "free".to_owned(),
            (Some(one), None) | (None, Some(one)) => one,
            (Some(leased), Some(kept)) => format!("{leased} and {kept}"),
        }
    }
}

/// Tells how many runs fit on these GPUs at once, when nothing else is on them: what `-j` is where it is not given.
pub fn capacity(demand: &Demand, usable: &[&Gpu]) -> u64 {
    let ids: Vec<GpuId> = usable.iter().map(|gpu| gpu.id.clone()).collect();
    let mut table = Table::of(usable.iter().copied());
    let mut runs = 0;
    while let Some(holdings) = table.place(demand, &ids) {
        table.hold(&holdings, &Holder::Own);
        runs += 1;
    }
    runs
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::gpu::{Form, Vendor};
    use proptest::prelude::*;

    /// A card of NVIDIA with so many MiB.
    pub(in crate::gpu) fn gpu(index: u32, memory: u64) -> Gpu {
        Gpu {
            id: GpuId(format!("GPU-{index:04}")),
            label: index.to_string(),
            vendor: Vendor::Nvidia,
            form: Form::Card,
            memory: Some(Mebibytes(memory)),
        }
    }

    pub(in crate::gpu) fn demand(gpus: &str) -> Demand {
        Demand::of(Some(gpus.parse().unwrap()), None).unwrap()
    }

    fn machine(count: u32) -> Vec<Gpu> {
        (0..count).map(|index| gpu(index, 24_000)).collect()
    }

    fn ids(gpus: &[Gpu]) -> Vec<GpuId> {
        gpus.iter().map(|gpu| gpu.id.clone()).collect()
    }

    fn labels(holdings: &[Holding]) -> Vec<&str> {
        holdings.iter().map(|holding| holding.gpu.0.trim_start_matches("GPU-000")).collect()
    }

    fn take(table: &mut Table<'_>, demand: &Demand, usable: &[GpuId], by: &Holder) -> Vec<Holding> {
        let holdings = table.place(demand, usable).unwrap();
        table.hold(&holdings, by);
        holdings
    }

    #[test]
    fn parts_fill_a_gpu_before_they_open_another() {
        let gpus = machine(2);
        let mut table = Table::of(&gpus);
        let mut next = |part| labels(&take(&mut table, &demand(part), &ids(&gpus), &Holder::Own)).join(" ");
        let order = ["0.5", "0.25", "0.5", "0.25", "0.5"].map(&mut next);
        assert_eq!(order, ["0", "0", "1", "0", "1"]);
        assert_eq!(table.place(&demand("0.0001"), &ids(&gpus)), None);
    }

    #[test]
    fn a_shared_gpu_is_not_given_whole_and_a_whole_one_not_shared() {
        let gpus = machine(2);
        let mut table = Table::of(&gpus);
        take(&mut table, &demand("0.25"), &ids(&gpus), &Holder::Own);
        assert_eq!(table.place(&demand("2"), &ids(&gpus)), None);
        assert_eq!(labels(&take(&mut table, &demand("1"), &ids(&gpus), &Holder::Own)), ["1"]);
        assert_eq!(labels(&table.place(&demand("0.75"), &ids(&gpus)).unwrap()), ["0"]);
        assert_eq!(table.place(&demand("0.8"), &ids(&gpus)), None);
    }

    #[test]
    fn memory_counts_beside_shares() {
        let gpus = machine(1);
        let by_memory = |memory| Demand::of(None, Some(Mebibytes(memory))).unwrap();
        assert_eq!(capacity(&by_memory(8_000), &[&gpus[0]]), 3);
        assert_eq!(capacity(&by_memory(8_001), &[&gpus[0]]), 2);
        let mut table = Table::of(&gpus);
        take(&mut table, &demand("0.5"), &ids(&gpus), &Holder::Own);
        assert_eq!(table.place(&by_memory(12_001), &ids(&gpus)), None);
        assert!(table.place(&by_memory(12_000), &ids(&gpus)).is_some());
    }

    #[test]
    fn a_run_that_waits_is_told_what_is_on_each_gpu() {
        let gpus = machine(6);
        let mut table = Table::of(&gpus);
        let all = ids(&gpus);
        table.occupy(&all[0], "pid 4711, alice");
        table.occupy(&all[2], "pid 4711, alice");
        for index in [1, 3] {
            take(&mut table, &demand("1"), &all[index..=index], &Holder::Leased("launch 12".into()));
        }
        let wait = table.serve(&demand("3"), &all).unwrap_err();
        assert_eq!(
            wait.reason,
            "GPU 0 and 2 are used by others (pid 4711, alice); 1 and 3 are leased to launch 12; 4 and 5 are free"
        );
        assert_eq!(wait.until, Until::StrangersLeave);
        let wait = table.serve(&demand("1"), &all[1..2]).unwrap_err();
        assert_eq!((wait.reason.as_str(), wait.until), ("GPU 1 is leased to launch 12", Until::OthersEnd));
        take(&mut table, &demand("0.5"), &all[4..5], &Holder::Own);
        let wait = table.serve(&demand("1"), &all[4..5]).unwrap_err();
        assert_eq!((wait.reason.as_str(), wait.until), ("GPU 4 is leased to this launch", Until::OwnRunEnds));
        table.keep(&demand("1"), &all[4..5], 1, "launch 9");
        let wait = table.serve(&demand("0.5"), &all[4..5]).unwrap_err();
        assert_eq!(wait.reason, "GPU 4 is leased to this launch and kept for launch 9, which is first");
    }

    #[test]
    fn what_a_large_demand_waits_for_is_kept_from_small_ones() {
        let gpus = machine(3);
        let all = ids(&gpus);
        let mut table = Table::of(&gpus);
        take(&mut table, &demand("1"), &all[..1], &Holder::Own);
        take(&mut table, &demand("0.5"), &all[1..2], &Holder::Own);
        table.keep(&demand("2"), &all, 5, "launch 1");
        // GPU 2 and the half of GPU 1 are what is nearest to two whole ones.
        assert_eq!(table.place(&demand("0.25"), &all), None);
    }

    #[test]
    fn whoever_waits_for_a_stranger_holds_back_nobody() {
        let gpus = machine(2);
        let all = ids(&gpus);
        let mut table = Table::of(&gpus);
        table.occupy(&all[0], "pid 1");
        table.keep(&demand("2"), &all, 1, "launch 1");
        assert_eq!(labels(&table.place(&demand("1"), &all).unwrap()), ["1"]);
    }

    #[test]
    fn a_lease_of_a_card_holds_its_slices() {
        let of = GpuId("GPU-card".into());
        let slice = |index: u32| Gpu { form: Form::Slice { of: of.clone() }, ..gpu(index, 10_000) };
        let gpus = [slice(0), slice(1)];
        assert_eq!(capacity(&demand("1"), &[&gpus[0], &gpus[1]]), 2);
        assert_eq!(capacity(&demand("2"), &[&gpus[0], &gpus[1]]), 0);
        let mut table = Table::of(&gpus);
        let holding = Holding { gpu: of.clone(), share: Share::WHOLE, memory: Mebibytes(0) };
        table.hold(&[holding], &Holder::Own);
        assert_eq!(table.place(&demand("1"), &ids(&gpus)), None);
    }

    fn any_demand() -> impl Strategy<Value = Demand> {
        let gpus = prop_oneof![
            (1_u32..4).prop_map(Gpus::Whole),
            (1_u32..=9_999).prop_map(|units| Gpus::Part(Share::ten_thousandths(units))),
            Just(Gpus::ByMemory),
        ];
        (gpus, proptest::option::of(1_u64..30_000)).prop_map(|(gpus, memory)| {
            let memory = match gpus {
                Gpus::ByMemory => Some(memory.unwrap_or(5_000)),
                Gpus::Whole(_) | Gpus::Part(_) => memory,
            };
            Demand { gpus, memory: memory.map(Mebibytes) }
        })
    }

    proptest! {
        /// Never beyond a GPU's share or memory, nothing on an occupied one, and no whole GPU shared.
        #[test]
        fn what_is_placed_is_there(
            memories in proptest::collection::vec(proptest::option::of(1_000_u64..25_000), 1..5),
            occupied in proptest::collection::vec(any::<bool>(), 5),
            steps in proptest::collection::vec((any_demand(), any::<bool>(), any::<proptest::sample::Index>()), 1..40),
        ) {
            let gpus: Vec<Gpu> = (0..).zip(&memories).map(|(index, memory)| Gpu { memory: memory.map(Mebibytes), ..gpu(index, 0) }).collect();
            let all = ids(&gpus);
            let mut held: Vec<(Demand, Vec<Holding>)> = Vec::new();
            for (demand, ends, which) in steps {
                if ends && !held.is_empty() {
                    held.swap_remove(which.index(held.len()));
                }
                let mut table = Table::of(&gpus);
                for (id, _) in all.iter().zip(&occupied).filter(|(_, occupied)| **occupied) {
                    table.occupy(id, "pid 1");
                }
                for (_, holdings) in &held {
                    table.hold(holdings, &Holder::Own);
                }
                let Some(holdings) = table.place(&demand, &all) else { continue };
                prop_assert_eq!(holdings.len(), demand.count());
                held.push((demand, holdings));
                for (index, gpu) in gpus.iter().enumerate() {
                    let on: Vec<(&Demand, &Holding)> = held
                        .iter()
                        .flat_map(|(demand, holdings)| holdings.iter().map(move |holding| (demand, holding)))
                        .filter(|(_, holding)| holding.gpu == gpu.id)
                        .collect();
                    prop_assert!(on.is_empty() || !occupied[index]);
                    prop_assert!(on.iter().map(|(_, holding)| holding.share.units()).sum::<u32>() <= 10_000);
                    if let Some(memory) = gpu.memory {
                        prop_assert!(on.iter().map(|(_, holding)| holding.memory.0).sum::<u64>() <= memory.0);
                    }
                    let whole = on.iter().any(|(demand, _)| matches!(demand.gpus, Gpus::Whole(_)));
                    prop_assert!(!whole || on.len() == 1);
                }
            }
        }

        /// Whatever is kept for others, a run that gets GPUs despite it would have got them without.
        #[test]
        fn keeping_only_takes_away(first in any_demand(), second in any_demand(), runs in 0_u64..5) {
            let gpus = machine(3);
            let all = ids(&gpus);
            let mut table = Table::of(&gpus);
            let without = table.place(&second, &all).is_some();
            table.keep(&first, &all, runs, "launch 1");
            prop_assert!(without || table.place(&second, &all).is_none());
        }
    }
}
