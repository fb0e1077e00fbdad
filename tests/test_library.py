"""libburble as installed: found by pkg-config, its examples compiled against it and run, with the kernel as the peer over
a TUN device."""
import hashlib
import json
import os
import random
import re
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

import tun
from irc import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
HEADERS = sorted(p.name for p in (ROOT / "include/burble").glob("*.h"))
CONSTANTS = {"BURBLE_NEVER": "INT64_MAX", "BURBLE_BLOCKED": 512, "BURBLE_TCP_UTO": 1028, "BURBLE_IF_ETHER": 0, "BURBLE_IF_IP": 1,
             "BURBLE_DHCP_BOUND": 0, "BURBLE_DHCP_RENEWED": 1, "BURBLE_DHCP_LOST": 2}


def run(*cmd, **kw):
    return subprocess.run([str(c) for c in cmd], check=True, capture_output=True, text=True, **kw).stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The prefix of an installation, and the environment in which pkg-config finds it."""
    root = tmp_path_factory.mktemp("root")
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", root)
    pc = next(root.rglob("burble.pc"))
    prefix = re.search(r"^prefix=(.*)$", pc.read_text(), re.M).group(1)
    env = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent), PKG_CONFIG_SYSROOT_DIR=str(root),
               LD_LIBRARY_PATH=str(next(root.rglob("libburble.so")).parent))
    return root / prefix.lstrip("/"), env


def compile_example(installed, tmp_path, name, *flags):
    _, env = installed
    out = tmp_path / name
    words = run("pkg-config", *flags, "--cflags", "--libs", "burble", env=env).split()
    run("gcc", "-Wall", "-Wextra", "-Werror", *(["-static"] if flags else []), ROOT / f"examples/{name}.c", *words, "-o", out)
    return out


@pytest.mark.parametrize("compiler", ["gcc -std=c11", "gcc -std=c17", "g++ -std=c++11 -x c++", "g++ -std=c++17 -x c++"])
def test_each_header_stands_alone_in_c_and_cpp(tmp_path, compiler):
    for header in HEADERS:
        source = tmp_path / "x.c"
        source.write_text(f"#include <burble/{header}>\n")
        run(*compiler.split(), "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", f"-I{ROOT}/include", source)


def test_the_abi_is_the_one_that_is_kept():
    p = subprocess.run([ROOT / "tools/abi", BUILD / "libburble.so"], capture_output=True, text=True)
    if p.returncode == 77:
        pytest.skip(p.stderr.strip())
    assert p.returncode == 0, p.stdout + p.stderr


def test_a_change_of_a_structure_is_found(tmp_path):
    kept = (ROOT / "tools/libburble.abi").read_text()
    narrower = kept.replace("<class-decl name='burble_if_config' size-in-bits='320'", "<class-decl name='burble_if_config' size-in-bits='256'")
    assert narrower != kept
    (tmp_path / "other.abi").write_text(narrower)
    p = subprocess.run([ROOT / "tools/abi", BUILD / "libburble.so", tmp_path / "other.abi"], capture_output=True, text=True)
    if p.returncode == 77:
        pytest.skip(p.stderr.strip())
    assert p.returncode == 1 and "burble_if_config" in p.stdout


def test_constants_have_the_values_that_programs_were_compiled_with(tmp_path):
    """Anonymous enums and macros are not in the ABI file."""
    source = tmp_path / "x.c"
    source.write_text("#include <burble/blocking.h>\n" + "".join(f'_Static_assert({name} == {value}, "{name}");\n' for name, value in CONSTANTS.items()))
    run("gcc", "-std=c11", "-fsyntax-only", f"-I{ROOT}/include", source)
    text = "".join((ROOT / "include/burble" / h).read_text() for h in HEADERS)
    assert set(re.findall(r"^(?:\t|#define )(BURBLE_\w+)(?: =|,| +INT)", text, re.M)) == set(CONSTANTS)


def declared():
    text = "".join((ROOT / "include/burble" / h).read_text() for h in HEADERS)
    return set(re.findall(r"^BURBLE_API [^;]*?\b(burble_\w+)\(", text, re.M | re.S))


def test_the_shared_library_shows_what_the_headers_declare_and_nothing_else():
    symbols = run("nm", "-D", "--defined-only", BUILD / "libburble.so").splitlines()
    names = {line.split()[2].split("@")[0] for line in symbols if line.split()[1] == "T"}
    assert names == declared()


def test_the_static_library_shows_what_the_headers_declare_and_nothing_else():
    symbols = run("nm", "-g", "--defined-only", BUILD / "libburble.a").splitlines()
    assert {line.split()[2] for line in symbols if len(line.split()) == 3} == declared()


def test_the_version_is_the_same_in_header_library_and_pkg_config(installed):
    header = re.search(r'BURBLE_VERSION "(.*)"', (ROOT / "include/burble/burble.h").read_text()).group(1)
    assert run("pkg-config", "--modversion", "burble", env=installed[1]).strip() == header
    assert re.search(r"version: '(.*)'", (ROOT / "meson.build").read_text()).group(1) == header


@pytest.mark.parametrize("flags", [(), ("--static",)], ids=["shared", "static"])
def test_two_instances_on_a_wire_take_one_and_a_half_round_trips_of_virtual_time(installed, tmp_path, flags):
    program = compile_example(installed, tmp_path, "virtual", *flags)
    said = run(program, env=installed[1])
    assert said == " 60 ms  accepted\n 80 ms  client has 'hello'\n"


@pytest.fixture
def device():
    if (reason := tun.why_no_device()):
        pytest.skip(reason)
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    d = tun.Tun()
    yield d
    d.close()
    tun.enter_namespace(here)


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def echo(installed, tmp_path, device):
    program = compile_example(installed, tmp_path, "echo")
    p = subprocess.Popen([program, device.name, f"{device.server}/24", "7"], env=installed[1])
    wait_for(device.is_open)
    yield device.server, 7
    assert p.poll() is None
    p.kill()
    p.wait()


def test_a_kernel_client_gets_back_every_byte_that_it_sends(echo, device):
    data = random.Random(1).randbytes(8 << 20)
    got = hashlib.sha256()
    with socket.create_connection(echo, PATIENCE) as s:
        sender = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR)))
        sender.start()
        while (part := s.recv(1 << 16)):
            got.update(part)
        sender.join()
    assert got.digest() == hashlib.sha256(data).digest()
    # Both ways several segments travel as one packet: with one packet each there would be 5,800.
    stats = json.loads(subprocess.run(["ip", "-s", "-j", "link", "show", "dev", device.name], capture_output=True, check=True).stdout)
    assert all(stats[0]["stats64"][way]["packets"] < 4000 for way in ("rx", "tx")), stats


def test_a_hundred_kernel_clients_are_served_at_once(echo):
    socks = [socket.create_connection(echo, PATIENCE) for _ in range(100)]
    for i, s in enumerate(socks):
        s.sendall(b"%03d" % i)
    assert [s.recv(3) for s in socks] == [b"%03d" % i for i in range(100)]
    for s in socks:
        s.close()
