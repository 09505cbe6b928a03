"""Runs the cases of a Python client and prints how each went: "ok NAME", "failed NAME: WHY"."""

import asyncio
import inspect
import os
import sys
import time
import traceback

BOOTSTRAP = sys.argv[-1]
DEADLINE = 20
_taken = 0


def unique(what):
    """A name that no other case has used: for topics, groups, transactional ids."""
    global _taken
    _taken += 1
    return f"{what}-py-{os.getpid()}-{int(time.time() * 1000)}-{_taken}"


def numbered(prefix, count):
    return [f"{prefix}-{index}-{'x' * 50}".encode() for index in range(count)]


def raises(expected, call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except expected:
        return
    raise AssertionError(f"{expected.__name__} was not raised")


def run(*cases):
    """Runs the cases one after the other; with names before the address, those alone."""
    names = sys.argv[1:-1]
    for case in cases:
        if names and case.__name__ not in names:
            continue
        try:
            result = case()
            if inspect.isawaitable(result):
                asyncio.run(asyncio.wait_for(result, 2 * DEADLINE))
            print(f"ok {case.__name__}", flush=True)
        except Exception as error:  # whatever it is belongs to the case
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith("checks.py")]
            where = ", ".join(str(frame.lineno) for frame in frames)
            why = f"{type(error).__name__} {error} at line {where}".replace("\n", " ")
            print(f"failed {case.__name__}: {why}", flush=True)
    # A client that was left behind must not keep the program.
    os._exit(0)
