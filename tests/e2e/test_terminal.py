"""What people see on a terminal: widths, colours, NO_COLOR, and nothing of it where there is no terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
WIDTHS = [60, 80, 120, 200]


def on_terminal(arguments: list[str], width: int, folder: Path, **variables: str) -> str:
    """What the program writes to a terminal of that width, stdout alone."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment |= {"TERM": "xterm-256color", "KMS_AUDIT_API_SHARE": "off", **variables}
    program = subprocess.Popen(arguments, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=terminal,
                               stderr=subprocess.DEVNULL)
    os.close(terminal)
    said = b""
    while True:
        try:
            more = os.read(controller, 65536)
        except OSError:
            break
        if not more:
            break
        said += more
    os.close(controller)
    program.wait(timeout=60)
    return said.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def run(binary, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("terminal")
    subprocess.run([binary, "scan", "--sandbox", "--out", "run"], cwd=folder, check=True, capture_output=True,
                   env={**os.environ, "KMS_AUDIT_API_SHARE": "off"})
    return folder


COMMANDS = ["assess run", "quota --sandbox", "diff run run", "trend run"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_line_is_wider_than_the_terminal(binary, run, command, width):
    said = on_terminal([binary, *command.split()], width, run)
    assert said.strip()
    lines = ESCAPE.sub("", said).splitlines()
    assert [line for line in lines if len(line) > width] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_no_word_of_the_summary_is_lost_in_a_narrow_terminal(binary, run, width):
    said = " ".join(ESCAPE.sub("", on_terminal([binary, "assess", "run"], width, run)).split())
    for part in ["eu-central-1, eu-west-3, us-east-1", "customer managed keys (8 more AWS managed)",
                 "Coverage: complete. Everything in 3 Regions was read."]:
        assert part in said


def test_a_terminal_has_colours_unless_they_are_not_wanted(binary, run):
    assert ESCAPE.search(on_terminal([binary, "quota", "--sandbox"], 100, run))
    for command in COMMANDS:
        assert not ESCAPE.search(on_terminal([binary, *command.split()], 100, run, NO_COLOR="1")), command


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_no_terminal_gets_no_colours(binary, run, command):
    said = subprocess.run([binary, *command.split()], cwd=run, capture_output=True, check=False)
    assert not ESCAPE.search((said.stdout + said.stderr).decode())
