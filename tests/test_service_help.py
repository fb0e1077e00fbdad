"""HELP of the services: every command is listed, and has a text of its own."""
import re

import pytest

from accounts import CHEAP
from irc import ROOT

SERVICES = ("NickServ", "ChanServ", "HostServ", "HistServ")


def commands(service):
    """The commands in the source, and whether they are for operators only."""
    source = (ROOT / f"src/chat/cmd/{service.lower()}.c").read_text()
    table = re.search(r"service_command commands\[\] = \{\n(.*?)\n\};", source, re.S)[1]
    return {name: "SERVICE_OPER" in flags for name, flags in re.findall(r'^\t\{"([A-Z]+)", \d+, ([^,]*),', table, re.M)}


def told(client, service, text):
    client.send(f"PRIVMSG {service} :{text}")
    lines = client.sync()
    assert all(m.command == "NOTICE" and m.nick == service for m in lines), lines
    return [m.params[1] for m in lines]


@pytest.fixture
def people(make_server):
    server = make_server(**{**CHEAP, "oper.boss.password": "plain:boss"})
    boss, guest = server.client("boss"), server.client("guest")
    boss.send("OPER boss boss")
    boss.expect("381")
    boss.sync()
    return boss, guest


@pytest.mark.parametrize("service", SERVICES)
def test_every_command_is_listed_and_has_a_text_of_its_own(people, service):
    boss, guest = people
    names = commands(service)
    assert len(names) > 0
    listed = {who: [line.split()[0] for line in told(c, service, "HELP")[1:]] for who, c in (("boss", boss), ("guest", guest))}
    assert listed["boss"] == list(names)
    assert listed["guest"] == [name for name, oper in names.items() if not oper]
    texts = []
    for name in names:
        usage, text = told(boss, service, f"HELP {name}")
        assert usage.split()[0] == name and text.endswith(".") and len(text) > 8, name
        assert told(boss, service, f"help {name.lower()}") == [usage, text]
        texts.append(text)
    assert len(set(texts)) == len(texts), "two commands have one text"


@pytest.mark.parametrize("service", SERVICES)
def test_without_a_command_and_for_an_unknown_one_the_list_is_shown(people, service):
    guest = people[1]
    listed = told(guest, service, "HELP")
    assert listed[0].startswith(f"{service} ") and told(guest, service, "HELP NONSENSE") == listed
    assert told(guest, service, "NONSENSE") == ["There is no such command. Try HELP."]
    for name, oper in commands(service).items():
        if oper:
            assert told(guest, service, f"HELP {name}") == listed, name
