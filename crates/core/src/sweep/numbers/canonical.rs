//! One text for all the ways to write a number, so that equal points are found to be equal.

use super::literal::Literal;

/// The same text for every way to write the same number: `1e-3`, `0.001` and `0.0010` are `1e-3`; `1` and `1.0` are
/// `1e0`; `-0` is `0e0`. The work is that of reading the text, however large the exponent.
///
/// The form is kept in stores as part of a point's identity, so it never changes. `None` for text that is no decimal
/// number, or whose exponent has more than some 18 digits: such text equals itself only.
pub fn canonical(text: &str) -> Option<String> {
    let literal = Literal::split(text)?;
    let written = [literal.whole, literal.fraction].concat();
    let digits = written.trim_end_matches('0');
    let dropped = i64::try_from(written.len() - digits.len()).ok()?;
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some("0e0".to_owned());
    }
    let power = literal.power()?.checked_add(dropped)?;
    let sign = if literal.negative { "-" } else { "" };
    Some(format!("{sign}{digits}e{power}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Decimal;
    use super::*;

    fn same(texts: &[&str]) -> String {
        let forms: Vec<_> = texts.iter().map(|text| canonical(text).expect(text)).collect();
        assert!(forms.iter().all(|form| form == &forms[0]), "{texts:?} became {forms:?}");
        forms[0].clone()
    }

    #[test]
    fn every_way_to_write_a_number_has_one_form() {
        assert_eq!(same(&["1e-3", "0.001", "0.0010", "1E-3", "10e-4", "0.1e-2", "+.001", "1.e-03"]), "1e-3");
        assert_eq!(same(&["1", "1.0", "1e0", "01", "100e-2", "1e+0"]), "1e0");
        assert_eq!(same(&["0", "-0", "0.00", "0e999999999999999999999999", "-0e5"]), "0e0");
        assert_eq!(same(&["-120", "-1.2e2", "-12e1"]), "-12e1");
        assert_eq!(
            same(&["12345678901234567890123456789012345678901234567890"]),
            "1234567890123456789012345678901234567890123456789e1"
        );
    }

    #[test]
    fn a_huge_exponent_is_only_a_number() {
        assert_eq!(same(&["1e400", "10e399", "0.1e401"]), "1e400");
        assert_eq!(same(&["1e999999999999999999"]), "1e999999999999999999");
        assert_eq!(canonical("1e99999999999999999999"), None);
        assert_eq!(canonical("1e-9223372036854775808"), Some("1e-9223372036854775808".to_owned()));
        assert_eq!(canonical("0.1e-9223372036854775808"), None);
    }

    #[test]
    fn what_is_no_decimal_number_has_no_form() {
        for text in [
            "", ".", "-", "e5", "1e", "1e+", "--1", "0x10", "1_000", "nan", "inf", " 1", "1 ", "1.2.3",
            "1e5.0",
        ] {
            assert_eq!(canonical(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn different_numbers_have_different_forms(a in -2000_i64..2000, b in -2000_i64..2000, p in -3..3_i32, q in -3..3_i32) {
            let (one, other) = (format!("{a}e{p}"), format!("{b}e{q}"));
            let equal = Decimal::parse(&one).unwrap() == Decimal::parse(&other).unwrap();
            prop_assert_eq!(canonical(&one) == canonical(&other), equal);
        }

        #[test]
        fn the_form_is_its_own_form(text in "-?[0-9]{1,30}(\\.[0-9]{0,30})?([eE][-+]?[0-9]{1,4})?") {
            let form = canonical(&text).unwrap();
            prop_assert_eq!(canonical(&form), Some(form.clone()));
        }
    }
}
