"""bench/soak on a small scale: well-behaved users among slow readers, floods, silence, resets and noise."""
import subprocess
import sys

from irc import PLAIN, ROOT


def test_honest_users_are_served_among_every_kind_of_bad_company(tmp_path):
    page = tmp_path / "soak.md"
    # A short time to register and a small queue, so that the test is short too. Memory is measured: no sanitizers.
    r = subprocess.run([sys.executable, ROOT / "bench/soak", "--users", "300", "--seconds", "15", "--out", page, "--burble", PLAIN,
                        "--set", "net.registration=5s", "--set", "limits.sendq=64k", "--p99", "60000"], capture_output=True, text=True, timeout=120)
    assert r.returncode == 0, r.stdout + r.stderr
    assert "| **no** |" not in page.read_text() and page.read_text().count("| yes |") == 18
