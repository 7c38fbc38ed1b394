//! The points of a sweep against an expander of its own, which makes every combination and throws most away.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::{plain, source, sweep};
use crate::sweep::Sweep;

type Values = BTreeMap<String, i64>;

/// A sweep in its simplest form.
#[derive(Debug, Clone)]
struct Model {
    blocks: Vec<Block>,
}

#[derive(Debug, Clone)]
struct Block {
    /// Parameter `pN` has these values, which are all different.
    lists: Vec<Vec<i64>>,
    /// The order in which they stand in the file.
    order: Vec<usize>,
    /// Parameter N exists where an earlier one has a value.
    when: Vec<Option<(usize, i64)>>,
    /// The first two vary together.
    zip: bool,
    /// `pA * pB >= C` goes.
    exclude: Option<(usize, usize, i64)>,
    /// `pA` being one of these goes.
    without: Option<(usize, Vec<i64>)>,
    /// `pA + pB < C` stays.
    keep: Option<(usize, usize, i64)>,
    include: Vec<i64>,
}

fn block() -> impl Strategy<Value = Block> {
    let lists = prop::collection::vec(prop::collection::btree_set(-2_i64..4, 1..4), 1..5);
    lists.prop_flat_map(|lists| {
        let count = lists.len();
        let lists: Vec<Vec<i64>> = lists.into_iter().map(|list| list.into_iter().collect()).collect();
        let pair = (0..count, 0..count, -4_i64..8);
        let when = prop::collection::vec(prop::option::weighted(0.4, (0..count, -2_i64..4)), count);
        (
            Just(lists),
            Just((0..count).collect::<Vec<_>>()).prop_shuffle(),
            when,
            any::<bool>(),
            prop::option::of(pair.clone()),
            prop::option::of((0..count, prop::collection::vec(-2_i64..4, 1..3))),
            prop::option::of(pair),
            prop::collection::vec(-2_i64..4, 0..3),
        )
            .prop_map(|(lists, order, when, zip, exclude, without, keep, include)| {
                let zip = zip && lists.len() > 1 && lists[0].len() == lists[1].len();
                let earlier = |(me, when): (usize, Option<(usize, i64)>)| {
                    when.filter(|(on, _)| *on < me && !(zip && me < 2))
                };
                let when = when.into_iter().enumerate().map(earlier).collect();
                Block { lists, order, when, zip, exclude, without, keep, include }
            })
    })
}

fn model() -> impl Strategy<Value = Model> {
    prop::collection::vec(block(), 1..3).prop_map(|blocks| Model { blocks })
}

impl Block {
    fn text(&self) -> String {
        let mut text = String::from("{");
        for me in &self.order {
            let list = &self.lists[*me];
            match self.when[*me] {
                None => write!(text, "\"p{me}\": {list:?}, ").unwrap(),
                Some((on, value)) => {
                    write!(text, "\"p{me}\": {{\"values\": {list:?}, \"when\": \"p{on} == {value}\"}}, ")
                        .unwrap();
                }
            }
        }
        if self.zip {
            text.push_str("\"$zip\": [\"p0\", \"p1\"], ");
        }
        let mut excluded = Vec::new();
        excluded.extend(self.exclude.map(|(a, b, c)| format!("\"p{a} * p{b} >= {c}\"")));
        excluded.extend(self.without.as_ref().map(|(a, values)| format!("{{\"p{a}\": {values:?}}}")));
        write!(text, "\"$exclude\": [{}], ", excluded.join(", ")).unwrap();
        if let Some((a, b, c)) = self.keep {
            write!(text, "\"$where\": \"p{a} + p{b} < {c}\", ").unwrap();
        }
        if !self.include.is_empty() {
            let extra: Vec<_> = self.include.iter().map(|value| format!("{{\"p0\": {value}}}")).collect();
            write!(text, "\"$include\": [{}], ", extra.join(", ")).unwrap();
        }
        text + "}"
    }

    /// Makes every combination of every list, and then looks which are points.
    fn points(&self) -> Vec<Values> {
        let mut combinations = vec![Vec::new()];
        for list in &self.lists {
            combinations = combinations
                .iter()
                .flat_map(|start: &Vec<usize>| {
                    (0..list.len()).map(move |place| {
                        let mut next = start.clone();
                        next.push(place);
                        next
                    })
                })
                .collect();
        }
        let mut points: Vec<Values> = Vec::new();
        for places in combinations {
            if self.zip && places[0] != places[1] {
                continue;
            }
            let mut point = Values::new();
            for (me, place) in places.iter().enumerate() {
                let exists = self.when[me].is_none_or(|(on, value)| point.get(&name(on)) == Some(&value));
                if exists {
                    point.insert(name(me), self.lists[me][*place]);
                }
            }
            if !points.contains(&point) && self.stays(&point) {
                points.push(point);
            }
        }
        for value in &self.include {
            let point = Values::from([(name(0), *value)]);
            if !points.contains(&point) {
                points.push(point);
            }
        }
        points
    }

    fn stays(&self, point: &Values) -> bool {
        let both = |a: usize, b: usize| Some((*point.get(&name(a))?, *point.get(&name(b))?));
        let excluded = self.exclude.is_some_and(|(a, b, c)| both(a, b).is_some_and(|(a, b)| a * b >= c));
        let without =
            |(a, values): &(usize, Vec<i64>)| point.get(&name(*a)).is_some_and(|it| values.contains(it));
        let kept = self.keep.is_none_or(|(a, b, c)| both(a, b).is_none_or(|(a, b)| a + b < c));
        kept && !excluded && !self.without.as_ref().is_some_and(without)
    }
}

fn name(parameter: usize) -> String {
    format!("p{parameter}")
}

impl Model {
    fn text(&self) -> String {
        let blocks: Vec<_> = self.blocks.iter().map(Block::text).collect();
        format!("[{}]", blocks.join(",\n"))
    }

    fn points(&self) -> Vec<Values> {
        let mut all = Vec::new();
        for point in self.blocks.iter().flat_map(Block::points) {
            if !all.contains(&point) {
                all.push(point);
            }
        }
        all
    }
}

fn points_of(sweep: &Sweep) -> Vec<Values> {
    let values = |point: super::Point<'_>| {
        point.parameters().map(|(name, choice)| (name.to_owned(), choice.json().parse().unwrap())).collect()
    };
    sweep.points().map(values).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn the_points_are_those_of_the_slow_expander(model in model()) {
        let mut expected = model.points();
        match Sweep::read(&source(&model.text())) {
            Ok(sweep) => {
                let mut points = points_of(&sweep);
                points.sort();
                expected.sort();
                prop_assert_eq!(points, expected);
            }
            Err(problems) => {
                prop_assert!(expected.is_empty(), "{}", plain(&problems));
                prop_assert!(plain(&problems).contains("no point is left to run"), "{}", plain(&problems));
            }
        }
    }

    /// The n-th point is the same whether it is asked for or walked to.
    #[test]
    fn a_point_is_found_by_its_number(model in model()) {
        if let Ok(sweep) = Sweep::read(&source(&model.text())) {
            for (index, point) in sweep.points().enumerate() {
                let again = sweep.point(index as u64).unwrap();
                prop_assert_eq!(super::json(&again), super::json(&point));
            }
            prop_assert!(sweep.point(sweep.count()).is_none());
        }
    }
}

/// Without conditions the order is that of nested loops over the file, whatever is excluded.
#[test]
fn what_is_left_stays_in_order() {
    let all = sweep(r#"{"a": [1, 2, 3], "b": [1, 2, 3], "c": [1, 2]}"#);
    let some = sweep(r#"{"a": [1, 2, 3], "b": [1, 2, 3], "c": [1, 2], "$where": "a * b > c"}"#);
    let expected = points_of(&all).into_iter().filter(|point| point["a"] * point["b"] > point["c"]);
    assert_eq!(points_of(&some), expected.collect::<Vec<_>>());
}
