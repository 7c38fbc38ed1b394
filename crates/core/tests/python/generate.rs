//! Expressions by chance, each of them Python by its grammar, the same for the same seed.

/// Makes one expression.
pub(crate) struct Generator {
    state: u64,
    /// How many parts may still be nested.
    room: u32,
    /// How many powers may still be taken: of powers of powers nobody sees the end.
    powers: u32,
    /// Whether only numbers are in it: most that mixes kinds is an error.
    is_numeric: bool,
}

/// No longer than this: what is longer is refused, which is meant.
const LONGEST: usize = 500;

/// Small numbers, numbers at the edges, and the ways to write them.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "5",
    "7",
    "10",
    "-1",
    "-2",
    "-7",
    "0.5",
    "0.1",
    "1.5",
    "2.5",
    "-0.5",
    "0.0",
    "-0.0",
    "1e-3",
    "1E3",
    "1e16",
    "1e-7",
    "1.0e+2",
    "2.675",
    "1e308",
    "5e-324",
    "1_000",
    "12345678901234567890",
    "170141183460469231731687303715884105727",
    "9007199254740993",
    "128000",
    "0x1F",
    "0b101",
    "0o17",
];
const EXPONENTS: &[&str] = &[
    "0", "1", "2", "3", "10", "-1", "-2", "0.5", "-0.5", "layers", "zero", "lr", "minus", "on", "64", "127",
];
const TEXTS: &[&str] = &[
    "''",
    "'a'",
    "\"sgd\"",
    "'12'",
    "' 7 '",
    "'1.5'",
    "'1e3'",
    "'é'",
    "'it\\'s'",
    "'a\\nb'",
    "'inf'",
    "'1_0'",
    "'\\\\'",
    "'nan'",
    "'0x10'",
    "'-3'",
    "'sg'",
    "\"it's\"",
    "'say \"hi\"'",
    "'\\t'",
];
/// The numbers among them first.
const NAMES: &[&str] = &[
    "lr", "tiny", "zero", "layers", "minus", "large", "huge", "opt", "empty", "on", "off", "sizes", "counts",
    "model",
];
const FUNCTIONS: &[&str] =
    &["abs", "min", "max", "round", "int", "float", "str", "len", "log", "log2", "log10", "exp", "sqrt"];

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d,
            room: 0,
            powers: 0,
            is_numeric: false,
        }
    }

    pub(crate) fn expression(&mut self) -> String {
        self.is_numeric = self.one_in(2);
        loop {
            self.room = self.below(4);
            self.powers = 2;
            let text = self.test();
            if text.len() <= LONGEST {
                return text;
            }
        }
    }

    /// Splitmix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.next() % u64::from(end)).unwrap()
    }

    fn one_in(&mut self, chances: u32) -> bool {
        self.below(chances) == 0
    }

    fn pick(&mut self, from: &[&str]) -> String {
        let place = self.below(u32::try_from(from.len()).unwrap());
        from[place as usize].to_owned()
    }

    fn test(&mut self) -> String {
        let then = self.disjunction();
        if self.one_in(8) {
            format!("{then} if {} else {}", self.disjunction(), self.test_inside())
        } else {
            then
        }
    }

    fn test_inside(&mut self) -> String {
        if self.room == 0 {
            return self.atom();
        }
        self.room -= 1;
        let test = self.test();
        self.room += 1;
        test
    }

    fn disjunction(&mut self) -> String {
        self.chain(6, &[" or "], Self::conjunction)
    }

    fn conjunction(&mut self) -> String {
        self.chain(6, &[" and "], Self::negation)
    }

    fn negation(&mut self) -> String {
        if self.one_in(10) { format!("not {}", self.negation()) } else { self.comparison() }
    }

    fn comparison(&mut self) -> String {
        let signs = [" == ", " != ", " < ", " <= ", " > ", " >= ", " in ", " not in "];
        self.chain(4, &signs, Self::sum)
    }

    fn sum(&mut self) -> String {
        self.chain(3, &[" + ", " - ", "-"], Self::product)
    }

    fn product(&mut self) -> String {
        self.chain(3, &[" * ", " / ", " // ", " % ", "*", "//"], Self::signed)
    }

    /// One part, or some of them with signs between.
    fn chain(&mut self, chances: u32, signs: &[&str], part: fn(&mut Self) -> String) -> String {
        let mut text = part(self);
        while self.one_in(chances) {
            text += &self.pick(signs);
            text += &part(self);
        }
        text
    }

    fn signed(&mut self) -> String {
        if self.one_in(8) { format!("-{}", self.signed()) } else { self.power() }
    }

    fn power(&mut self) -> String {
        let base = self.primary();
        if self.powers == 0 || !self.one_in(7) {
            return base;
        }
        self.powers -= 1;
        match self.below(4) {
            0 => format!("{base} ** {} ** {}", self.below(4), self.below(4)),
            _ => format!("{base} ** {}", self.pick(EXPONENTS)),
        }
    }

    fn primary(&mut self) -> String {
        if self.room == 0 {
            return self.atom();
        }
        match self.below(10) {
            0 => format!("({})", self.test_inside()),
            1 if !self.is_numeric => format!("[{}]", self.some(0, 3)),
            2 if !self.is_numeric => format!("({}, {})", self.test_inside(), self.some(0, 2)),
            3 | 4 => {
                let function = self.pick(FUNCTIONS);
                let arguments = if self.one_in(3) { self.some(1, 3) } else { self.some(1, 1) };
                format!("{function}({arguments})")
            }
            5 => format!(
                "{}[{}]",
                self.pick(&["sizes", "counts", "opt", "model", "(1, 2)", "'abc'"]),
                self.test_inside()
            ),
            _ => self.atom(),
        }
    }

    fn some(&mut self, least: u32, most: u32) -> String {
        let count = least + self.below(most - least + 1);
        (0..count).map(|_| self.test_inside()).collect::<Vec<_>>().join(", ")
    }

    fn atom(&mut self) -> String {
        match self.below(10) {
            0..=3 => self.pick(NUMBERS),
            _ if self.is_numeric => self.pick(&NAMES[..7]),
            4 | 5 => self.pick(TEXTS),
            6 => self.pick(&["True", "False", "None"]),
            _ => self.pick(NAMES),
        }
    }
}
