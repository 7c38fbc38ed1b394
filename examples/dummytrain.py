"""Pretends to train: prints a loss for every step. Needs nothing but Python."""

import argparse
import math
import os
import time

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--steps", type=int, default=5)
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--layers", type=int, default=4)
parser.add_argument("--seconds", type=float, default=0.0, help="how long a step takes")
args = parser.parse_args()

run = os.environ.get("NEU_RUN_ID", "by hand")
print(f"run {run}: lr={args.lr} layers={args.layers} steps={args.steps}")
for step in range(1, args.steps + 1):
    loss = math.exp(-args.lr * step / args.layers)
    print(f"step {step}/{args.steps} loss {loss:.4f}")
    time.sleep(args.seconds)
