import dataclasses

import tyro


@dataclasses.dataclass
class Optim:
    lr: float = 0.1
    weight_decay: float = 0.0


@dataclasses.dataclass
class Args:
    optim: Optim
    batch_size: int = 8
    amp: bool = False


tyro.cli(Args)
