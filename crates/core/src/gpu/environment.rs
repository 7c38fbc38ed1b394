//! What a run is told of its GPUs: the variables that make all others invisible to it. Pure.

use super::{Gpu, Vendor};

/// Gives the variables for a run that holds these GPUs, never none.
///
/// NVIDIA's are named by UUID, in the order of the bus as nvidia-smi counts. AMD's runtime (`ROCr`) takes UUIDs too; what HIP
/// counts is what that leaves, and `PyTorch` wants `CUDA_VISIBLE_DEVICES` to agree with it where both are set.
pub fn variables(gpus: &[Gpu]) -> Vec<(&'static str, String)> {
    let join = |words: Vec<String>| words.join(",");
    let ids = join(gpus.iter().map(|gpu| gpu.id.0.clone()).collect());
    match gpus.first().map(|gpu| gpu.vendor) {
        None => Vec::new(),
        Some(Vendor::Nvidia) => {
            vec![("CUDA_VISIBLE_DEVICES", ids), ("CUDA_DEVICE_ORDER", "PCI_BUS_ID".to_owned())]
        }
        Some(Vendor::Amd) => {
            let counted = join((0..gpus.len()).map(|index| index.to_string()).collect());
            vec![
                ("ROCR_VISIBLE_DEVICES", ids),
                ("HIP_VISIBLE_DEVICES", counted.clone()),
                ("CUDA_VISIBLE_DEVICES", counted),
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::placement::tests::gpu;

    #[test]
    fn each_maker_has_its_own_variables() {
        let gpus = [gpu(1, 1024), gpu(3, 1024)];
        assert_eq!(
            variables(&gpus),
            [
                ("CUDA_VISIBLE_DEVICES", "GPU-0001,GPU-0003".to_owned()),
                ("CUDA_DEVICE_ORDER", "PCI_BUS_ID".to_owned())
            ]
        );
        let gpus = gpus.map(|gpu| Gpu { vendor: Vendor::Amd, ..gpu });
        assert_eq!(
            variables(&gpus),
            [
                ("ROCR_VISIBLE_DEVICES", "GPU-0001,GPU-0003".to_owned()),
                ("HIP_VISIBLE_DEVICES", "0,1".to_owned()),
                ("CUDA_VISIBLE_DEVICES", "0,1".to_owned())
            ]
        );
    }
}
