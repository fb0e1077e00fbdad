"""A server that was away while more was said than the others keep in memory gets it out of their databases."""

from test_cluster import both, engine, history, nodes, pytestmark, sees, until  # noqa: F401 (fixtures)

LINES = 48_000  # of 400 bytes: more than the 16 MiB that a server keeps


def page(client, before):
    client.send(f"CHATHISTORY BEFORE #x msgid={before} 1000")
    client.expect("BATCH")
    found = []
    while (m := client.message()).command != "BATCH":
        if m.command == "PRIVMSG":
            found.append((m.tags["msgid"], m.params[-1][:6]))
    return found


def whole_history(client):
    found = [(id, text[:6]) for _, text, id in history(client)]
    while found and (more := page(client, found[0][0])):
        found = more + found
    return found


def test_a_server_gets_what_no_other_has_in_memory_any_more(nodes, tmp_path):  # noqa: F811
    a, b, ann, bob = both(lambda number: nodes(number, **{"limits.flood_burst": 1000000, "limits.flood_rate": 0,
                                                          "history.page": 1000, "limits.sendq": "64M"}))
    b.kill()
    ann.expect("QUIT")
    for first in range(0, LINES, 1000):
        ann.send(*[f"PRIVMSG #x :{i:06} {'x' * 380}" for i in range(first, first + 1000)])
    ann.sync()
    b.start()
    caps = ["batch", "message-tags", "server-time", "draft/chathistory"]
    c = b.client("cid", caps=caps)
    until(sees(c, "ann"))
    c.join("#x")
    until(lambda: (h := history(c)) and h[-1][1].startswith(f"{LINES - 1:06}"))
    assert [text for _, text in whole_history(c)] == [f"{i:06}" for i in range(LINES)]
