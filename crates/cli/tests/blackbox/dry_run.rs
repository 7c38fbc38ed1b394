//! `--dry-run`: what would happen, byte for byte, and nothing on disk.

use crate::kit::World;

/// The example of the document that the product comes from.
pub(crate) const SEED_CONFIG: &str = r#"{
  "local": {
    "cpu": { "env": "conda activate deep", "resources": "" },
    "gpu": { "env": "conda activate deep", "resources": "" }
  },
  "slurm": {
    "gpu": {
      "env": "source activate deep",
      "resources": {
        "time": "2-00:00:00",
        "account": "myproject",
        "partition": "big-gpu",
        "gres": "gpu:p100:1",
        "mem": "8000"
      }
    },
    "cpu": {
      "env": "source activate deep",
      "resources": {
        "time": "4-00:00:00",
        "account": "myproject",
        "partition": "big-mem",
        "mem": "16000"
      }
    }
  }
}
"#;

#[test]
fn the_seed_s_script_is_printed_byte_for_byte() {
    let world = World::new();
    world.file("config.json", SEED_CONFIG);
    world.file("dummytrain.py", "");
    let before = world.listing();
    let outcome = world.neurun("--dry-run slurm gpu dummytrain.py --lr=0.01").succeeded();
    assert_eq!(
        outcome.stdout,
        "#!/bin/bash\n#SBATCH --time=2-00:00:00\n#SBATCH --account=myproject\n#SBATCH --partition=big-gpu\n\
         #SBATCH --gres=gpu:p100:1\n#SBATCH --mem=8000\n\nsource activate deep\npython dummytrain.py --lr=0.01\n"
    );
    assert_eq!(outcome.stderr, "");
    assert_eq!(world.listing(), before);
}
