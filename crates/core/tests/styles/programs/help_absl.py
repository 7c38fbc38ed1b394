from absl import app, flags

import help_absl_elsewhere  # noqa: F401

flags.DEFINE_float("lr", 0.1, "learning rate")
flags.DEFINE_integer("batch_size", 1, "size of a batch", short_name="b")
flags.DEFINE_boolean("amp", False, "mixed precision")

app.run(lambda _: None)
