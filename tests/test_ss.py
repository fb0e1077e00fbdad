"""`burble ss` beside iproute2's ss: the same server on burble's stack and on the kernel, the same clients, the same words."""
import json
import re
import socket
import time

import pytest

from irc import BURBLE
from looking import Stranger, look, needs_root, run, sides, syn, until  # noqa: F401 (sides is a fixture)

pytestmark = needs_root

# Words that depend on the moment, on the machine's speed, or on a newer ss than Debian's.
MOMENT = {"lastsnd", "lastrcv", "lastack", "app_limited", "busy", "delivery_rate", "cgroup", "rcv_wnd", "rehash", "rcv_rtt", "send",
          "pacing_rate", "rwnd_limited", "sndbuf_limited", "reordering", "reord_seen", "unacked", "notsent", "ssthresh", "dsack_dups",
          "delivered", "backoff", "uid"}
# Their values differ from run to run, or are of one of the two.
VALUES = MOMENT | {"rtt", "rto", "minrtt", "segs_in", "segs_out", "data_segs_out", "data_segs_in", "ino", "sk", "users", "timer",
                   "skmem", "rcv_ssthresh", "rcv_space", "snd_wnd", "ato"}


def tool(side, *args):
    """The side's ss, and its sockets on the server's port."""
    return side.tool("ss", *args) if side.tool is not look else look("ss", *args)


def words(text):
    """{word: value} of what follows the addresses; "pacing_rate 5Mbps" and "a:b" alike."""
    out, last = {}, None
    for token in text.split():
        if re.fullmatch(r"[\d.]+[kMGT]?bps(/\S+)?", token):
            out[last] = token
            continue
        name, _, value = token.partition(":")
        name = "congestion control" if name in ("cubic", "reno") else name
        out[name] = value
        last = name
    return out


def rows(side, *args):
    """The rows on the server's port, by the client's port: [state, recv-q, send-q, local, peer], words."""
    out = {}
    for line in tool(side, "-nOH", *args).splitlines():
        cells = line.split(None, 5)
        if not cells[0].isdigit() and cells[3].endswith(":6667"):
            out[int(cells[4].rpartition(":")[2].replace("*", "0"))] = cells[:5], words(cells[5] if len(cells) > 5 else "")
    return out


def port(client):
    return client.sock.getsockname()[1]


def names(found, besides=MOMENT):
    return [w for w in found if w not in besides]


def compare(pair, values=True):
    """The same words in the same order; the same values, but for those of the moment."""
    (ours, our_words), (theirs, their_words) = pair
    assert ours[:3] == theirs[:3]
    assert names(our_words) == names(their_words)
    if values:
        assert {w: v for w, v in our_words.items() if w not in VALUES} == \
            {w: v for w, v in their_words.items() if w not in VALUES}


def settled(sides, clients):
    """Both sides have acknowledged all."""
    for c in clients:
        c.sync()
    time.sleep(0.5)


def test_connections_have_the_words_and_values_of_the_kernels(sides):  # noqa: F811
    clients = [side.client("alice") for side in sides.both]
    settled(sides, clients)
    for args in (["-t"], ["-ti"], ["-tm"], ["-to"], ["-te"], ["-tinmoe"]):
        pair = [rows(side, *args)[port(c)] for side, c in zip(sides.both, clients)]
        compare(pair)
        assert pair[0][0][0] == "ESTAB"
    ours, theirs = pair[0][1], pair[1][1]
    assert re.fullmatch(r"\(r\d+,rb\d+,t\d+,tb\d+,f\d+,w\d+,o\d+,bl\d+,d\d+\)", ours["skmem"])
    assert ours["timer"].startswith("(keepalive,") and theirs["timer"].startswith("(keepalive,")
    assert ours["wscale"] == theirs["wscale"] and ours["bytes_sent"] == theirs["bytes_sent"]


def test_an_idle_connection_is_shown_and_not_woken(sides):  # noqa: F811
    c = sides.stack.client("alice")
    c.sync()
    time.sleep(0.5)
    first = rows(sides.stack, "-tie")[port(c)]
    time.sleep(0.3)
    second = rows(sides.stack, "-tie")[port(c)]
    assert int(second[1]["lastrcv"]) > int(first[1]["lastrcv"]) >= 300
    assert {w: v for w, v in first[1].items() if w not in MOMENT and w != "timer"} == \
        {w: v for w, v in second[1].items() if w not in MOMENT and w != "timer"}


def test_a_listener_shows_queue_and_backlog(sides):  # noqa: F811
    for args in (["-tl"], ["-ta"], ["-tli"], ["-tlm"]):
        ours, theirs = (rows(side, *args)[0] for side in sides.both)
        assert ours[0][:3] == theirs[0][:3] == ["LISTEN", "0", "4096"]
        assert names(ours[1]) == names(theirs[1])
        assert ours[0][4] == theirs[0][4] == "0.0.0.0:*"
    assert ours[1]["skmem"].split(",")[1:2] == theirs[1]["skmem"].split(",")[1:2]


def test_a_syn_that_nobody_follows_up_is_syn_recv(sides):  # noqa: F811
    stranger = Stranger()
    for side in sides.both:
        stranger.send(syn("198.51.100.9", side.server.host, 6667))
    for side in sides.both:
        cells, found = until(lambda s=side: rows(s, "-tano", "state", "all").get(40000))
        assert cells[:3] == ["SYN-RECV", "0", "0"]
        assert re.fullmatch(r"\(on,(\d+(\.\d{3})?ms|\d+sec),\d+\)", found["timer"])
        text = tool(side, "-tnH", "state", "syn-recv")
        assert "198.51.100.9:40000" in text and "LISTEN" not in text
    stranger.close()


def test_a_connection_closed_here_is_fin_wait_2_then_time_wait(sides):  # noqa: F811
    clients = [side.client("alice") for side in sides.both]
    ports = [port(c) for c in clients]
    for c in clients:
        c.send("QUIT")
        c.expect_closed()
    for side, p in zip(sides.both, ports):
        def acknowledged(side=side, p=p):  # a kernel may delay the ACK of the last line and the FIN
            row = rows(side, "-tano", "state", "all").get(p)
            return row if row and row[0][0] != "FIN-WAIT-1" else None

        cells, found = until(acknowledged)
        assert cells[:3] == ["FIN-WAIT-2", "0", "0"]
        assert re.fullmatch(r"\(timewait,(\d+sec|\d+\.\d+sec|1min),0\)", found["timer"])
    for c in clients:
        c.close()
    for side, p in zip(sides.both, ports):
        until(lambda s=side, q=p: rows(s, "-tan", "state", "time-wait") == {} and
              f":{q}" in tool(s, "-tnH", "state", "time-wait"))
        assert f":{p}" not in tool(side, "-tnH")
        assert re.search(rf":{p} +timer:\(timewait,(\d+sec|1min),0\)", tool(side, "-tnoHO", "state", "time-wait"))


def test_a_window_that_is_shut_is_a_persist_timer(sides):  # noqa: F811
    shut = []
    for side in sides.both:
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect((side.server.host, 6667))
        s.sendall(b"NICK a\r\nUSER a 0 * :a\r\n" + b"".join(b"PING :%0400d\r\n" % i for i in range(200)))
        shut.append(s)
    for side, s in zip(sides.both, shut):
        p = s.getsockname()[1]
        cells, found = until(lambda d=side, q=p: (r := rows(d, "-tio")[q]) and "persist" in r[1].get("timer", "") and r)
        assert cells[0] == "ESTAB" and int(cells[2]) > 0
        assert "notsent" in found
        s.close()


def test_columns_and_headers_are_those_of_ss(sides):  # noqa: F811
    clients = [side.client("alice") for side in sides.both]
    settled(sides, clients)
    for args in (["-tan"], ["-atn"], ["-lnt"], ["-n"], ["-tan", "state", "established"], ["-tunl"], ["-tp"]):
        ours, theirs = (tool(side, *args).splitlines()[0].replace("PortProcess", "Port Process").split() for side in sides.both)
        assert ours == theirs, args
    assert look("ss", "-tanH").count("\n") == 2
    assert ":ircd " in look("ss", "-tl")


def test_processes_are_the_instance_and_its_descriptors(sides):  # noqa: F811
    pid = sides.stack.server.process.pid
    assert re.search(rf'users:\(\("burble",pid={pid},fd=\d+\)\)', look("ss", "-tlnp"))
    assert re.search(r'users:\(\("burble",pid=\d+,fd=\d+\)\)', run("ss", "-tlnp").stdout)


def test_a_filter_selects_what_it_selects_in_ss(sides):  # noqa: F811
    clients = [side.client("alice") for side in sides.both]
    net = sides.device.net
    for text in ("sport = :6667", "sport = :6668", "dst {net}.0.0/16", "dst 10.0.0.0/32", "not sport = :6667",
                 "( sport = :6667 or sport = :1 ) and dst {net}.0.1", "dport > :1024 and src {net}.0.0/16", "dport < :1024",
                 "sport = :ircd", "sport eq :6667 dport ge :1", "src :6667", "dst [::1]"):
        found = []
        for side, c in zip(sides.both, clients):
            lines = tool(side, "-tnH", *text.format(net=net).split()).splitlines()
            found.append(any(f":6667 " in line and line.rstrip().endswith(f":{port(c)}") for line in lines))
        assert found[0] == found[1], text
    one = look("ss", "-tnH", f"( sport = :6667 and dst {net}.0.1:{port(clients[0])} )")
    assert one.count("\n") == 1
    for text in ("state established exclude established", "exclude listening"):
        ours, theirs = (tool(side, "-tnH", *text.split()) for side in sides.both)
        assert bool(ours) == bool(theirs), text


@pytest.mark.parametrize("args", (["bogus"], ["sport"], ["-Q"], ["state", "x"], ["fwmark = 1"], ["(", "sport", "1"]))
def test_what_is_wrong_on_the_command_line_exits_2(args):
    r = look("ss", *args, check=False)
    assert r.returncode == 2 and r.stdout == "" and r.stderr


def test_summary_counts_the_sockets(sides):  # noqa: F811
    sides.stack.client("alice").sync()
    ours = look("ss", "-s")
    assert "TCP:   2 (estab 1, closed 0, orphaned 0, timewait 0)" in ours
    theirs = run("ss", "-s").stdout
    shape = [re.sub(r"\d+", "N", line).split() for line in theirs.splitlines() if "RAW" not in line and "FRAG" not in line]
    assert [re.sub(r"\d+", "N", line).split() for line in ours.splitlines()] == shape


def test_json_is_a_line_for_each_row(sides):  # noqa: F811
    sides.stack.client("alice").sync()
    found = [json.loads(line) for line in look("ss", "-tai", "--json", "sport = :6667").splitlines()]
    assert sorted(r["state"] for r in found) == ["ESTAB", "LISTEN"]
    assert all(r["lport"] == 6667 and r["cc"] == "cubic" for r in found)


def test_tables_and_families_are_chosen_as_in_ss(sides):  # noqa: F811
    clients = [side.client("alice") for side in sides.both]
    settled(sides, clients)
    for args in (["-A", "tcp"], ["-A", "tcp,udp"], ["-A", "inet"], ["-A", "all,!udp"], ["-t", "-A", "udp"], ["-A", "udp", "-t"], ["--query=tcp"],
                 ["--socket=udp"], ["-A", "tcp", "-f", "inet"], ["-A", "tcp", "-f", "inet6"], ["-t", "--family=inet"]):
        ours, theirs = (len(re.findall(rf":6667 +\S+:{port(c)}\b", tool(side, "-Hn", *args))) for side, c in zip(sides.both, clients))
        assert ours == theirs, args
        if "all,!udp" not in args:  # the kernel has more tables, so that it names each
            assert tool(sides.stack, "-n", *args).split()[0] == tool(sides.kernel, "-n", *args).split()[0], args


@pytest.mark.parametrize("args", (["-A", "unix"], ["-A", ""], ["-A", "tcp,,udp"], ["-A", "tcp,!tcp"], ["-f", "link"], ["-A"]))
def test_a_table_or_family_that_is_not_there_is_refused(args):
    r = look("ss", *args, check=False)
    assert r.returncode == 2 and r.stdout == "" and r.stderr


def test_names_of_hosts_are_those_that_ss_shows(sides, tmp_path):  # noqa: F811
    clients = [side.client("alice") for side in sides.both]
    settled(sides, clients)
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{sides.stack.server.host} stack.example\n{sides.local} kernel.example\n")
    named = [run("unshare", "-m", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh", *command, "-tHrn").stdout
             for command in ([BURBLE, "ss"], ["ss"])]
    ours, theirs = ([line.split()[3:5] for line in text.splitlines() if f":{port(c)}" in line and line.split()[3].endswith(":6667")]
                    for text, c in zip(named, clients))
    assert ours == [["stack.example:6667", f"kernel.example:{port(clients[0])}"]]
    assert theirs == [["kernel.example:6667", f"kernel.example:{port(clients[1])}"]]
