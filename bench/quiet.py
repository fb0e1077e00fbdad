"""Was the machine quiet? How long a server and its generator stood in line for their CPUs, as the scheduler counts it.

The figure of a run is the larger of two shares: of the time that the server wanted to run, what it had to wait, and the
same of the generator; what the hypervisor gave to others counts as waiting of both. Threads of one process wait for
each other: of a server that has several only the generator is judged.

Other tenants of the same host come and go in minutes: so a run does not begin while a loop that only counts is kept
waiting, and begins all the same after PATIENCE.
"""
import os
import time
from pathlib import Path

ENOUGH = 0.1  # a run that was disturbed more than this is made once more; the quieter one counts
PROBE = 0.3  # seconds for which a CPU is tried
PATIENCE = 120  # seconds to wait for a quiet moment


def ran_and_waited(pid):
    """Seconds that a process with one thread has run and has waited for a CPU; 0, 0 for one with more, or none."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        words = (tasks[0] / "schedstat").read_text().split()
        return (int(words[0]) / 1e9, int(words[1]) / 1e9) if len(tasks) == 1 else (0, 0)
    except (OSError, IndexError):
        return 0, 0


def stolen(cpus):
    """Seconds that the hypervisor has given to others, of all these CPUs."""
    names = {f"cpu{c}" for c in cpus}
    lines = [line.split() for line in Path("/proc/stat").read_text().splitlines()]
    return sum(int(w[8]) for w in lines if w and w[0] in names and len(w) > 8) / os.sysconf("SC_CLK_TCK")


def lost(cpu):
    """The share of its time that this process does not get on this CPU while it wants all of it."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    wall, own = time.monotonic(), time.process_time()
    while time.monotonic() < wall + PROBE:
        pass
    share = 1 - (time.process_time() - own) / (time.monotonic() - wall)
    os.sched_setaffinity(0, before)
    return share


def wait_for_quiet(cpus):
    """Returns when all these CPUs are free, or after PATIENCE."""
    end = time.monotonic() + PATIENCE
    while max(lost(int(c)) for c in cpus) > ENOUGH and time.monotonic() < end:
        time.sleep(3)


class Watch:
    """Starts when it is made."""

    def __init__(self, server, cpus):
        self.server, self.cpus = server, cpus
        self.before, self.steal = ran_and_waited(server), stolen(cpus)

    def share(self, generator):
        """Of a generator that runs or has ended, but has not been waited for."""
        steal = stolen(self.cpus) - self.steal
        server = [now - then for now, then in zip(ran_and_waited(self.server), self.before)]
        pairs = [p for p in (server, ran_and_waited(generator)) if p[0] > 0]
        return round(max([(waited + steal) / (ran + waited + steal) for ran, waited in pairs] + [0]), 4)


def wait_until_over(process, seconds):
    """True when the process has ended; it stays a zombie, so that /proc still tells of it."""
    end = time.monotonic() + seconds
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
