"""The servers that tests run for real, and where to get them.

python -m tests.support.programs     installs what is missing where it may (root on Debian), else says so
"""

import os
import shutil
import subprocess
import sys

#: program -> Debian packages that bring it
PACKAGES = {
    "mariadbd": ("mariadb-server", "mariadb-backup"),
    "mariadb-install-db": ("mariadb-server",),
    "redis-server": ("redis-server",),
    "chromium": ("chromium", "fonts-noto-cjk"),
}
SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


def find_program(name: str) -> str:
    """The absolute path of a server program; LookupError with one clear sentence if it is missing."""
    found = shutil.which(name, path=SEARCH)
    if found is None:
        raise LookupError(f"{name} 未安装 is missing: apt install {' '.join(PACKAGES[name])}")
    return found


def missing_programs() -> list[str]:
    return [name for name in PACKAGES if shutil.which(name, path=SEARCH) is None]


def install(packages: list[str]) -> bool:
    """apt, without letting the packages start services of their own."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for command in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", *command], env=environment, stdout=subprocess.DEVNULL)
        if done.returncode != 0:
            return False
    return True


def main() -> int:
    missing = missing_programs()
    if not missing:
        return 0
    packages = sorted({package for name in missing for package in PACKAGES[name]})
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("· 安装测试所需的程序 Installing", " ".join(packages), "…", flush=True)
        if install(packages) and not missing_programs():
            return 0
    print(
        f"测试需要 {'、'.join(missing)}，请先安装。 The tests need {', '.join(missing)}:"
        f" apt install {' '.join(packages)}",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
