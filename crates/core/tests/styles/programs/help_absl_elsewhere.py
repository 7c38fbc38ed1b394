from absl import flags

flags.DEFINE_float("elsewhere", 0.1, "a flag of another module")
