//! Which GPUs may be used: those of `--gpus`, within what the user's own `CUDA_VISIBLE_DEVICES` leaves. Pure.

use super::{Form, Gpu, Vendor, words};

/// What the user's environment says of GPUs, variable by variable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VisibleDevices {
    /// `CUDA_VISIBLE_DEVICES`.
    pub cuda: Option<String>,
    /// `ROCR_VISIBLE_DEVICES`.
    pub rocr: Option<String>,
    /// `HIP_VISIBLE_DEVICES`, which counts what the one before leaves.
    pub hip: Option<String>,
}

/// Why a choice of GPUs cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// `--gpus` names what is not there.
    #[error("`--gpus` names `{word}`, and {there}")]
    Unknown {
        /// The word.
        word: String,
        /// What is there.
        there: String,
    },
    /// `--gpus` names the beginning of several.
    #[error("`--gpus` names `{word}`, with which several begin: {several}")]
    Ambiguous {
        /// The word.
        word: String,
        /// What begins with it.
        several: String,
    },
    /// `--gpus` names none.
    #[error("`--gpus` names no GPU; write `--gpus 0,2`, with the indices or UUIDs of nvidia-smi")]
    Nothing,
    /// `--gpus` names what the environment forbids.
    #[error(
        "`--gpus` names GPU {label}, which `{variable}={value}` does not leave; unset it, or choose another"
    )]
    Hidden {
        /// The GPU.
        label: String,
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
    /// The environment leaves no GPU at all.
    #[error("`{variable}={value}` leaves no GPU; unset it to use those that there are")]
    AllHidden {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
}

/// Gives the GPUs that may be used, in the order of the machine.
pub fn usable<'a>(
    gpus: &'a [Gpu],
    allowed: Option<&str>,
    visible: &VisibleDevices,
) -> Result<Vec<&'a Gpu>, ChoiceError> {
    let all: Vec<&Gpu> = gpus.iter().collect();
    let limits = limits(gpus.first().map(|gpu| gpu.vendor), visible);
    let mut left = all.clone();
    for (variable, value) in &limits {
        left = in_order(&left, &seen_through(&left, value));
        if left.is_empty() && !all.is_empty() {
            return Err(ChoiceError::AllHidden { variable, value: (*value).to_owned() });
        }
    }
    let Some(allowed) = allowed else { return Ok(left) };
    let mut chosen = Vec::new();
    for word in allowed.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        for gpu in named(&all, word)? {
            if !left.contains(&gpu) {
                let (variable, value) =
                    limits.last().map_or(("", ""), |(variable, value)| (*variable, *value));
                let (label, value) = (gpu.label.clone(), value.to_owned());
                return Err(ChoiceError::Hidden { label, variable, value });
            }
            chosen.push(gpu);
        }
    }
    if chosen.is_empty() { Err(ChoiceError::Nothing) } else { Ok(in_order(&all, &chosen)) }
}

fn in_order<'a>(all: &[&'a Gpu], some: &[&'a Gpu]) -> Vec<&'a Gpu> {
    all.iter().copied().filter(|gpu| some.contains(gpu)).collect()
}

fn limits(vendor: Option<Vendor>, visible: &VisibleDevices) -> Vec<(&'static str, &str)> {
    let variables = match vendor {
        None => Vec::new(),
        Some(Vendor::Nvidia) => vec![("CUDA_VISIBLE_DEVICES", &visible.cuda)],
        Some(Vendor::Amd) => {
            vec![("ROCR_VISIBLE_DEVICES", &visible.rocr), ("HIP_VISIBLE_DEVICES", &visible.hip)]
        }
    };
    variables.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect()
}

/// Reads a variable as CUDA does: words up to the first that names nothing. Indices count cards in the order of nvidia-smi;
/// one in MIG mode stands for its slices.
fn seen_through<'a>(gpus: &[&'a Gpu], value: &str) -> Vec<&'a Gpu> {
    let one = |word: &str| {
        let found: Vec<&'a Gpu> = match word.parse::<usize>() {
            Ok(index) => {
                let mut cards: Vec<&str> = gpus.iter().copied().map(card).collect();
                cards.dedup();
                let is_meant = |gpu: &&&Gpu| cards.get(index) == Some(&card(gpu));
                gpus.iter().filter(is_meant).copied().collect()
            }
            Err(_) if word.is_empty() => Vec::new(),
            Err(_) => gpus.iter().copied().filter(|gpu| is_meant(gpu, word)).collect(),
        };
        (!found.is_empty()).then_some(found)
    };
    value.split(',').map(|word| one(word.trim())).take_while(Option::is_some).flatten().flatten().collect()
}

/// Tells what people call the card: `1` of `1:0`.
fn card(gpu: &Gpu) -> &str {
    gpu.label.split(':').next().unwrap_or_default()
}

fn named<'a>(all: &[&'a Gpu], word: &str) -> Result<Vec<&'a Gpu>, ChoiceError> {
    let those = |is_meant: &dyn Fn(&Gpu) -> bool| -> Vec<&'a Gpu> {
        all.iter().copied().filter(|gpu| is_meant(gpu)).collect()
    };
    let exactly = those(&|gpu| gpu.label == word || gpu.id.0 == word);
    let of_card = those(&|gpu| card(gpu) == word || matches!(&gpu.form, Form::Slice { of } if of.0 == word));
    for found in [exactly, of_card] {
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let found = those(&|gpu| word.len() > 4 && gpu.id.0.starts_with(word));
    match found.as_slice() {
        [_] => Ok(found),
        [] => Err(ChoiceError::Unknown { word: word.to_owned(), there: words::what_is_there(all) }),
        several => {
            let several: Vec<String> = several.iter().map(|gpu| gpu.id.to_string()).collect();
            Err(ChoiceError::Ambiguous { word: word.to_owned(), several: words::list(&several) })
        }
    }
}

/// A beginning of its UUID is enough, and that of a card in MIG mode stands for its slices.
fn is_meant(gpu: &Gpu, word: &str) -> bool {
    let is_of_card = match &gpu.form {
        Form::Card => false,
        Form::Slice { of } => of.0.starts_with(word),
    };
    is_of_card || gpu.id.0.starts_with(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::GpuId;
    use crate::gpu::placement::tests::gpu;

    fn labels(allowed: Option<&str>, cuda: Option<&str>) -> Result<String, String> {
        let gpus: Vec<Gpu> = (0..4).map(|index| gpu(index, 1024)).collect();
        let visible = VisibleDevices { cuda: cuda.map(str::to_owned), ..VisibleDevices::default() };
        let found = usable(&gpus, allowed, &visible).map_err(|error| error.to_string())?;
        Ok(found.iter().map(|gpu| gpu.label.as_str()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn without_a_choice_all_are_usable() {
        assert_eq!(labels(None, None).unwrap(), "0 1 2 3");
    }

    #[test]
    fn a_choice_names_indices_and_uuids() {
        assert_eq!(labels(Some("2,0"), None).unwrap(), "0 2");
        assert_eq!(labels(Some("GPU-0003, 1"), None).unwrap(), "1 3");
    }

    #[test]
    fn the_environment_limits_the_choice() {
        assert_eq!(labels(None, Some("3,1")).unwrap(), "1 3");
        assert_eq!(labels(None, Some("1,nonsense,2")).unwrap(), "1");
        assert_eq!(labels(None, Some("GPU-0002")).unwrap(), "2");
        assert_eq!(labels(Some("1"), Some("1,2")).unwrap(), "1");
    }

    #[test]
    fn choices_that_cannot_be_followed_are_told() {
        let told = [
            labels(Some("4"), None),
            labels(Some("GPU-00"), None),
            labels(Some(","), None),
            labels(Some("0"), Some("1,2")),
            labels(None, Some("")),
            labels(None, Some("-1")),
        ]
        .map(Result::unwrap_err);
        insta::assert_snapshot!(told.join("\n"), @r"
        `--gpus` names `4`, and there are 4: 0 (1G), 1 (1G), 2 (1G), 3 (1G)
        `--gpus` names `GPU-00`, with which several begin: GPU-0000, GPU-0001, GPU-0002 and GPU-0003
        `--gpus` names no GPU; write `--gpus 0,2`, with the indices or UUIDs of nvidia-smi
        `--gpus` names GPU 0, which `CUDA_VISIBLE_DEVICES=1,2` does not leave; unset it, or choose another
        `CUDA_VISIBLE_DEVICES=` leaves no GPU; unset it to use those that there are
        `CUDA_VISIBLE_DEVICES=-1` leaves no GPU; unset it to use those that there are
        ");
    }

    #[test]
    fn the_variables_of_the_other_maker_count_one_after_the_other() {
        let gpus: Vec<Gpu> = (0..4).map(|index| Gpu { vendor: Vendor::Amd, ..gpu(index, 1024) }).collect();
        let visible = VisibleDevices {
            cuda: Some(String::new()),
            rocr: Some("GPU-0001,GPU-0003".to_owned()),
            hip: Some("1".to_owned()),
        };
        assert_eq!(usable(&gpus, None, &visible).unwrap(), [&gpus[3]]);
    }

    #[test]
    fn the_index_of_a_card_stands_for_all_its_slices() {
        let slice = |index: u32, label: &str| Gpu {
            id: GpuId(format!("MIG-{index}")),
            label: label.to_owned(),
            form: Form::Slice { of: GpuId("GPU-0000".into()) },
            ..gpu(index, 1024)
        };
        let gpus = [slice(10, "0:0"), slice(11, "0:1"), gpu(1, 1024), gpu(2, 1024)];
        let chosen = |allowed: Option<&str>, cuda: Option<&str>| {
            let visible = VisibleDevices { cuda: cuda.map(str::to_owned), ..VisibleDevices::default() };
            let found = usable(&gpus, allowed, &visible).unwrap();
            found.iter().map(|gpu| gpu.label.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(chosen(None, Some("1")), "1");
        assert_eq!(chosen(None, Some("2,0")), "0:0 0:1 2");
        assert_eq!(chosen(Some("0,2"), None), "0:0 0:1 2");
        assert_eq!(chosen(Some("0:1"), Some("0")), "0:1");
        assert_eq!(chosen(Some("GPU-0000"), None), "0:0 0:1");
    }
}
