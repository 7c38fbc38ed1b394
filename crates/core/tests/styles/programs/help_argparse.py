import argparse

parser = argparse.ArgumentParser(description="Trains a model.")
parser.add_argument("--lr", type=float, default=0.1, help="learning rate")
parser.add_argument("-b", "--batch_size", type=int)
parser.add_argument("--layers", type=int, choices=[4, 8, 16])
parser.add_argument("--amp", action=argparse.BooleanOptionalAction)
parser.add_argument("--optim.lr", type=float)
parser.parse_args()
