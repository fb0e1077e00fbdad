"""contrib/ldap-check against Debian's slapd: who has an entry and its password there has an account here."""
import shutil
import subprocess
from pathlib import Path

import pytest

from accounts import CHEAP, authenticate, begin, login, outcome, plain
from test_clients import wait_for
from test_tls import free_port

CHECK = Path(__file__).resolve().parent.parent / "contrib/ldap-check"
BASE = "dc=example,dc=org"
PROGRAMS = ("slapd", "slapadd", "ldapwhoami")

CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "{base}"
directory {home}
access to attrs=userPassword by anonymous auth by * none
access to * by * none
"""

ENTRIES = f"""
dn: {BASE}
objectClass: domain
dc: example

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: uid=ann,ou=people,{BASE}
objectClass: inetOrgPerson
uid: ann
cn: Ann
sn: Example
userPassword: correct horse
"""


def program(name):
    return shutil.which(name, path="/usr/sbin:/usr/bin")


@pytest.fixture
def directory(tmp_path):
    """The URI of an LDAP server, which ends with the test."""
    missing = [name for name in PROGRAMS if not program(name)]
    if missing:
        pytest.skip(f"{missing[0]} is not installed: tools/setup test")
    home, config, port = tmp_path / "ldap", tmp_path / "slapd.conf", free_port()
    home.mkdir()
    config.write_text(CONFIG.format(base=BASE, home=home))
    subprocess.run([program("slapadd"), "-f", config], input=ENTRIES, text=True, check=True, capture_output=True)
    uri = f"ldap://127.0.0.1:{port}"
    process = subprocess.Popen([program("slapd"), "-f", config, "-h", uri, "-d", "0"], stderr=subprocess.DEVNULL)
    try:
        wait_for("slapd", lambda: subprocess.run(["ldapwhoami", "-x", "-H", uri], capture_output=True, check=False).returncode == 0)
        yield uri
    finally:
        process.terminate()
        process.wait(30)


def test_who_is_in_the_directory_logs_in_with_the_password_there(directory, make_server):
    server = make_server(**CHEAP, **{"accounts.check_command": f"{CHECK} {directory} uid=%s,ou=people,{BASE}"})
    login(server.connect(), "ann", "ann", "correct horse", ["sasl"])
    for name, password in (("ann", "wrong horse"), ("ann,ou=people", "correct horse"), ("bob", "correct horse"), ("*", "correct horse")):
        c = begin(server.connect(), "x", ["sasl"])
        authenticate(c, "PLAIN", plain(name, password))
        assert outcome(c) == "904", name
    assert "login.not-checked" not in server.log.read_text()
