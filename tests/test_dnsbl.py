"""Addresses on DNS lists ([dnsbl]), with a DNS server on loopback."""
import socket
import threading

import accounts
import pytest

HERE = "127.0.0.2"  # of the client


class Dns:
    """Answers A questions from a table; a name that maps to None gets no answer."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.table, self.asked = {}, []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @property
    def at(self):
        return "127.0.0.1:%d" % self.sock.getsockname()[1]

    def run(self):
        while True:
            packet, peer = self.sock.recvfrom(4096)
            if packet == b"end":
                return
            labels, at = [], 12
            while packet[at]:
                labels.append(packet[at + 1:at + 1 + packet[at]].decode())
                at += 1 + packet[at]
            name, question = ".".join(labels), packet[12:at + 5]
            self.asked.append(name)
            address = self.table.get(name, "")
            if address is None:
                continue
            head = packet[:2] + (b"\x81\x80" if address else b"\x81\x83") + b"\0\1" + (b"\0\1" if address else b"\0\0") + b"\0\0\0\0"
            record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(address) if address else b""
            self.sock.sendto(head + question + record, peer)

    def close(self):
        port = self.sock.getsockname()[1]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"end", ("127.0.0.1", port))
        self.thread.join()
        self.sock.close()


@pytest.fixture
def dns():
    d = Dns()
    yield d
    d.close()


def lists(dns, **more):
    return {"dnsbl.servers": dns.at, "dnsbl.exempt": "127.0.0.1/32", "dnsbl.timeout": "20s", **more}


def name(server, zone):
    """The name by which the client's address is looked up."""
    address = server.tun.remote(HERE) if server.tun else HERE
    return ".".join(reversed(address.split("."))) + "." + zone


def begin(server, nick="ann"):
    c = server.connect(source=HERE)
    c.nick = nick
    c.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
    return c


def test_an_address_that_is_on_no_list_is_let_in(make_server, dns):
    server = make_server(**lists(dns, **{"dnsbl.refuse": "bl.example other.example"}))
    begin(server).expect("001")
    assert sorted(dns.asked) == sorted([name(server, "bl.example"), name(server, "other.example")])


def test_a_listed_address_is_refused_with_the_name_of_the_list(make_server, dns):
    server = make_server(**lists(dns, **{"dnsbl.refuse": "bl.example", "dnsbl.warn": "slow.example"}))
    dns.table[name(server, "bl.example")] = "127.0.0.9"
    dns.table[name(server, "slow.example")] = None
    lines = begin(server).expect_closed()
    assert any("Your address is listed in bl.example" in line for line in lines)
    assert not any(" 001 " in line for line in lines)


def test_a_list_may_demand_an_account(make_server, dns):
    server = make_server(**accounts.CHEAP, **lists(dns, **{"dnsbl.account": "bl.example"}))
    if not server.tun:
        accounts.new(server, "ann")
    else:
        a = accounts.new(server, "ann")
        a.close()
    dns.table[name(server, "bl.example")] = "127.0.0.9"
    c = server.connect(source=HERE)
    accounts.begin(c, "bob", ["standard-replies"])
    c.send("CAP END")
    c.expect("FAIL", "*", "ACCOUNT_REQUIRED_TO_CONNECT")
    c.expect_closed()
    accounts.login(server.connect(source=HERE), "ann2", "ann", "correct horse")


def test_operators_read_of_a_list_that_only_warns(make_server, dns):
    server = make_server(**lists(dns, **{"dnsbl.warn": "bl.example", "oper.root.password": "plain:pw"}))
    op = server.client("op")
    op.send("OPER root pw")
    op.expect("381")
    op.sync()
    dns.table[name(server, "bl.example")] = "127.0.0.9"
    begin(server).expect("001")
    assert "*** DNSBL: ann!" in op.expect("NOTICE").params[-1]


def test_answers_that_no_list_gives_do_not_count(make_server, dns):
    server = make_server(**lists(dns, **{"dnsbl.refuse": "a.example b.example"}))
    dns.table[name(server, "a.example")] = "192.0.2.1"
    dns.table[name(server, "b.example")] = "127.255.255.254"
    begin(server).expect("001")


def test_without_an_answer_the_client_is_let_in_and_counted(make_server, dns):
    server = make_server(**lists(dns, **{"dnsbl.refuse": "bl.example", "oper.root.password": "plain:pw", "dnsbl.timeout": "100ms"}))
    dns.table[name(server, "bl.example")] = None
    c = begin(server)
    c.expect("001")
    c.send("OPER root pw", "STATS z")
    assert any(m.params[-1] == "dnsbl-unanswered 1" or "dnsbl-unanswered" in " ".join(m.params) and m.params[-1].endswith("1")
               for m in c.sync() if m.command == "249")


def test_exempt_networks_are_not_looked_up(make_server, dns):
    server = make_server(**lists(dns, **{"dnsbl.refuse": "bl.example", "dnsbl.exempt": "0.0.0.0/0"}))
    begin(server).expect("001")
    assert dns.asked == []


def test_lines_that_come_meanwhile_wait(make_server, dns):
    server = make_server(**lists(dns, **{"dnsbl.refuse": "bl.example"}))
    c = begin(server)
    c.send("JOIN #x")
    c.expect("001")
    c.expect("JOIN", "#x")


def test_the_server_stops_while_a_question_is_open(make_server, dns):
    server = make_server(**lists(dns, **{"dnsbl.refuse": "bl.example"}))
    dns.table[name(server, "bl.example")] = None
    begin(server)
    other = server.connect()
    other.register("bob")
    assert server.stop() == 0
