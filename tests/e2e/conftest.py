"""The binary under test, and the AWS servers it talks to, each started here and stopped by its own process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent))

# Neither the tests' own boto3 nor anything they start may see the developer's AWS settings or proxies.
for _name in list(os.environ):
    if _name.upper().startswith("AWS_") or _name.upper().endswith("_PROXY"):
        del os.environ[_name]
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

# After the environment is clean.
from estate_file import EstateFile  # noqa: E402
from operations import Operation, Subject, subjects  # noqa: E402
from seed import REGIONS, Estate, seed  # noqa: E402
from served_sandbox import Clients, serve  # noqa: E402


# ---- the binary ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One finished run of the program."""

    code: int
    stdout: str
    stderr: str
    seconds: float
    out: Path | None

    @property
    def report(self) -> dict:
        assert self.out is not None, "the run was not given an output folder"
        return json.loads((self.out / "report.json").read_text(encoding="utf-8"))

    @property
    def last_line(self) -> str:
        lines = [line for line in self.stdout.splitlines() if line.strip()]
        return lines[-1] if lines else ""

    def findings(self, check: str) -> list[dict]:
        return [finding for finding in self.report["findings"] if finding["check"] == check]

    def gaps(self, operation: str) -> list[dict]:
        return [gap for gap in self.report["coverage"]["gaps"] if gap["operation"] == operation]

    def calls(self, operation: str) -> int:
        return sum(row["calls"] for row in self.report["api_calls"] if row["operation"] == operation)

    def inventory(self, region: str) -> dict:
        return one(row for row in self.report["inventory"] if row["region"] == region)

    def quota(self, region: str, quota_code: str) -> dict:
        return one(row for row in self.report["quota"]
                   if row["region"] == region and row["quota_code"] == quota_code)

    def explain(self) -> str:
        return f"exit code {self.code} after {self.seconds:.1f} s\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


def one(rows):
    """The only element of `rows`."""
    found = list(rows)
    assert len(found) == 1, f"expected exactly one, found {len(found)}: {found}"
    return found[0]


@dataclass(frozen=True)
class Program:
    """Starts the binary in a clean environment, in an empty folder of its own."""

    binary: Path
    home: Path

    def environment(self, endpoint: str | None, access_key: str | None, region: str | None) -> dict[str, str]:
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        if endpoint:
            environment["AWS_ENDPOINT_URL"] = endpoint
        if access_key:
            environment["AWS_ACCESS_KEY_ID"] = access_key
            environment["AWS_SECRET_ACCESS_KEY"] = "not-a-secret"
        if region:
            environment["AWS_REGION"] = region
        return environment

    def start(self, *arguments: str | Path, endpoint: str | None = None, access_key: str | None = "testing",
              region: str | None = "us-east-1", **extra_environment: str) -> subprocess.Popen[str]:
        self.home.mkdir(exist_ok=True)
        return subprocess.Popen(
            [str(self.binary), *map(str, arguments)],
            cwd=self.home,
            env=self.environment(endpoint, access_key, region) | extra_environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *arguments: str | Path, timeout: float = 90, **settings) -> Run:
        """Runs to the end; a run that does not end in time, or panics, fails the test."""
        return self.finish(self.start(*arguments, **settings), arguments, timeout)

    def finish(self, process: subprocess.Popen[str], arguments: tuple, timeout: float,
               started: float | None = None) -> Run:
        started = started or time.monotonic()
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            pytest.fail(f"{arguments} did not end within {timeout} s\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
        stdout = stdout or ""  # None if the test closed the pipe
        out = Path(arguments[arguments.index("--out") + 1]) if "--out" in arguments else None
        run = Run(process.returncode, stdout, stderr, time.monotonic() - started, out)
        assert "panicked" not in stdout + stderr, run.explain()
        assert run.code >= 0, f"ended by signal {signal.Signals(-run.code).name}\n{run.explain()}"
        return run


@pytest.fixture(scope="session")
def binary() -> Path:
    path = Path(os.environ.get("KMS_AUDIT_BIN", "target/debug/kms-audit"))
    path = path if path.is_absolute() else REPOSITORY / path
    assert path.is_file(), f"{path} is missing: build it with `cargo build`, or set KMS_AUDIT_BIN"
    return path


@pytest.fixture(scope="session")
def program(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Program:
    return Program(binary, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def scan_of_a_silent_server(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Run]]:
    """A scan of a server that accepts connections and never answers; call it to wait for the end."""
    arguments = ("scan", "--region", "us-east-1", "--out", tmp_path_factory.mktemp("silent") / "report")
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        started = time.monotonic()
        process = program.start(*arguments, endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}")
        try:
            yield lambda: program.finish(process, arguments, 100, started)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()


@pytest.fixture(scope="session", autouse=True)
def start_early_what_takes_long(request: pytest.FixtureRequest) -> None:
    """The scan of the silent server needs a minute and no processor: it goes on beside the other tests."""
    if any("scan_of_a_silent_server" in item.fixturenames for item in request.session.items):
        request.getfixturevalue("scan_of_a_silent_server")


# ---- the servers ---------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """A server process on 127.0.0.1; its output goes to `log`."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_it_answers(self, seconds: float = 60) -> bool:
        """False if the process ended instead."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            try:
                direct.open(self.endpoint, timeout=5).close()
                return True
            except urllib.error.HTTPError:
                return True  # an error is an answer
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(f"{self.name} did not answer within {seconds} s:\n{self.tail()}")

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_running: list[Server] = []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(name: str, command: Callable[[int], tuple[list[str], dict[str, str]]], folder: Path) -> Server:
    """Starts `command` on a free port, and again on another if that one was taken meanwhile."""
    for attempt in range(3):
        port = free_port()
        arguments, settings = command(port)
        log = folder / f"{name}-{attempt}.log"
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "TMPDIR": str(folder),
                       "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull} | settings
        with log.open("wb") as output:
            process = subprocess.Popen([sys.executable, *arguments], cwd=folder, env=environment,
                                       stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        server = Server(name, process, port, log)
        try:
            answers = server.wait_until_it_answers()
        except BaseException:
            server.stop()
            raise
        if answers:
            _running.append(server)
            return server
    raise RuntimeError(f"{name} does not start:\n{server.tail()}")


def _serve(name: str, command, folder: Path) -> Iterator[Server]:
    server = start_server(name, command, folder)
    try:
        yield server
    finally:
        _running.remove(server)
        server.stop()


def _moto(port: int) -> tuple[list[str], dict[str, str]]:
    return ["-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], {}


def _ministack(port: int) -> tuple[list[str], dict[str, str]]:
    return ["-m", "ministack"], {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        # Its MQTT and SFTP listeners would bind every interface, and containers are not for the tests to touch.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent/docker.sock",
    }


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from _serve("ministack", _ministack, tmp_path_factory.mktemp("ministack"))


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from _serve("moto", _moto, tmp_path_factory.mktemp("moto"))


@pytest.fixture(scope="module")
def small_moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A second, empty moto: it keeps one account only, so a small estate needs a server of its own."""
    yield from _serve("small-moto", _moto, tmp_path_factory.mktemp("small-moto"))


@dataclass(frozen=True)
class SeededServer:
    """A server with the estate in it, and the access key of the account that owns the estate."""

    server: Server
    access_key: str
    estate: Estate
    seconds: float

    @property
    def endpoint(self) -> str:
        return self.server.endpoint


def _seeded(server: Server, access_key: str) -> SeededServer:
    started = time.monotonic()
    estate = seed(server.endpoint, access_key)
    return SeededServer(server, access_key, estate, time.monotonic() - started)


@pytest.fixture(scope="session")
def seeded_ministack(ministack: Server) -> SeededServer:
    """ministack takes an access key of twelve digits for the account it belongs to."""
    return _seeded(ministack, "111122223333")


@pytest.fixture(scope="session")
def seeded_moto(moto: Server) -> SeededServer:
    return _seeded(moto, "testing")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """A failure shows what the servers of its test said last."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        used = [server for server in _running if server.name.replace("-", "_") in item.fixturenames]
        for server in used:
            report.sections.append((f"{server.name}, last lines", server.tail()))


# ---- the served sandbox --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ServedEstate:
    """An estate file, clients of the sandbox that serves it, and what there is to ask about."""

    estate: EstateFile
    aws: Clients
    subjects: dict[str, list[Subject]]

    def subjects_of(self, operation: Operation) -> list[Subject]:
        return self.subjects.get(operation.about, [])


def _served_estate(program: Program, path: Path) -> Iterator[ServedEstate]:
    estate = EstateFile(path)
    with serve(program, path) as aws:
        yield ServedEstate(estate, aws, subjects(estate, aws))


@pytest.fixture(scope="session")
def saas_tenants(program: Program) -> Iterator[ServedEstate]:
    """The built-in estate."""
    yield from _served_estate(program, REPOSITORY / "fixtures" / "estates" / "saas-tenants.toml")


@pytest.fixture(scope="session")
def every_kind(program: Program) -> Iterator[ServedEstate]:
    """A small estate with one of everything."""
    yield from _served_estate(program, Path(__file__).parent / "every-kind.toml")


@pytest.fixture(scope="session")
def estates(saas_tenants: ServedEstate, every_kind: ServedEstate) -> list[ServedEstate]:
    """Between them, they have something to ask every operation about."""
    return [saas_tenants, every_kind]


# ---- what every report must satisfy --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def validate() -> Callable[[dict], None]:
    """Checks a report against the published schema."""
    from jsonschema import Draft202012Validator

    schema = json.loads((REPOSITORY / "docs" / "report.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    def check(report: dict) -> None:
        errors = sorted(validator.iter_errors(report), key=lambda error: list(map(str, error.absolute_path)))
        assert not errors, "\n".join(f"{error.json_path}: {error.message[:300]}" for error in errors[:20])

    return check


@pytest.fixture(scope="session")
def both_regions() -> list[str]:
    return [argument for region in REGIONS for argument in ("--region", region)]
