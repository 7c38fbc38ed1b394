//! `--name PATTERN`: a part of a name, or with `*` and `?` the whole of it, as a shell's pattern.

/// A pattern for names of launches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern(Vec<char>);

impl NamePattern {
    /// Reads a pattern; every text is one. Without `*` and `?` it is any part of the name.
    pub fn new(text: &str) -> Self {
        let is_glob = text.contains(['*', '?']);
        let text = if is_glob { text.to_owned() } else { format!("*{text}*") };
        Self(text.chars().collect())
    }

    /// Tells whether a name fits; case matters, as in file names.
    pub fn fits(&self, name: &str) -> bool {
        let (pattern, name) = (&self.0, name.chars().collect::<Vec<_>>());
        let (mut at, mut read) = (0, 0);
        // Where the last star stands, and how much of the name it has taken: the only place worth coming back to.
        let mut star: Option<(usize, usize)> = None;
        while read < name.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at, read));
                    at += 1;
                }
                Some(c) if *c == '?' || *c == name[read] => (at, read) = (at + 1, read + 1),
                _ => match star {
                    Some((place, taken)) => {
                        star = Some((place, taken + 1));
                        (at, read) = (place + 1, taken + 1);
                    }
                    None => return false,
                },
            }
        }
        pattern[at..].iter().all(|c| *c == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::NamePattern;

    #[test]
    fn a_part_or_a_pattern_of_the_whole() {
        let fits = |pattern: &str, name: &str| NamePattern::new(pattern).fits(name);
        for (pattern, name) in [
            ("ain", "train"),
            ("train", "train"),
            ("tr*", "train"),
            ("*a*n", "train"),
            ("t?ain", "train"),
            ("", "x"),
            ("ü?", "üa"),
            ("**", ""),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("tr", "Train"), ("rain*", "train"), ("t?in", "train"), ("*x", "train"), ("?", "")]
        {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!NamePattern::new(&"*a".repeat(500)).fits(&"a".repeat(499)));
        assert!(!NamePattern::new(&format!("{}b", "a*".repeat(50))).fits(&"a".repeat(3000)));
    }
}
