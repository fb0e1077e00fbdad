"""`burble lab` as a test runs it."""
import os
import pathlib
import subprocess

BURBLE = os.path.abspath(os.environ["BURBLE"])
ROOT = pathlib.Path(__file__).resolve().parent.parent
# Where a scenario has run with the sanitizers already, the release build runs it again, if there is one: a tenth of the time.
FAST = str(ROOT / "build/burble") if (ROOT / "build/burble").exists() else BURBLE


def lab(*args, binary=BURBLE, **env):
    return subprocess.run([binary, "lab", *args], capture_output=True, text=True, timeout=1500, env={**os.environ, **env})


def names():
    return [line.split()[0] for line in lab("list").stdout.splitlines()]
