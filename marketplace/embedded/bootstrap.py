"""Make `.venv` and install the requirements: `python3 marketplace/embedded/bootstrap.py [--dev]`.

Runs under the system's Python, so it uses the standard library only. Touches no network when what the requirements
files say is installed already.
"""

import sys

# Before anything that an older Python could not even read.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit("Python 3.11 or newer is needed, and this one is older; name another: make PYTHON=python3.12")

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUN_SET = ["requirements.txt"]
DEV_SET = ["requirements.txt", "requirements-dev.txt"]
UV = "uv==0.13.9"


def main(arguments: Sequence[str]) -> int:
    """Install the set that is asked for, unless it is installed. Returns the exit code."""
    files = DEV_SET if "--dev" in arguments else RUN_SET
    if is_installed(files):
        return 0
    with (ROOT / RUN_SET[0]).open() as lock:
        # Two at once (`make run` in one window, `make test` in another) would write over each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_installed(files):
            if not is_usable():
                make_venv()
            install(files)
            stamp_of(files).write_text(fingerprint(files))
            if files == DEV_SET:
                stamp_of(RUN_SET).write_text(fingerprint(RUN_SET))
    return 0


def is_installed(files: Sequence[str]) -> bool:
    stamp = stamp_of(files)
    return PYTHON.exists() and stamp.exists() and stamp.read_text() == fingerprint(files)


def stamp_of(files: Sequence[str]) -> Path:
    return VENV / (".stamp-dev" if len(files) == len(DEV_SET) else ".stamp-run")


def fingerprint(files: Sequence[str]) -> str:
    """Changes when a requirements file does, or the Python behind `.venv`."""
    digest = hashlib.sha256()
    digest.update((VENV / "pyvenv.cfg").read_bytes() if VENV.exists() else b"")
    for name in files:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_usable() -> bool:
    """Whether there is a `.venv` whose Python runs and is new enough; one copied from another machine may not."""
    if not PYTHON.exists():
        return False
    test = "import sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([str(PYTHON), "-c", test], check=False, capture_output=True).returncode == 0


def make_venv() -> None:
    say("Making .venv.")
    shutil.rmtree(VENV, ignore_errors=True)
    # pip is not needed inside when uv is at hand, and bringing it is the slow part of making a venv.
    if not shutil.which("uv") and run([sys.executable, "-m", "venv", str(VENV)], quiet=True):
        return
    shutil.rmtree(VENV, ignore_errors=True)  # Debian's Python without python3-venv fails half-way
    if not run([sys.executable, "-m", "venv", "--without-pip", str(VENV)]):
        sys.exit("The virtual environment could not be made; on Debian or Ubuntu: apt-get install python3-venv")


def install(files: Sequence[str]) -> None:
    """With uv, which takes seconds, else with pip, which takes a minute. Exits with a sentence when neither can."""
    say(f"Installing {' and '.join(files)}.")
    wanted = [part for name in files for part in ("-r", str(ROOT / name))]
    uv = find_uv()
    if uv:
        # Bytecode now: compiling it at the first start would make that start half a minute longer.
        command = [uv, "pip", "install", "--python", str(PYTHON), "--compile-bytecode", "--quiet", *wanted]
        if run(command):
            return
        say("uv could not install them; trying pip.")
    pip = find_pip()
    if pip is None:
        sys.exit("There is neither uv nor pip to install with; on Debian or Ubuntu: apt-get install python3-venv")
    if not run([*pip, "install", "--disable-pip-version-check", "--no-input", "--quiet", *wanted]):
        sys.exit("The requirements could not be installed; what pip said stands above.")


def find_uv() -> str | None:
    """uv from `.venv` or PATH, or installed into `.venv` by pip; None when it cannot be had."""
    inside = VENV / "bin" / "uv"
    if inside.exists():
        return str(inside)
    on_path = shutil.which("uv")
    if on_path:
        return on_path
    pip = find_pip()
    if pip and run([*pip, "install", "--disable-pip-version-check", "--no-input", "--quiet", UV]) and inside.exists():
        return str(inside)
    return None


def find_pip() -> list[str] | None:
    """The command of a pip that installs into `.venv`: its own, or the system's pointed at it."""
    for command in ([str(PYTHON), "-m", "pip"], [sys.executable, "-m", "pip", "--python", str(PYTHON)]):
        if run([*command, "--version"], quiet=True):
            return command
    return None


def run(command: Sequence[str], *, quiet: bool = False) -> bool:
    """Run a command with its words on stderr, or unheard; say whether it succeeded."""
    out = subprocess.DEVNULL if quiet else sys.stderr
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "VIRTUAL_ENV")}
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=out, stderr=out, check=False).returncode == 0


def say(message: str) -> None:
    sys.stderr.write(f"install | {message}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
