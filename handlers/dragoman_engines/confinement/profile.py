"""The confinement that an engine's process gets: what it may read, write and start."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dragoman_engines.base import EngineSpec
from dragoman_engines.confinement import landlock, seccomp
from dragoman_engines.confinement.kernel import Unavailable, forbid_new_privileges
from dragoman_engines.confinement.limits import limit_resources
from dragoman_engines.models import ModelStore, find_entry
from dragoman_engines.translation.apertium_modes import MODEL as APERTIUM

_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/nix/store", "/gnu/store")
"""Libraries and programs, as distributions install them."""
_SETTINGS = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/etc/alternatives",
)
_MACHINE = (
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/self",
    "/proc/sys/vm",
    "/sys/bus/pci",
    "/sys/devices",
    "/sys/fs/cgroup",
)
"""Libraries count processors, caches and free memory; of processes only this one can be seen."""
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
_GPU_DEVICES = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg")
_MB = 1 << 20


@dataclass(kw_only=True)
class Confinement:
    """The parts of the confinement that are in force, and why others are not."""

    parts: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def confine(spec: EngineSpec) -> Confinement:
    """Confine this process for good; it must have no other thread yet.

    A part that the kernel does not have or does not allow is left out and told, and the others hold all the same.
    Nothing is done where `spec.confine` is false.
    """
    done = Confinement()
    if not spec.confine:
        return done
    limit_resources(memory_bytes=round(spec.memory_limit_mb * _MB), file_bytes=spec.file_bytes)
    done.parts.append("limits")
    _attempt(done, "no-new-privileges", forbid_new_privileges)
    if uses_gpu(spec):
        done.missing.append("landlock and seccomp: a GPU's driver needs its devices, files and sockets")
        return done
    _attempt(done, "landlock", lambda: landlock.restrict(_rules(spec)))
    _attempt(done, "seccomp", lambda: seccomp.restrict(programs=starts_programs(spec)))
    return done


def confine_plain() -> Confinement:
    """Confine a process of Python's own, without a model: it reads libraries, writes nothing, and has its pipe.

    As `confine`; limits are the caller's.
    """
    done = Confinement()
    _attempt(done, "no-new-privileges", forbid_new_privileges)
    _attempt(done, "landlock", lambda: landlock.restrict(_plain_rules()))
    _attempt(done, "seccomp", lambda: seccomp.restrict(programs=False))
    return done


def uses_gpu(spec: EngineSpec) -> bool:
    """Return whether the engine may run on a GPU."""
    return spec.device == "cuda" or (spec.device == "auto" and any(Path(each).exists() for each in _GPU_DEVICES))


def starts_programs(spec: EngineSpec) -> bool:
    """Return whether the engine runs other programs."""
    return spec.model == APERTIUM


def work_folder(spec: EngineSpec) -> Path:
    """Return the one folder that an engine writes to."""
    return Path(spec.spool_dir or tempfile.gettempdir())


def _attempt(done: Confinement, name: str, part: Callable[[], object]) -> None:
    try:
        part()
    except Unavailable as error:
        done.missing.append(str(error))
    else:
        done.parts.append(name)


def _plain_rules(programs: int = 0) -> Iterator[tuple[Path, int]]:
    for path in _SYSTEM:
        yield Path(path), landlock.READ | programs
    for path in (*_SETTINGS, *_MACHINE):
        yield Path(path), landlock.READ
    for path in _DEVICES:
        yield Path(path), landlock.READ | landlock.WRITE
    for folder in _python_folders():
        yield folder, landlock.READ


def _rules(spec: EngineSpec) -> Iterator[tuple[Path, int]]:
    yield from _plain_rules(landlock.EXECUTE if starts_programs(spec) else 0)
    for folder in _model_folders(spec):
        yield folder, landlock.READ
    yield work_folder(spec), landlock.WRITE if spec.kind == "decoder" else landlock.READ


def _python_folders() -> Iterator[Path]:
    """Yield where Python and what is installed for it lie, a checkout among them."""
    yield from map(Path, {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix})
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    yield from (Path(entry) for entry in (*sys.path, *libraries) if entry)


def _model_folders(spec: EngineSpec) -> Iterator[Path]:
    store = ModelStore(spec.models_dir)
    yield store.root
    for source in spec.model.split("+"):
        scheme, _, place = source.partition(":")
        if not place:
            entry = find_entry(source, store.root)
            scheme, place = (entry.scheme, entry.place) if entry is not None else ("", "")
        if scheme == "path":
            yield Path(place).expanduser()
        elif scheme == "hub":
            yield hub_cache()


def hub_cache() -> Path:
    """Return where huggingface_hub keeps what it downloaded, by the variables that it reads, without importing it."""
    if cache := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(cache).expanduser()
    home = os.environ.get("HF_HOME")
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home or f"{caches}/huggingface").expanduser() / "hub"
