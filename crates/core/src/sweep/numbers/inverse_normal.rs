//! The number below which a given part of the standard normal distribution lies.

/// The quantile of the standard normal distribution at a probability above 0 and below 1, to about 1 part in 10^16.
///
/// Algorithm AS 241 (PPND16) of Wichura, Applied Statistics 37 (1988), 477-484.
pub(super) fn inverse_normal(probability: f64) -> f64 {
    let from_middle = probability - 0.5;
    if from_middle.abs() <= 0.425 {
        let r = 0.180_625 - from_middle * from_middle;
        return from_middle * polynomial(MIDDLE_ABOVE, r) / polynomial(MIDDLE_BELOW, r);
    }
    let tail = if from_middle < 0.0 { probability } else { 1.0 - probability };
    let r = libm::sqrt(-libm::log(tail));
    let magnitude = if r <= 5.0 {
        polynomial(TAIL_ABOVE, r - 1.6) / polynomial(TAIL_BELOW, r - 1.6)
    } else {
        polynomial(FAR_ABOVE, r - 5.0) / polynomial(FAR_BELOW, r - 5.0)
    };
    if from_middle < 0.0 { -magnitude } else { magnitude }
}

/// Coefficients from the constant one on.
fn polynomial(coefficients: [f64; 8], at: f64) -> f64 {
    coefficients.into_iter().rev().fold(0.0, |sum, coefficient| sum * at + coefficient)
}

const MIDDLE_ABOVE: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const MIDDLE_BELOW: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_545,
];
const TAIL_ABOVE: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const TAIL_BELOW: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const FAR_ABOVE: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_BELOW: [f64; 8] = [
    1.0,
    0.599_832_206_555_887_9,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_forty_digits() {
        let known = [
            (1e-300, -37.047_096_299_361_2),
            (1e-17, -8.493_793_224_109_598),
            (1e-10, -6.361_340_902_404_056),
            (0.001, -3.090_232_306_167_813_5),
            (0.024_25, -1.972_961_051_311_884_8),
            (0.07, -1.475_791_028_179_170_7),
            (0.075, -1.439_531_470_938_456),
            (0.3, -0.524_400_512_708_040_8),
            (0.5, 0.0),
            (0.6, 0.253_347_103_135_799_7),
            (0.95, 1.644_853_626_951_472_3),
            (0.999, 3.090_232_306_167_813),
            (1.0 - f64::EPSILON / 2.0, 8.209_536_151_601_387),
        ];
        for (probability, quantile) in known {
            let error = (inverse_normal(probability) - quantile).abs();
            assert!(error <= 2e-15 * f64::abs(quantile), "{probability}: off by {error}");
        }
    }
}
