"""Results of loadgen into the Markdown of docs/bench/chat.md. Each figure is the median over the runs of a cell (and
over the rounds of each run); a cell that failed says so, one that was not run is a dash."""
import datetime
import os
import platform
import statistics
from pathlib import Path

import quiet
import servers
from rows import ROWS

MIB = 1048576
FANOUT = ["100x1", "100x10", "1kx1", "1kx10", "10kx1", "10kx10", "1kx1-window-1", "1kx1-20-a-second"]
LATENCY = ["100x1", "100x10", "1kx1", "1kx10", "1kx1-window-1", "1kx1-20-a-second", "100x10-beside-19k"]
PRIVATE = ["private", "private-one-by-one"]
CONNECT = ["connect-1k", "connect-10k", "connect-19k"]
IDLE = ["idle-10k", "idle-19k"]
RECEIPTS = ["receipts-100x10", "receipts-private"]


def brief(result):
    """One line for the terminal."""
    if not result["ok"]:
        return "FAILED: " + (result.get("failure") or result.get("first_violation") or "violations")
    if result["mode"] == "connect":
        return f"{result['registrations_per_s']:.0f}/s, {result['cpu_s_per_1000_registrations']:.3f} s per 1000"
    if result["mode"] == "churn":
        return f"{result['cycles_per_s']:.0f} cycles/s, {result['cpu_s_per_1000_cycles']:.3f} s per 1000"
    return " | ".join(f"{r['cpu_s_per_million']:.2f} s per million ({r['messages_per_read']:.0f})"
                      for r in result["rounds"])


class Results:
    """The runs of each cell."""

    def __init__(self, results):
        self.cells = {}
        for r in results:
            self.cells.setdefault((r["server"], r["row"]), []).append(r)
        self.servers = [s for s in servers.SERVERS if any(c[0] == s for c in self.cells)]
        self.rows = {c[1] for c in self.cells}

    def cell(self, server, row, text):
        """text(get) with get(field) = median of a field; fields of a round are found too, 'a.b' goes down."""
        runs = self.cells.get((server, row), [])
        good = [r for r in runs if r["ok"]]
        if not good:
            return "failed" if runs else "–"

        def values(run, field):
            key, _, below = field.partition(".")
            for where in [run] + run["rounds"]:
                if key in where:
                    yield where[key][below] if below else where[key]

        return text(lambda field: statistics.median([v for r in good for v in values(r, field)]))


def table(head, lines):
    rows = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(rows + ["| " + " | ".join(line) + " |" for line in lines]) + "\n"


def number(v, digits=2):
    return f"{v:,.{digits}f}"


def latency(get, field="latency_ms"):
    return " / ".join(number(get(f"{field}.{q}"), 1) for q in ("p50", "p99", "p999", "max"))


def grid(results, rows, text):
    """A table of servers by rows; rows that were not run at all are left out."""
    rows = [r for r in rows if r in results.rows]
    if not rows:
        return None
    lines = [[s] + [results.cell(s, r, text) for r in rows] for s in results.servers]
    return table(["server"] + rows, [line for line in lines if any(c != "–" for c in line[1:])])


def fanout_cpu(get):
    return f"{number(get('cpu_s_per_million'))} ({number(get('messages_per_read'), 0)})"


def joining(get):
    return f"{number(get('join_wall_s'), 1)} s / {number(get('join_cpu_s') * 1e6 / max(get('join_lines'), 1))}"


def memory_in_fanout(get):
    peak = get("peak_rss")
    if not peak:
        return "–"  # the server's processes were not watched
    return f"{number(peak / get('rss_connected'))} / {number(peak / get('rss_joined'))} ({number(peak / MIB, 1)} MiB)"


def private(get):
    return (f"{number(get('deliveries_per_s') / 1000, 0)} k/s, {number(get('cpu_s_per_million'))} "
            f"({number(get('messages_per_read'), 0)}), {latency(get)}")


def connecting(get):
    return (f"{number(get('registrations_per_s'), 0)} / {number(get('cpu_s_per_1000_registrations'), 3)} / "
            f"{number(get('registration_ms.p99'), 0)}")


def memory(get):
    return (f"{number(get('rss_per_connection'), 0)} B ({number(get('rss_start') / MIB, 1)} → "
            f"{number(get('rss_connected') / MIB, 1)} → {number(get('rss_closed') / MIB, 1)})")


def churn(get):
    return (f"{number(get('cycles_per_s'), 0)} / {number(get('cpu_s_per_1000_cycles'), 3)} / "
            f"{number(get('latency_ms.p50'), 1)} / {number(get('latency_ms.p99'), 1)}")


def idle(get):
    return (f"{number(100 * get('server_cpu_s') / get('wall_s'), 1)} % / {number(get('cpu_s_per_million'))} / "
            f"{latency(get)}")


def receipts(get):
    return f"{number(get('receipts_per_s'), 0)} / {number(get('cpu_s_per_million'))} / {latency(get)}"


SECTIONS = [
    ("Fan-out: server CPU seconds per million deliveries (messages per read)",
     "Columns: members x senders; a window of 16 lines per sender, except in the last two. Messages per read is what each "
     "client's `recv()` returned on average: the server's coalescing, and what piled up in the socket.", FANOUT, fanout_cpu),
    ("Fan-out: thousand deliveries per wall second",
     "One core for the server, one for the generator.", FANOUT,
     lambda get: number(get("deliveries_per_s") / 1000, 0)),
    ("Fan-out: latency in ms, p50 / p99 / p99.9 / max",
     "From the moment a line was sent (in the column of 20 a second: was due) to the moment its reader has it. The last "
     "column is 100x10 while 18,900 idle users are connected.", LATENCY, latency),
    ("Fan-out: highest memory against memory with all connected / with all joined, both idle",
     "RSS; a server that starts small moves this figure with little.", FANOUT, memory_in_fanout),
    ("Joining one channel: wall seconds / server CPU seconds per million JOIN lines",
     "The floors coalesce JOIN lines in every mode.", ["1kx1", "10kx1"], joining),
    ("Private messages: 100 pairs both ways",
     "Deliveries per second, server CPU seconds per million (messages per read), latency in ms p50 / p99 / p99.9 / max; a "
     "window of 16, and one message at a time each way.", PRIVATE, private),
    ("Receipts: echo-message asked for",
     "Receipts per second / server CPU seconds per million lines received / latency of all lines in ms p50 / p99 / p99.9 / "
     "max. burble-history gives a receipt after the commit to disk.", RECEIPTS, receipts),
    ("Connecting: registrations per second / server CPU seconds per 1,000 / p99 of connect to 001 in ms",
     "ngircd has a backlog of 10, so it gets 8 connections at a time; inspircd registers once a second, so it gets 3,000.",
     CONNECT, connecting),
    ("Memory: RSS bytes per idle registered user (MiB: start → all connected → 3 s after all have closed)", "",
     CONNECT, memory),
    ("Churn: cycles per second / server CPU seconds per 1,000 / cycle in ms p50 / p99",
     "Connect, register, JOIN, PART, QUIT in 64 slots (inspircd: 1,000) over 100 channels.", ["churn"], churn),
    ("Join and part: server CPU seconds per million lines (messages per read)",
     "10 channels of 90 who stay and 10 who JOIN and PART 100 times each; those who stay check every line.",
     ["joinpart"], fanout_cpu),
    ("Mostly idle: core used / server CPU seconds per million deliveries / latency in ms p50 / p99 / p99.9 / max",
     "100 of the connected users chat: 10 senders, 10 lines a second each, 9,900 deliveries a second.", IDLE, idle),
    ("The generator's own CPU seconds per million deliveries",
     "Where this is near the server's, the rate per wall second is the generator's limit and not the server's.", FANOUT,
     lambda get: number(get("generator_cpu_s_per_million"))),
]


def cpu_model():
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def memory_total():
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def header(results, kept, command, absent):
    runs = max(r["run"] for r in kept) + 1
    deliveries = sum(r["deliveries"] for k in kept for r in k["rounds"])
    lines = [
        "# The chat server beside its peers and the floors", "",
        f"Made by `{command}` on {datetime.date.today()}: {runs} run(s) of each cell, medians, a fresh server for each run, "
        "the server pinned to one CPU and the generator to another, limits of all servers switched off "
        "(bench/servers.py, bench/unlimited.conf). What the tools do: bench/README.md.", "",
        f"- Linux {platform.release()}, {os.cpu_count()} CPUs ({cpu_model()}), {memory_total()} GiB",
        f"- {', '.join(servers.versions())}",
        "- `floor-*`: a server that does nothing but epoll and sending: `write` one `send()` per recipient and message, "
        "`batch` one per recipient for all that one turn of the loop read, `uring` and `uring-batch` the same with io_uring",
        f"- {len(kept)} runs, {deliveries:,} deliveries, every one checked. {verdict(kept)}",
        f"- {disturbance(kept)}",
    ]
    lines += [f"- {name} was not run: {why}" for name, why in absent.items()]
    skipped = [f"{s}: {', '.join(rows)}" for s, rows in left_out(results).items()]
    if skipped:
        lines.append(f"- Left out because joining alone takes minutes (bench/rows.py): {'; '.join(skipped)}")
    return lines + [""]


def disturbance(kept):
    """What else ran on the two CPUs (quiet.py)."""
    again = sum(1 for k in kept if k.get("again"))
    still = sum(1 for k in kept if k.get("disturbed", 0) > quiet.ENOUGH)
    return (f"{again} run(s) were made again because server or generator had waited for its CPU more than "
            f"{100 * quiet.ENOUGH:.0f} % of the time; of the runs that count, {still} still had.")


def left_out(results):
    """Rows that a peer does not get although others did."""
    out = {}
    for s in results.servers:
        rows = [r for r in FANOUT if r in results.rows and s in ROWS[r].without]
        if rows:
            out[s] = rows
    return out


def verdict(kept):
    """What the checks found, by server."""
    kinds = ("lost", "doubled", "reordered", "altered", "misrouted")
    words = []
    for s in dict.fromkeys(k["server"] for k in kept):
        bad = {kind: sum(k.get(kind, 0) for k in kept if k["server"] == s) for kind in kinds}
        words += [f"{s}: {n} {kind}" for kind, n in bad.items() if n]
        failures = [f"{k['row']} ({k.get('failure') or 'violations'})" for k in kept if k["server"] == s and not k["ok"]]
        if failures:
            words.append(f"{s} failed: " + ", ".join(dict.fromkeys(failures)))
    return "; ".join(words) + "." if words else "0 lost, 0 doubled, 0 reordered, 0 altered, 0 misrouted."


def write(path, kept, command, absent):
    results = Results(kept)
    lines = header(results, kept, command, absent)
    for title, note, rows, text in SECTIONS:
        body = grid(results, rows, text)
        if body:
            lines += [f"## {title}", ""] + ([note, ""] if note else []) + [body]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines))
