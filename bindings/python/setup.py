"""Builds the extension against the installed library (pkg-config module rediscluster). In the project's tree SWIG
generates its source first; a source distribution has it."""
import pathlib
import shlex
import shutil
import subprocess
import sys

from setuptools import Extension, setup

here = pathlib.Path(__file__).resolve().parent
generated = here / "generated"
shared = here.parent / "swig"


def pkg_config(*question):
    try:
        answer = subprocess.run(["pkg-config", *question, "rediscluster"], check=True, text=True, capture_output=True)
    except FileNotFoundError:
        sys.exit("rediscluster: pkg-config is not installed")
    except subprocess.CalledProcessError as failed:
        sys.exit(f"rediscluster: the library is not installed, or PKG_CONFIG_PATH does not name it:\n{failed.stderr}")
    return shlex.split(answer.stdout)


def generate():
    generated.mkdir(exist_ok=True)
    for header in [*shared.glob("*.h"), *(here / "native").glob("*.h")]:
        shutil.copy(header, generated)
    includes = pkg_config("--variable=includedir")[0]
    subprocess.run(["swig", "-python", "-c++", "-builtin", "-fastdispatch", f"-I{shared}", f"-I{includes}",
                    "-o", generated / "native.cpp", "-outdir", here / "librediscluster", here / "native" / "python.i"],
                   check=True)


if shared.is_dir():
    generate()
folder = pkg_config("--variable=libdir")[0]
is_usual = folder.startswith(("/usr/lib", "/lib"))
setup(ext_modules=[Extension(
    "librediscluster._native",
    sources=["generated/native.cpp"],
    include_dirs=["generated"],
    extra_compile_args=["-std=c++17", "-O2", *pkg_config("--cflags")],
    extra_link_args=pkg_config("--libs"),
    runtime_library_dirs=[] if is_usual else [folder])])
