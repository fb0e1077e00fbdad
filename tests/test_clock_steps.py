"""The wall clock of a running server is set 40 days ahead and back: nothing is lost, and the future passes.

Time namespaces do not cover CLOCK_REALTIME, so a shared object, built here, overrides clock_gettime() of this one server and adds the offset in a file.
"""
import calendar
import struct
import subprocess
import time

import pytest

CAPS = ["draft/chathistory", "batch", "server-time", "message-tags", "echo-message"]
FORTY_DAYS = 40 * 86400
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static volatile long *ahead;

__attribute__((constructor)) static void open_it(void)
{
	int fd = open(getenv("CLOCK_AHEAD"), O_RDONLY | O_CLOEXEC);

	ahead = mmap(NULL, sizeof(*ahead), PROT_READ, MAP_SHARED, fd, 0);
	if (ahead == MAP_FAILED)
		abort();
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	static int (*real)(clockid_t, struct timespec *);

	if (!real)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	if (real(id, ts) != 0)
		return -1;
	if (id == CLOCK_REALTIME)
		ts->tv_sec += *ahead;
	return 0;
}
"""


class Clock:
    """The wall clock of one server."""

    def __init__(self, directory):
        self.file, source, self.shim = directory / "ahead", directory / "shim.c", directory / "shim.so"
        source.write_text(SHIM)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.shim, source, "-ldl"], check=True)
        self.file.write_bytes(struct.pack("q", 0))

    def prefix(self):
        return ("env", f"LD_PRELOAD={self.shim}", f"CLOCK_AHEAD={self.file}")

    def ahead(self, seconds):
        with open(self.file, "r+b") as f:
            f.write(struct.pack("q", seconds))


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


def at(message):
    """The time of a message, in seconds, less the present."""
    return calendar.timegm(time.strptime(message.tags["time"][:19], "%Y-%m-%dT%H:%M:%S")) - time.time()


def say(client, text):
    client.send(f"PRIVMSG #c :{text}")
    return client.expect("PRIVMSG", "#c", text)


def history(client):
    client.send("CHATHISTORY LATEST #c * 50")
    return [m for m in client.sync() if m.command == "PRIVMSG"]


def texts(messages):
    return [m.params[1] for m in messages]


def test_forty_days_ahead_and_back_delete_nothing(make_server, clock):
    server = make_server(prefix=clock.prefix(), **{"history.max_age": "30d"})
    a = server.client("a", CAPS)
    a.join("#c")
    say(a, "before")
    clock.ahead(FORTY_DAYS)
    time.sleep(3)
    assert abs(at(say(a, "in the future")) - FORTY_DAYS) < 60
    clock.ahead(0)
    time.sleep(2)
    for i in range(3):
        assert abs(at(say(a, f"after {i}"))) < 60
    said = history(a)
    assert set(texts(said)) == {"before", "in the future", "after 0", "after 1", "after 2"}
    assert [t for t in texts(said) if t.startswith("after")] == ["after 0", "after 1", "after 2"]
    server.stop()
    server.start()
    a = server.client("a", CAPS)
    a.join("#c")
    assert set(texts(history(a))) == set(texts(said))
    assert abs(at(say(a, "after a restart"))) < 60
