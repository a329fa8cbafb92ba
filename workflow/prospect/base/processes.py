"""Processes of this machine: whether one still lives."""

import os
import socket

import psutil


def this_process() -> dict:
    """Say which process this is, so that another one with its number is not taken for it."""
    began = psutil.Process().create_time()
    return {"host": socket.gethostname(), "process": os.getpid(), "began": began}


def may_live(there: dict) -> bool:
    """Return whether a process still lives, or cannot be known to: it is of another machine."""
    if there["host"] != socket.gethostname():
        return True
    try:
        process = psutil.Process(there["process"])
        # to the second: the clock that processes are dated by may be set
        same = abs(process.create_time() - there["began"]) < 1
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
