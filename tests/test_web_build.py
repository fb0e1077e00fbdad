"""The browser client's files: small, complete in every language, and what the sources give."""
import gzip
import json
import re
import shutil
import subprocess

import pytest

from irc import ROOT

WEB = ROOT / "web"
FIRST_LOAD = 60 * 1024  # bytes, compressed
npm = pytest.mark.skipif(not (WEB / "node_modules/esbuild").exists() or not shutil.which("node"), reason="no packages of npm: `make web` installs them")


def run(*command):
    r = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=300)
    assert r.returncode == 0, r.stdout[-6000:] + r.stderr[-3000:]
    return r.stdout


def test_the_first_load_is_small():
    page = (WEB / "dist/index.html").read_text()
    files = [WEB / "dist" / path for path in re.findall(r'(?:src|href)="/([^"]+)"', page)]
    assert len(files) >= 4 and all(f.exists() for f in files)
    assert len(gzip.compress(page.encode())) + sum(len(gzip.compress(f.read_bytes())) for f in files if f.suffix != ".png") <= FIRST_LOAD


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline():
    page = (WEB / "dist/index.html").read_text()
    assert "//" not in page.replace("<!doctype", "") and "style=" not in page and not re.search(r"<script(?! type=\"module\" src=)", page) and not re.search(r"\son\w+=", page)


def test_every_language_has_every_text_with_the_same_places_and_none_is_unused():
    texts = {f.stem: json.loads(f.read_text()) for f in (WEB / "lang").glob("*.json")}
    assert set(texts) == {"en", "de", "zh"}
    source = "".join(f.read_text() for f in (WEB / "src").rglob("*.ts*"))
    for key, text in texts["en"].items():
        assert f'"{key}"' in source or f"{key}:" in source, f"{key} is unused"
        for lang in texts:
            assert sorted(re.findall(r"\{\w+\}", texts[lang][key])) == sorted(re.findall(r"\{\w+\}", text)), (lang, key)
    for lang, all_texts in texts.items():
        assert set(all_texts) == set(texts["en"]), lang


def test_no_source_makes_html_of_a_text():
    for f in (WEB / "src").rglob("*.ts*"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySet|\beval\(|new Function|srcdoc", f.read_text()), f


def test_the_lock_file_names_no_registry():
    assert "resolved" not in (WEB / "package-lock.json").read_text()


@npm
def test_the_types_are_right():
    run("node", "node_modules/typescript/bin/tsc", "-p", ".")


@npm
def test_the_units_of_the_client():
    out = run("node", "test/run.mjs")
    assert re.search(r"(?m)^# fail 0$", out) and int(re.search(r"(?m)^# pass (\d+)$", out)[1]) > 40


@npm
def test_the_built_files_are_those_of_the_sources(tmp_path):
    run("node", "build.mjs", str(tmp_path / "dist"))
    built = {f.relative_to(tmp_path / "dist"): f.read_bytes() for f in (tmp_path / "dist").rglob("*") if f.is_file()}
    kept = {f.relative_to(WEB / "dist"): f.read_bytes() for f in (WEB / "dist").rglob("*") if f.is_file()}
    assert built.keys() == kept.keys() and {f: b for f, b in built.items() if f.suffix != ".br"} == \
        {f: b for f, b in kept.items() if f.suffix != ".br"}, "`make web` builds them anew"
    for f in kept:  # another brotli may compress in another way
        if f.suffix == ".br":
            unpack = "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(process.argv[1])))"
            plain = subprocess.run(["node", "-e", unpack, str(WEB / "dist" / f)], capture_output=True, check=True).stdout
            assert plain == kept[f.with_suffix("")] and len(kept[f]) < len(gzip.compress(plain)), f
