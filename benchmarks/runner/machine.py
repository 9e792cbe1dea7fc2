"""What the figures were measured on. No host names."""
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.splitlines()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return "unknown"


def matched(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1) if found else "unknown"


def read(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def describe(programs):
    cache = read(programs.parent / "CMakeCache.txt")
    compiler = first_line(matched(r"^CMAKE_CXX_COMPILER:\w+=(.*)", cache), "--version")
    server = matched(r"v=(\S+)", first_line(os.environ.get("RC_TEST_REDIS_SERVER") or "redis-server", "--version"))
    version = matched(r"project\(rediscluster VERSION ([\d.]+)", read(ROOT / "CMakeLists.txt"))
    build_type = matched(r"^CMAKE_BUILD_TYPE:[A-Z]*=(.*)", cache)
    processor = matched(r"^model name.*: (.*)", read("/proc/cpuinfo"))
    system = matched(r"^PRETTY_NAME=.?([^\"]*)", read("/etc/os-release"))
    return [
        f"{len(os.sched_getaffinity(0))} processors, {processor}",
        f"{system}, Linux {platform.release().split('-')[0]},"
        f" {platform.machine()}; {compiler}, {build_type} build",
        f"rediscluster {version}, hiredis {first_line('pkg-config', '--modversion', 'hiredis')}, server {server}",
        f"load average before the start: {os.getloadavg()[0]:.2f}",
    ]
