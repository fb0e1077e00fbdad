"""Mail: verification of accounts, new addresses and passwords, by SMTP and by a program; what may be asked for, and how often."""
import sys
import time

import pytest

from accounts import CAPS, CHEAP, authenticate, begin, login, outcome, plain
from mailbox import Mailbox, authority, code_in
from irc import PATIENCE
from test_accounts import fails, wait_told


@pytest.fixture
def mailbox():
    m = Mailbox()
    yield m
    m.close()


@pytest.fixture
def mailing(make_server, mailbox):
    def start(**more):
        return make_server(**{**CHEAP, "accounts.mail_url": mailbox.url, "accounts.mail_from": "irc@example.com",
                              "accounts.mail_tls": "no", **more})
    return start


def asked(client, name, address, password="correct horse"):
    client.send(f"REGISTER {name} {address} :{password}")
    return client.expect("REGISTER", "VERIFICATION_REQUIRED", name)


def logged(server, event):
    """The line of the log with that event, once it is there."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = [line for line in server.log.read_text().splitlines() if event in line]
        if found:
            return found[0]
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.01)


def sasl(server, name, password):
    c = begin(server.connect(), "x")
    authenticate(c, "PLAIN", plain(name, password))
    result = outcome(c)
    c.close()
    return result


def test_an_account_is_of_use_once_its_code_came_by_mail(mailing, mailbox):
    s = mailing()
    c = s.connect()
    c.send("CAP LS 302")
    assert "email-required" in c.expect("CAP").params[-1]
    c = s.client("ann", CAPS)
    fails(c, "REGISTER ann * :correct horse", "INVALID_EMAIL")
    asked(c, "ann", "ann@example.com")
    message = mailbox.next()
    head, text = message.split("\r\n\r\n", 1)
    assert "From: irc@example.com" in head and "To: ann@example.com" in head and "Message-ID: <" in head and "Date: " in head
    assert "MAIL FROM:<irc@example.com>" in mailbox.commands and "RCPT TO:<ann@example.com>" in mailbox.commands
    assert sasl(s, "ann", "correct horse") == "902"
    fails(s.client("bob", CAPS), "REGISTER bob ANN@example.com :correct horse", "UNACCEPTABLE_EMAIL")
    fails(c, "VERIFY ann aaaaaaaaaaaaaaaa", "INVALID_CODE")
    s.kill()
    s.start()
    c = begin(s.connect(), "ann")
    c.send(f"VERIFY ann {code_in(text)}")
    c.expect("VERIFY", "SUCCESS", "ann")
    c.expect("900")
    assert sasl(s, "ann", "correct horse") == "903"
    fails(s.client("carl", CAPS), f"VERIFY ann {code_in(text)}", "INVALID_CODE")
    assert code_in(text) not in s.log.read_text() and "ann@example.com" not in s.log.read_text()


def test_a_password_is_reset_by_mail_and_sessions_end(mailing, mailbox):
    s = mailing()
    ann = s.client("ann", CAPS)
    asked(ann, "ann", "ann@example.com")
    assert "confirmed" in wait_told(ann, f"VERIFY ann {code_in(mailbox.next())}")
    thief = login(s.connect(), "thief", "ann", "correct horse")
    bob = s.client("bob")
    known, unknown = wait_told(bob, "SENDPASS ann"), wait_told(bob, "SENDPASS nobody")
    assert known == unknown and "on its way" in known
    code = code_in(mailbox.next())
    assert "wrong or has expired" in wait_told(bob, "RESETPASS ann aaaaaaaaaaaaaaaa new-password")
    assert "too short" in wait_told(bob, f"RESETPASS ann {code} x")
    assert "is changed" in wait_told(bob, f"RESETPASS ann {code} new-password")
    thief.expect("901")
    assert sasl(s, "ann", "correct horse") == "904" and sasl(s, "ann", "new-password") == "903"
    assert "wrong or has expired" in wait_told(bob, f"RESETPASS ann {code} other-password")


def test_a_new_address_is_confirmed_before_it_counts(mailing, mailbox):
    s = mailing(**{"accounts.mail_required": "no"})
    ann = s.client("ann", CAPS)
    ann.send("REGISTER ann * :correct horse")
    ann.expect("REGISTER", "SUCCESS")
    assert "no mail address" in wait_told(ann, "SET EMAIL a@b")
    assert "on its way" in wait_told(ann, "SET EMAIL ann@example.com")
    code = code_in(mailbox.next())
    assert "Mail" not in wait_told(ann, "INFO")
    assert "wrong" in wait_told(s.client("bob"), f"VERIFY ann {code}")
    assert "confirmed" in wait_told(ann, f"VERIFY ann {code}")
    assert "Mail: ann@example.com\n" in wait_told(ann, "INFO")


def test_mail_to_an_address_and_requests_of_a_client_are_few(mailing, mailbox):
    s = mailing(**{"accounts.mail_rate": "2", "accounts.per_mail": "0", "accounts.register_rate": "6"})
    ann = s.client("ann", CAPS)
    asked(ann, "ann", "ann@example.com")
    for _ in range(4):
        assert "is on its way" in wait_told(ann, "RESEND ann")
    first, second = mailbox.next(), mailbox.next()
    fails(s.client("bob", CAPS), "REGISTER bob Ann@example.com :correct horse", "UNACCEPTABLE_EMAIL")
    assert "Too many requests" in wait_told(ann, "SENDPASS ann")
    assert "wrong" in wait_told(ann, f"VERIFY ann {code_in(first)}") and mailbox.messages.empty()
    assert "confirmed" in wait_told(ann, f"VERIFY ann {code_in(second)}")


def test_codes_are_guessed_a_few_times_only(mailing, mailbox):
    s = mailing(**{"limits.password_rate": "7"})
    asked(s.client("ann", CAPS), "ann", "ann@example.com")
    mailbox.next()
    guesser = begin(s.connect(), "x")
    for i in range(5):
        fails(guesser, f"VERIFY ann aaaaaaaaaaaaaaa{i + 2}", "INVALID_CODE")
    guesser.send("VERIFY ann aaaaaaaaaaaaaaaa")
    assert "Too many passwords" in guesser.expect_closed()[-1]
    guesser = begin(s.connect(), "x")
    for _ in range(2):
        fails(guesser, "VERIFY ann aaaaaaaaaaaaaaab", "INVALID_CODE")
    assert "your address" in fails(guesser, "VERIFY ann aaaaaaaaaaaaaaab", "TEMPORARILY_UNAVAILABLE").params[-1]


def test_no_header_or_command_gets_in_by_an_address(mailing, mailbox):
    s = mailing()
    c = s.client("ann", CAPS)
    for address in ("a@example.com>", "a@example.com,b@example.com", "<a@example.com>", "a", "a@[1.2.3.4]", "\u00e4@example.com",
                    "a@example.com\tBcc:b@example.com", "a" * 65 + "@example.com", "a@" + "b." * 130 + "com", "a@localhost"):
        fails(c, f"REGISTER ann {address} :correct horse", "INVALID_EMAIL")
    assert mailbox.messages.empty()


def test_mail_goes_to_a_program_that_gets_no_shell(make_server, tmp_path):
    out = tmp_path / "mail"
    program = tmp_path / "mailer.py"
    program.write_text("import os, sys\nopen(sys.argv[1] + '.part', 'wb').write(sys.stdin.buffer.read())\n"
                       "os.rename(sys.argv[1] + '.part', sys.argv[1])\nassert sys.argv[2:] == ['$HOME;', 'x']\n")
    s = make_server(**{**CHEAP, "accounts.mail_command": f"{sys.executable} {program} {out} $HOME; x",
                       "accounts.mail_from": "irc@example.com"})
    c = s.client("ann", CAPS)
    asked(c, "ann", "ann@example.com")
    logged(s, "mail.sent")
    message = out.read_text()
    assert "\r" not in message and message.startswith("From: irc@example.com\nTo: ann@example.com\n")
    assert "confirmed" in wait_told(c, f"VERIFY ann {code_in(message)}")


def test_a_mail_that_cannot_be_sent_is_in_the_log(mailing):
    s = mailing(**{"accounts.mail_url": "smtp://127.0.0.1:1"})
    asked(s.client("ann", CAPS), "ann", "ann@example.com")
    assert "onnect" in logged(s, "mail.failed")


def test_without_starttls_nothing_is_sent_but_by_permission(mailing, mailbox, tmp_path):
    s = mailing(**{"accounts.mail_tls": "yes"})
    asked(s.client("ann", CAPS), "ann", "ann@example.com")
    logged(s, "mail.failed")
    assert mailbox.messages.empty()
    secret = tmp_path / "secret"
    secret.write_text("open sesame\n")
    mailbox.password = "open sesame"
    t = mailing(**{"accounts.mail_user": "irc", "accounts.mail_password_file": str(secret)})
    asked(t.client("ann", CAPS), "ann", "ann@example.com")
    mailbox.next()
    assert "AUTH PLAIN" in mailbox.commands and "AGlyYwBvcGVuIHNlc2FtZQ==" in mailbox.commands


def test_mail_goes_by_starttls_to_a_server_whose_certificate_is_of_the_named_authority(mailing, tmp_path):
    ca, pair = authority(tmp_path)
    box = Mailbox(tls=pair)
    url = box.url.replace("127.0.0.1", "localhost")
    s = mailing(**{"accounts.mail_url": url, "accounts.mail_tls": "yes", "accounts.mail_ca": str(ca)})
    c = s.client("ann", CAPS)
    asked(c, "ann", "ann@example.com")
    assert "confirmed" in wait_told(c, f"VERIFY ann {code_in(box.next())}")
    assert "STARTTLS" in box.commands and logged(s, "mail.sent")
    box.commands.clear()
    stranger = mailing(**{"accounts.mail_url": url, "accounts.mail_tls": "yes"})  # who trusts the system's authorities only
    asked(stranger.client("bob", CAPS), "bob", "bob@example.com")
    assert "certificate" in logged(stranger, "mail.failed")
    (tmp_path / "other").mkdir()
    wrong = authority(tmp_path / "other", "mail.example.org")
    box.tls = wrong[1]
    named = mailing(**{"accounts.mail_url": url, "accounts.mail_tls": "yes", "accounts.mail_ca": str(wrong[0])})
    asked(named.client("eve", CAPS), "eve", "eve@example.com")
    logged(named, "mail.failed")  # its name is another
    assert box.messages.empty()
    box.close()
