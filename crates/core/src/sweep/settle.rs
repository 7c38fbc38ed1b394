//! Which combinations are points: counted once, before anything starts, so that every problem is known by then.

use std::collections::HashSet;

use super::block::{Block, Sample, Settings, Shortfall, Trouble};
use super::effect::Conditions;
use super::identity::fingerprint;
use super::mistakes::Mistakes;
use super::walk::{MOST_WORK, Stop, Walk};
use crate::kept::{Ascending, Kept};

/// Points that there are already, of objects that come before; nothing is noted where there is one object alone.
pub(super) enum Seen {
    /// There is one object.
    Nothing,
    /// Those of the objects before.
    Points(HashSet<u128>),
}

/// Finds the points of an object that are not among those seen, and adds them there, and to `conditions` what those of
/// the object do; a sample looks at some combinations only, and tells nothing of them.
pub(super) fn settle(
    block: &Block,
    seen: &mut Seen,
    conditions: &mut Conditions,
    mistakes: &mut Mistakes,
) -> Kept {
    if block.is_plain() && matches!(seen, Seen::Nothing) {
        return Kept::All(u64::try_from(block.combinations()).unwrap_or(u64::MAX));
    }
    let mut news = News { seen, own: HashSet::new() };
    let found = match &block.sample {
        None => combinations(block, &mut news, conditions),
        Some(sample) => draws(block, sample, &mut news),
    };
    match found {
        Ok(numbers) => {
            let News { seen, own } = news;
            if let Seen::Points(points) = seen {
                points.extend(own);
            }
            Kept::Some(numbers)
        }
        Err(problem) => {
            let Problem { trouble: Trouble { at, message }, help } = problem;
            mistakes.add(&at, message, help);
            Kept::All(0)
        }
    }
}

/// Tells whether a point is there already.
struct News<'a> {
    seen: &'a mut Seen,
    own: HashSet<u128>,
}

impl News<'_> {
    /// Notes a point, and tells whether none of the objects before has it. Equal values in one list are two points.
    fn is_new(&mut self, block: &Block, settings: &Settings) -> bool {
        match &*self.seen {
            Seen::Nothing => true,
            Seen::Points(points) => {
                let point = identify(block, settings);
                self.own.insert(point);
                !points.contains(&point)
            }
        }
    }
}

fn identify(block: &Block, settings: &Settings) -> u128 {
    let values = block.names.iter().zip(settings);
    fingerprint(values.filter_map(|(name, choice)| Some((name.as_str(), choice.as_ref()?.value()))))
}

struct Problem {
    trouble: Trouble,
    help: Option<String>,
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        Self { trouble, help: None }
    }
}

fn combinations(
    block: &Block,
    news: &mut News<'_>,
    conditions: &mut Conditions,
) -> Result<Ascending, Problem> {
    let mut walk = Walk::new(block);
    let mut numbers = Ascending::default();
    loop {
        match walk.advance() {
            Ok(Some(number)) if news.is_new(block, &walk.settings) => numbers.push(number),
            Ok(Some(_)) => {}
            Ok(None) => {
                conditions.add(block, &walk.effects);
                return Ok(numbers);
            }
            Err(Stop::Trouble(trouble)) => return Err(trouble.into()),
            Err(Stop::TooLong) => {
                let message = "there are too many combinations to look at each of them".to_owned();
                let help = "a rule is asked as soon as the parameters that it names are set: name few, put them first, or take a `$sample`";
                let trouble = Trouble { at: block.at.clone(), message };
                return Err(Problem { trouble, help: Some(help.to_owned()) });
            }
        }
    }
}

/// What it costs to tell whether a point was drawn before, in values looked at.
const DRAWING: u64 = 30;

/// Draws until as many different points are found as are wanted.
fn draws(block: &Block, sample: &Sample, news: &mut News<'_>) -> Result<Ascending, Problem> {
    let refused = |message: String| {
        let help = "ask for fewer, or leave `$sample` out to get every combination";
        let trouble = Trouble { at: sample.at.clone(), message };
        Problem { trouble, help: Some(help.to_owned()) }
    };
    if let (Shortfall::DrawOn, Some(most)) = (sample.shortfall, block.most_draws())
        && most < u128::from(sample.count)
    {
        let count = sample.count;
        return Err(refused(format!(
            "{count} different points were asked for, and there are {most} combinations"
        )));
    }
    let most = sample.sampler.draws();
    let (mut numbers, mut drawn, mut found, mut work) = (Ascending::default(), HashSet::new(), 0, 0);
    for draw in 0..most {
        if found == sample.count {
            break;
        }
        work += DRAWING + block.work.iter().sum::<u64>();
        if work > MOST_WORK {
            let count = sample.count;
            return Err(refused(format!(
                "{count} different points were asked for, and {draw} draws gave {found}"
            )));
        }
        let Some(settings) = drawn_settings(block, draw)? else { continue };
        if drawn.insert(identify(block, &settings)) {
            found += 1;
            if news.is_new(block, &settings) {
                numbers.push(draw.into());
            }
        }
    }
    if found < sample.count && sample.shortfall == Shortfall::DrawOn {
        let count = sample.count;
        return Err(refused(format!(
            "{count} different points were asked for, and {most} draws gave {found}"
        )));
    }
    Ok(numbers)
}

/// Gives the values of a draw; `None` where a rule refuses it.
fn drawn_settings(block: &Block, draw: u64) -> Result<Option<Settings>, Trouble> {
    let (mut settings, mut places) = block.unset();
    for depth in 0..block.dimensions.len() {
        if block.refusal(depth, &settings)?.is_some() {
            return Ok(None);
        }
        let place = block.place(depth, draw.into());
        block.set(depth, place, &mut settings, &mut places)?;
    }
    let refusal = block.refusal(block.dimensions.len(), &settings)?;
    Ok(refusal.is_none().then_some(settings))
}
