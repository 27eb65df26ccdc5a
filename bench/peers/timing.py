"""Times one action of a peer in its own process and prints the figures as one JSON line."""

import gc
import json
import os
import resource
import sys
import time
import warnings

warnings.simplefilter("ignore")


def bytes_read():
    """Bytes that this process asked of files so far."""
    with open("/proc/self/io") as file:
        return int(file.readline().split()[1])


def evict(path):
    """Drops a file's pages from the page cache; needs no rights."""
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


def peak_rss():
    """Peak resident bytes of this program. (ru_maxrss would count the parent's memory at the fork.)"""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def run(action, repeats, cold=None, digest=lambda value: value, budget=30.0, output=None):
    """`action` is called `repeats` times; once `budget` seconds are spent, no more. `digest` turns what it
    returns into a JSON value to be compared, outside of the time. `cold` names the file whose pages are dropped before
    each call, `output` a file that each call writes anew."""
    gc.collect()
    gc.disable()  # kerchunk with zarr 3 can wait for ever when the collector runs on zarr's thread (VirtualiZarr#1072)
    seconds, cpu, value, read = [], [], None, 0
    while len(seconds) < repeats and sum(seconds) < budget:
        if output and os.path.exists(output):
            os.remove(output)
        if cold:
            evict(cold)
        before_cpu, before_read, start = cpu_seconds(), bytes_read(), time.perf_counter()
        value = action()
        seconds.append(time.perf_counter() - start)
        cpu.append(cpu_seconds() - before_cpu)
        read = bytes_read() - before_read
    peak = peak_rss()
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, "bytes_read": read, "peak_rss": peak, "result": digest(value)}))
    sys.stdout.flush()
    os._exit(0)  # not to wait for idle threads of the libraries


def arguments():
    """(file, repeats, cold, others) from the command line: FILE REPEATS warm|cold [OTHERS ...]."""
    path, repeats, cold = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "cold"
    return path, repeats, path if cold else None, sys.argv[4:]
