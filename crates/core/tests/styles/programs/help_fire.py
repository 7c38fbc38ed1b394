import fire


def train(lr=0.1, batch_size: int = 8, amp=False, *, layers=4):
    """Trains a model."""


fire.Fire(train)
