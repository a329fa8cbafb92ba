"""Processes of this machine: whether one still lives."""

import os
import socket
from collections.abc import Callable, Mapping

import psutil


def this_process() -> dict:
    """Say which process this is, and on which machine."""
    return {"host": socket.gethostname(), "process": os.getpid()}


def living(there: Mapping) -> Callable[[], bool]:
    """Return what says whether a process, as `this_process` names it, still lives.

    One of another machine does, as far as is known. Another process that later has its number is
    not taken for it, whatever becomes of the clock.
    """
    if there["host"] != socket.gethostname():
        return lambda: True
    try:
        process = psutil.Process(there["process"])
    except psutil.NoSuchProcess:
        return lambda: False
    return lambda: _lives(process)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
