"""The rows of the tables: what loadgen is asked to do, for which servers, and for how long at most."""

FLOORS = {"floor-write", "floor-batch", "floor-uring", "floor-uring-batch"}
NO_ECHO = {"inspircd", "ngircd", "ircd-hybrid"}  # echo-message: not there, or a receipt of nothing that is kept

# 10,000 members join with 50 million JOIN lines: ngircd took 8.5 minutes and had not finished, ircd-hybrid sends each
# line by itself and takes over four minutes a run.
SLOW_JOIN = {"ngircd", "ircd-hybrid"}


class Row:
    def __init__(self, mode, *options, only=None, without=(), quick=True, limit=120):
        self.mode, self.options, self.only, self.without = mode, [str(o) for o in options], only, set(without)
        self.quick, self.limit = quick, limit

    def wants(self, server, quick):
        if quick and not self.quick:
            return False
        return (self.only is None or server in self.only) and server not in self.without


def fanout(conns, senders, messages, *more, **kw):
    """Memory with all joined is read after a second: what joining needed is not what idle members need."""
    return Row("fanout", "--conns", conns, "--senders", senders, "--messages", messages, "--settle", 1, *more, **kw)


BURBLES = {"burble", "burble-history"}
BATCHERS = BURBLES | {"floor-batch", "floor-uring-batch"}

ROWS = {
    # name: members x senders
    "100x1": fanout(100, 1, 20000),
    "100x10": fanout(100, 10, 500, "--rounds", 3),
    "1kx1": fanout(1000, 1, 500),
    "1kx10": fanout(1000, 10, 50, "--rounds", 3),
    "10kx1": fanout(10000, 1, 50, "--rounds", 3, without=SLOW_JOIN, quick=False, limit=240),
    "10kx10": fanout(10000, 10, 5, "--rounds", 3, without=SLOW_JOIN | {"floor-write", "floor-uring"}, quick=False,
                     limit=240),
    "1kx1-window-1": fanout(1000, 1, 200, "--window", 1),
    "1kx1-20-a-second": fanout(1000, 1, 100, "--rate", 20),
    "private": Row("private", "--conns", 200, "--messages", 2000),
    "private-one-by-one": Row("private", "--conns", 200, "--messages", 500, "--window", 1),
    "receipts-100x10": fanout(100, 10, 2000, "--echo", only=BATCHERS),
    "receipts-private": Row("private", "--conns", 200, "--messages", 1000, "--echo", only=BATCHERS),
    "connect-1k": Row("connect", "--conns", 1000, "--release"),
    "connect-10k": Row("connect", "--conns", 10000, "--release"),
    "connect-19k": Row("connect", "--conns", 19000, "--release", quick=False, limit=180),
    "churn": Row("churn", "--concurrency", 64, "--channels", 100, "--duration", 8),
    "joinpart": Row("joinpart", "--conns", 1000, "--channels", 10, "--senders", 10, "--messages", 100),
    "idle-10k": Row("idle", "--conns", 10000, "--members", 100, "--senders", 10, "--rate", 10, "--duration", 10),
    "idle-19k": Row("idle", "--conns", 19000, "--members", 100, "--senders", 10, "--rate", 10, "--duration", 10,
                    quick=False, limit=180),
    "100x10-beside-19k": fanout(19000, 10, 500, "--members", 100, "--channels", 1, "--rounds", 3, quick=False, limit=180),
}
