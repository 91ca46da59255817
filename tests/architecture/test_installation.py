"""Every installation takes exactly the packages of a lock file, and leaves no choice to an index."""

from __future__ import annotations

import ast
import hashlib
import http.server
import os
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK_FILES = sorted((ROOT / "requirements").glob("*.txt"))
TEXTS = ("*.md", "docs/**/*.md", ".ci/*", "src/**/*.toml", "src/**/*.html")
PYTHON = ("src/**/*.py", "tests/**/*.py", "bench/**/*.py", "docs/**/*.py")
INSTALLER = re.compile(
    r"(?:\b(?:uv )?pip[\d.]*[\"']? (?:-\S+ )*(?:install|download|wheel|sync)|\bpipx install|\buvx)\b"
    r"[^`|;&\n]*"
)


def commands(text: str) -> list[str]:
    """The commands of a text that install Python packages."""
    return INSTALLER.findall(text.replace("\\\n", " "))


def commands_of_python(source: str) -> list[str]:
    """Those of a Python file: in a string, or as the words of a list, a tuple or a call."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)):
                found += commands(text)
            case ast.List() | ast.Tuple() | ast.Call():
                found += commands(" ".join(_words(node)))
    return found


def _words(node: ast.AST) -> list[str]:
    """The strings of an expression, in their order."""
    words = [each for each in ast.walk(node) if isinstance(each, ast.Constant)]
    words.sort(key=lambda each: (each.lineno, each.col_offset))
    return [each.value for each in words if isinstance(each.value, str)]


def faults(command: str) -> list[str]:
    """The options without which a command resolves something or checks no hash."""
    if command.startswith(("pipx", "uvx")):
        return ["a lock file"]
    missing = []
    if "--no-deps" not in command and not command.startswith("uv pip sync"):
        missing.append("--no-deps")
    if "--require-hashes" not in command and "--no-index" not in command:
        missing.append("--require-hashes")
    builds = "--only-binary" not in command or "--no-binary" in command
    if builds and "--no-build-isolation" not in command:
        missing.append("--no-build-isolation")
    return missing


def test_make_installs_from_lock_files_alone() -> None:
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    targets = ("setup-test", "setup-directory", "setup-kerberos")
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", "VENV=/nowhere", *targets],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = commands(done.stdout)
    assert {command: faults(command) for command in found if faults(command)} == {}
    from_locks = [each for each in found if "-r requirements/" in each]
    # two each for python-ldap and gssapi: alone, and with the tests' environment
    assert (len(from_locks), len(found)) == (6, 7)
    assert "pip check" in done.stdout


@pytest.mark.parametrize("pattern", [*TEXTS, *PYTHON])
def test_no_page_script_or_message_leaves_a_choice_to_an_index(pattern: str) -> None:
    read = commands_of_python if pattern.endswith(".py") else commands
    wrong = [
        f"{path.relative_to(ROOT)}: `{command.strip()}` lacks {', '.join(faults(command))}"
        for path in sorted(ROOT.glob(pattern))
        if path.is_file() and path != Path(__file__)
        for command in read(path.read_text(encoding="utf-8"))
        if faults(command)
    ]
    assert wrong == []


def test_the_installations_of_the_tests_themselves_are_seen() -> None:
    for path in ("tests/services/own_venv.py", "tests/apps/inspection/corpus/programs.py"):
        assert commands_of_python((ROOT / path).read_text()), path


@pytest.mark.parametrize(
    ("command", "lacks"),
    [
        ("pip install -r lock.txt", "--no-deps"),
        ("python -m pip --quiet install --no-deps --only-binary=:all: -r lock.txt", "--require-hashes"),
        ("pip3 install \\\n  --no-deps --require-hashes -r lock.txt", "--no-build-isolation"),
        ('"$venv/bin/pip" install --require-hashes -r lock.txt', "--no-deps"),
        ("uv pip sync --only-binary=:all: lock.txt", "--require-hashes"),
        ("run `pip install 'vedette[kerberos]'` there", "--no-deps"),
        ("pipx install vedette", "a lock file"),
    ],
)  # fmt: skip
def test_a_command_that_resolves_is_found(command: str, lacks: str) -> None:
    (found,) = commands(command)
    assert lacks in faults(found)


@pytest.mark.parametrize(
    "source",
    [
        "HINT = \"apt install gcc && pip install 'vedette[kerberos]'\"",
        "run([sys.executable, '-m', 'pip', 'install', '-r', str(lock)])",
        "pip = (str(place / 'bin/pip'), 'install', '-q')",
    ],
)
def test_a_command_that_resolves_is_found_in_python(source: str) -> None:
    assert any("--no-deps" in faults(each) for each in commands_of_python(source))


def test_other_commands_are_left_alone() -> None:
    assert commands("pip check; npm install; apt install python3-pip; pip installs nothing") == []


def pinned(lock: Path) -> dict[str, Requirement]:
    """The requirements of a lock file, by canonical name."""
    lines = [line.rstrip(" \\") for line in lock.read_text().splitlines() if re.match(r"\w", line)]
    return {canonicalize_name(each.name): each for each in map(Requirement, lines)}


@pytest.mark.parametrize("lock", LOCK_FILES, ids=lambda path: path.name)
def test_a_lock_file_pins_everything_that_its_packages_require(lock: Path) -> None:
    found = pinned(lock)
    assert found
    assert [each for each in found.values() if not str(each.specifier).startswith("==")] == []
    missing = []
    for name in found:
        try:
            wanted = map(Requirement, requires(name) or ())
        except PackageNotFoundError:  # for another platform, or an extra that is not installed
            continue
        for each in wanted:
            applies = each.marker is None or each.marker.evaluate({"extra": ""})
            if applies and canonicalize_name(each.name) not in found:
                missing.append(f"{name} needs {each}")
    assert missing == []


class Index:
    """A package index (PEP 503) on loopback that notes which packages it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.requests: set[str] = set()

    def handler(self) -> partial[http.server.SimpleHTTPRequestHandler]:
        requests = self.requests

        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.add(self.path.split("/")[1])
                super().do_GET()

            def log_message(self, *_: object) -> None:
                pass

        return partial(Handler, directory=str(self.folder))

    def publish(self, name: str, version: str, *metadata: str) -> str:
        """Publish a wheel, and return its line of a lock file."""
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        path = self.folder / name / f"{name}-{version}-py3-none-any.whl"
        info = f"{name}-{version}.dist-info"
        head = ("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *metadata)
        wheel = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(f"{name}.py", "")
            file.writestr(f"{info}/METADATA", "\n".join((*head, "")))
            file.writestr(f"{info}/WHEEL", wheel)
            file.writestr(f"{info}/RECORD", "")
        return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    serving = Index(tmp_path / "index")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serving.handler()) as server:
        serving.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield serving
        server.shutdown()
        thread.join()


def install(index: Index, place: Path, lock: str, *options: str) -> int:
    place.mkdir()
    (place / "lock.txt").write_text(lock)
    command = [
        sys.executable, "-m", "pip", "--isolated", "install", "--quiet", "--require-hashes",
        "--no-build-isolation", "--no-cache-dir", "--disable-pip-version-check", *options,
        "--index-url", index.url, "--target", str(place / "packages"), "-r", str(place / "lock.txt"),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, check=False, timeout=600).returncode


def test_what_an_index_publishes_later_changes_no_installation(
    index: Index, tmp_path: Path
) -> None:
    lock = index.publish("client", "1.0", "Requires-Dist: socks[aio]>=1", "Requires-Dist: later")
    lock += index.publish("socks", "1.0", "Provides-Extra: aio")
    index.publish("socks", "2.0", "Provides-Extra: aio")
    index.publish("later", "1.0")
    assert install(index, tmp_path / "locked", lock, "--no-deps") == 0
    installed = {each.name for each in (tmp_path / "locked/packages").glob("*.dist-info")}
    assert installed == {"client-1.0.dist-info", "socks-1.0.dist-info"}
    assert index.requests == {"client", "socks"}
    # the same without the option resolves, and fails
    assert install(index, tmp_path / "resolved", lock) != 0
