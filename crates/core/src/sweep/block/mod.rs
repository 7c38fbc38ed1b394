//! One object of the file made ready: dimensions that are combined, guards that let one exist, rules that a point must
//! pass. Every combination has a number, and from a number follow all values.

mod dimension;
mod member;
mod question;

use std::sync::Arc;

use super::choice::Choice;
use super::definition::{Draw, Order, Spot};
use super::numbers::Sampler;
use super::style::{Style, Wanted};
use crate::document::Value;

pub(super) use dimension::{Dimension, Guard, Place, Source};
pub(super) use member::{Member, MemberValues};
pub(super) use question::{Formula, Question, Rule, Trouble, Verdict};

use question::has;

/// The values of a point, a place for each parameter; a point need not have all of them.
pub(super) type Settings = Vec<Option<Arc<Choice>>>;

/// An object whose names are resolved.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) at: Spot,
    /// The names, in the order of the file: that of arguments and tables.
    pub(super) names: Vec<String>,
    /// What is combined, the first varying slowest. A dimension stands behind those that it depends on.
    pub(super) dimensions: Vec<Dimension>,
    /// What a point is asked once its dimensions up to some depth are set.
    pub(super) rules: Vec<Rule>,
    /// For each dimension, what it costs to look at one of its values: guards, computing and rules are worth several.
    pub(super) work: Vec<u64>,
    pub(super) sample: Option<Sample>,
    pub(super) order: Option<Order>,
    pub(super) style: Style,
}

/// How many points are drawn, and how.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) sampler: Sampler,
    /// For each dimension its place among those that are drawn; none where there is nothing to draw.
    pub(super) drawn: Vec<Option<usize>>,
    pub(super) count: u64,
    /// Whether a draw that is no point is made up for by another.
    pub(super) shortfall: Shortfall,
    pub(super) at: Spot,
}

/// What becomes of a sample of which some draws are no points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shortfall {
    /// Further draws take their place.
    DrawOn,
    /// It is smaller.
    Accept,
}

/// Where a combination stands: the place in the list of each dimension that is one.
pub(super) type Places = Vec<u64>;

impl Block {
    /// Tells whether every combination is a point, so that none needs to be looked at.
    pub(super) fn is_plain(&self) -> bool {
        self.rules.is_empty() && self.sample.is_none() && self.dimensions.iter().all(Dimension::is_free)
    }

    /// Counts what it costs to look at one value of each dimension.
    pub(super) fn count_work(&mut self) {
        let rules = &self.rules;
        let work = |(depth, dimension): (usize, &Dimension)| {
            let asked = rules.iter().filter(|rule| rule.depth == depth + 1).map(|rule| rule.question.work());
            1 + dimension.work() + rules.len() as u64 / 16 + asked.sum::<u64>()
        };
        self.work = self.dimensions.iter().enumerate().map(work).collect();
    }

    /// Gives the number of combinations, guards and rules aside.
    pub(super) fn combinations(&self) -> u128 {
        self.dimensions.first().map_or(1, |first| first.stride.saturating_mul(first.length().into()))
    }

    /// Gives how many different draws there can be at the most, where that has an end.
    pub(super) fn most_draws(&self) -> Option<u128> {
        let is_endless = |dimension: &Dimension| matches!(dimension.source, Source::Drawn { .. });
        (!self.dimensions.iter().any(is_endless)).then(|| self.combinations())
    }

    /// Gives the values of the combination or the draw with this number, which was found to be a point.
    pub(super) fn settings(&self, number: u128) -> Settings {
        let (mut settings, mut places) = self.unset();
        for depth in 0..self.dimensions.len() {
            let place = self.place(depth, number);
            // Whatever can go wrong has been reported when the points were counted.
            let _set = self.set(depth, place, &mut settings, &mut places);
        }
        settings
    }

    /// Gives the values that stand in its lists, with the names of their parameters.
    pub(super) fn listed_choices(&self) -> impl Iterator<Item = (&str, &Choice)> {
        let members = self.dimensions.iter().flat_map(Dimension::members);
        let choices =
            members.flat_map(|member| member.values.kept().iter().map(|choice| (member.parameter, choice)));
        choices.filter_map(|(parameter, choice)| Some((self.names[parameter].as_str(), choice.as_deref()?)))
    }

    /// Tells whether any point may have a parameter.
    pub(super) fn has(&self, parameter: usize) -> bool {
        self.dimensions.iter().any(|dimension| dimension.parameters().any(|it| it == parameter))
    }

    /// Gives what a program has to know for each of its parameters. Of a value that is worked out or drawn nothing is
    /// known but that there is one.
    pub(super) fn wanted(&self) -> impl Iterator<Item = (&str, Wanted)> {
        let one = Value::Number("1".into());
        let unlisted = self.dimensions.iter().flat_map(Dimension::unlisted).map(move |parameter| {
            let name = self.names[parameter].as_str();
            (name, self.style.wanted(name, &one))
        });
        let listed =
            self.listed_choices().map(|(name, choice)| (name, self.style.wanted(name, choice.value())));
        listed.chain(unlisted).flat_map(|(name, wanted)| wanted.into_iter().map(move |wanted| (name, wanted)))
    }

    /// Tells whether points may differ in a parameter.
    pub(super) fn varies(&self, parameter: usize) -> bool {
        let sets = |dimension: &&Dimension| dimension.parameters().any(|it| it == parameter);
        let mut setters = self.dimensions.iter().filter(sets);
        let is_fixed = |dimension: &Dimension| dimension.is_free() && dimension.length() == 1;
        !(setters.next().is_none_or(is_fixed) && setters.next().is_none())
    }

    /// Gives a point without values.
    pub(super) fn unset(&self) -> (Settings, Places) {
        (vec![None; self.names.len()], vec![0; self.dimensions.len()])
    }

    /// Gives what a number says of one dimension.
    pub(super) fn place(&self, depth: usize, number: u128) -> Place {
        let dimension = &self.dimensions[depth];
        match &self.sample {
            None => {
                let place = number / dimension.stride % u128::from(dimension.length());
                Place::At(u64::try_from(place).unwrap_or(u64::MAX))
            }
            Some(sample) => {
                let draw = u64::try_from(number).unwrap_or(u64::MAX);
                let unit = sample.drawn[depth].and_then(|place| sample.sampler.unit(draw, place));
                unit.map_or(Place::At(0), Place::Drawn)
            }
        }
    }

    /// Tells whether the dimension exists, the ones before it being set.
    pub(super) fn exists(&self, depth: usize, settings: &Settings, places: &Places) -> Result<bool, Trouble> {
        for guard in &self.dimensions[depth].guards {
            let lets = match guard {
                Guard::Chosen { dimension, place } => {
                    places[*dimension] == *place && self.has_values(*dimension, settings)
                }
                Guard::When(formula) => formula.holds(settings)?.unwrap_or(false),
            };
            if !lets {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn has_values(&self, depth: usize, settings: &Settings) -> bool {
        self.dimensions[depth].parameters().any(|parameter| settings[parameter].is_some())
    }

    /// Sets the parameters of a dimension, if it exists beside the ones before it.
    pub(super) fn set(
        &self,
        depth: usize,
        place: Place,
        settings: &mut Settings,
        places: &mut Places,
    ) -> Result<(), Trouble> {
        if self.exists(depth, settings, places)? { self.fill(depth, place, settings, places) } else { Ok(()) }
    }

    /// Sets the parameters of a dimension that exists.
    pub(super) fn fill(
        &self,
        depth: usize,
        place: Place,
        settings: &mut Settings,
        places: &mut Places,
    ) -> Result<(), Trouble> {
        match &self.dimensions[depth].source {
            Source::Listed { members, length } => {
                let place = place.of(*length);
                places[depth] = place;
                for member in members {
                    settings[member.parameter] = self.choice(member, place);
                }
            }
            Source::Computed { parameter, formula } => {
                let value = formula.value(settings)?;
                let choice =
                    value.map(|value| Choice::new(&self.style, &self.names[*parameter], value, None));
                settings[*parameter] = choice.map(Arc::new);
            }
            Source::Drawn { parameter, draw } => {
                let Place::Drawn(unit) = place else { return Ok(()) };
                settings[*parameter] = match draw {
                    Draw::Choice(pick, choices) => choices.get(pick.place(unit)).cloned(),
                    Draw::Number(distribution, digits) => {
                        let value = Value::Number(distribution.text(unit, *digits).into());
                        Some(Arc::new(Choice::new(&self.style, &self.names[*parameter], value, None)))
                    }
                };
            }
        }
        Ok(())
    }

    /// Gives the value of a parameter at a place of its list.
    fn choice(&self, member: &Member, place: u64) -> Option<Arc<Choice>> {
        match &member.values {
            MemberValues::Kept(choices) => choices.get(usize::try_from(place).ok()?)?.clone(),
            MemberValues::Spaced(numbers) => {
                let value = Value::Number(numbers.text(place)?.into());
                Some(Arc::new(Choice::new(&self.style, &self.names[member.parameter], value, None)))
            }
        }
    }

    /// Gives the length of the text that a dimension has computed, which may be long.
    pub(super) fn length_computed(&self, depth: usize, settings: &Settings) -> u64 {
        match &self.dimensions[depth].source {
            Source::Computed { parameter, .. } => {
                settings[*parameter].as_ref().map_or(0, |choice| choice.json().len() as u64)
            }
            Source::Listed { .. } | Source::Drawn { .. } => 0,
        }
    }

    /// Takes the values of a dimension away.
    pub(super) fn clear(&self, depth: usize, settings: &mut Settings) {
        self.dimensions[depth].parameters().for_each(|parameter| settings[parameter] = None);
    }

    /// Gives the first rule that refuses a point that is set up to a depth, by its place.
    pub(super) fn refusal(&self, depth: usize, settings: &Settings) -> Result<Option<usize>, Trouble> {
        for (place, rule) in self.rules.iter().enumerate().filter(|(_, rule)| rule.depth == depth) {
            let answer = match &rule.question {
                Question::Holds(formula) => formula.holds(settings)?,
                Question::Has(values) => has(values, settings),
            };
            let stays = match (rule.verdict, answer) {
                // A question about a parameter that the point does not have says nothing about it.
                (_, None) => true,
                (Verdict::Exclude, Some(yes)) => !yes,
                (Verdict::Keep, Some(yes)) => yes,
            };
            if !stays {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }
}
