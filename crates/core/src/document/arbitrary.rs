//! Values for property tests, of which each language must read what another wrote.

use proptest::prelude::*;

use super::{Entry, Node, Value};

/// Characters that every language takes between double quotes as JSON writes them.
pub(super) const PRINTABLE: &str = "[ -~\t\n\u{a0}-\u{d7ff}\u{e000}-\u{fdff}\u{1f600}-\u{1f6ff}]{0,12}";

/// Makes values of every kind, with texts and keys of a strategy.
pub(super) fn value(text: BoxedStrategy<String>) -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,9})?([eE][-+]?[0-9]{1,3})?"
            .prop_map(|text| Value::Number(text.into())),
        text.clone().prop_map(Value::Text),
    ];
    let any = leaf.prop_recursive(4, 32, 4, move |inner| {
        let node = inner.prop_map(|value| Node { at: 0..0, value });
        prop_oneof![
            prop::collection::vec(node.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map(text.clone(), node, 0..4).prop_map(|entries| {
                let entry = |(key, value)| Entry { key, key_at: 0..0, value };
                Value::Table(entries.into_iter().map(entry).collect())
            }),
        ]
    });
    any.boxed()
}
