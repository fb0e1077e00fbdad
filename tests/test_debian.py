"""debian/: the version, the lists of files and the build dependencies agree with the build; sandboxing of the unit."""
import fnmatch
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEBIAN = ROOT / "debian"
BUILD = Path(os.environ.get("BURBLE", ROOT / "build/burble")).resolve().parent
needs_dpkg = pytest.mark.skipif(not shutil.which("dpkg-parsechangelog"), reason="dpkg-dev is not installed")


def installed():
    """The paths of a package, as /usr is its prefix."""
    text = subprocess.run(["meson", "introspect", "--installed", BUILD], capture_output=True, text=True, check=True).stdout
    return {re.sub("^/usr/local/", "usr/", path) for path in json.loads(text).values()} | {"etc/burble/burble-chat.conf"}


def patterns():
    for file in DEBIAN.glob("*.install"):
        for line in file.read_text().splitlines():
            yield line.split()[0]


def covers(pattern, path):
    return fnmatch.fnmatch(path, pattern) or fnmatch.fnmatch(path, pattern + "/*")


def test_each_file_is_in_a_package_and_each_pattern_has_one():
    files = installed()
    assert "usr/bin/burble" in files
    assert not [f for f in files if not any(covers(p, f) for p in patterns())]
    assert not [p for p in patterns() if not any(covers(p, f) for f in files)]


def test_burble_1_names_each_subcommand_and_its_page():
    names = re.findall(r'^\t\{"([a-z]+)", "', (ROOT / "src/cli/main.c").read_text(), re.M)
    text = (ROOT / "man/burble.1").read_text().replace("\\-", "-")
    assert len(names) > 10
    for name in names:
        assert f"\n.B {name}\n" in text, name
        assert name == "version" or ((ROOT / f"man/burble-{name}.1").exists() and f".BR burble-{name} (1)" in text), name
    assert {f"usr/share/man/man1/{p.name}" for p in (ROOT / "man").glob("*.1")} <= installed()


@needs_dpkg
def test_the_version_is_that_of_the_program():
    text = subprocess.run(["dpkg-parsechangelog", "-l", DEBIAN / "changelog", "-S", "Version"], capture_output=True, text=True, check=True).stdout
    assert text.strip() == re.search(r"version: '(.*)'", (ROOT / "meson.build").read_text())[1]


def test_build_dependencies_are_those_of_the_setup():
    setup = set(re.search(r'^build="([^"]*)"', (ROOT / "tools/setup").read_text(), re.M)[1].split())
    control = set(re.findall(r"[\w.+-]+", re.search(r"Build-Depends:(.*?)\nStandards", (DEBIAN / "control").read_text(), re.S)[1]))
    assert {p for p in setup if p.startswith("lib") and p.endswith("-dev")} - {"libc6-dev"} <= control


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_unit_is_confined(tmp_path):
    unit = tmp_path / "burble-chat.service"
    unit.write_text((ROOT / "contrib/burble-chat.service.in").read_text().replace("@bindir@", "/usr/bin").replace("@sysconfdir@", "/etc"))
    run = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=30", unit], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-500:]


def test_an_upgrade_of_the_package_does_not_disconnect_anybody():
    """dh_installsystemd stops or restarts a service otherwise; `burble admin upgrade` does not."""
    assert re.search(r"^override_dh_installsystemd:\n\tdh_installsystemd --no-stop-on-upgrade$", (DEBIAN / "rules").read_text(), re.M)
