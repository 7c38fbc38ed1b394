"""What the runs of the fault tests execute: keeps a ledger of its own, outside of the store.

One file an execution, created exclusively; a line for each thing that happened, by the clock that cannot be set.
"""
import argparse
import os
import signal
import sys
import time

options = argparse.ArgumentParser()
options.add_argument("--seconds", type=float, default=0)
options.add_argument("--gate", help="go on until this file is there")
options.add_argument("--hang", type=int, default=0, help="never end by itself up to this attempt")
options.add_argument("--fail", type=int, default=0, help="exit with code 3 up to this attempt")
options.add_argument("--ignore-term", action="store_true")
options.add_argument("--end-on-term", action="store_true", help="exit with code 0 when told to end")
options.add_argument("--eat", type=int, default=0, help="megabytes of memory to take")
options.add_argument("--n")
options = options.parse_args()

run, attempt = os.environ["NEU_RUN_ID"], int(os.environ["NEU_ATTEMPT"])
name = f"{run}-{attempt}-{os.getpid()}-{time.monotonic_ns()}"
page = os.open(os.path.join(os.environ["LEDGER"], name), os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND)


def note(word):
    os.write(page, f"{time.monotonic_ns()} {word}\n".encode())


def on_term(number, frame):
    note("term")
    if options.end_on_term:
        note("ended 0")
        sys.exit(0)
    if not options.ignore_term:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)


signal.signal(signal.SIGTERM, on_term)
note("began")
print("attempt", attempt, "of", run, flush=True)
began = time.monotonic()
food = bytearray(options.eat << 20)
while (
    time.monotonic() - began < options.seconds
    or attempt <= options.hang
    or (options.gate and not os.path.exists(options.gate))
):
    note("lives")
    time.sleep(0.05)
code = 3 if attempt <= options.fail else 0
note(f"ended {code}")
sys.exit(code)
