"""A seccomp filter: system calls that a model never needs are refused with EPERM, in every thread.

It is a list of what is forbidden, not of what is allowed: the libraries of the models, the C library among them, use
other calls with each version, and a call that they may not make is a crash in the middle of a request. What touches
files is Landlock's part.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dragoman_engines.confinement.kernel import Unavailable, call

# From linux/seccomp.h, linux/filter.h and linux/audit.h.
_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_IF_EQUAL, _IF_AT_LEAST = 0x15, 0x35
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_X32_BIT = 0x40000000
"""Marks x86-64's second set of calls, with 32-bit pointers; nothing of ours uses it."""
_CLONE_THREAD = 0x00010000

_NET = "socket socketpair connect bind listen accept accept4"
_OTHER_PROCESSES = (
    "ptrace process_vm_readv process_vm_writev kcmp pidfd_open pidfd_getfd pidfd_send_signal kill tkill"
    " rt_sigqueueinfo rt_tgsigqueueinfo process_madvise process_mrelease move_pages migrate_pages"
)
_PROGRAMS = "execve execveat fork vfork"
_KERNEL = (
    "bpf perf_event_open userfaultfd keyctl add_key request_key io_uring_setup io_uring_enter io_uring_register"
    " mount umount2 pivot_root chroot unshare setns open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr"
    " open_by_handle_at name_to_handle_at init_module finit_module delete_module kexec_load kexec_file_load reboot"
    " swapon swapoff quotactl acct settimeofday clock_settime sethostname setdomainname syslog personality"
    " ioperm iopl"
)
_ATTRIBUTES = (
    "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat setxattr lsetxattr fsetxattr removexattr"
    " lremovexattr fremovexattr utime utimes futimesat utimensat"
)
"""Of files, which Landlock does not look at."""


@dataclass(frozen=True, kw_only=True)
class _Machine:
    """The numbers of an architecture."""

    architecture: int
    numbers: Mapping[str, int]


def _numbers(table: str) -> dict[str, int]:
    return {name: int(number) for name, _, number in (pair.partition("=") for pair in table.split())}


_SAME_EVERYWHERE = _numbers(
    "pidfd_send_signal=424 io_uring_setup=425 io_uring_enter=426 io_uring_register=427 open_tree=428 move_mount=429"
    " fsopen=430 fsconfig=431 fsmount=432 fspick=433 pidfd_open=434 clone3=435 pidfd_getfd=438 process_madvise=440"
    " mount_setattr=442 process_mrelease=448 fchmodat2=452"
)
_X86_64 = _numbers(
    "socket=41 connect=42 accept=43 bind=49 listen=50 socketpair=53 clone=56 fork=57 vfork=58 execve=59 kill=62"
    " chmod=90 fchmod=91 chown=92 fchown=93 lchown=94 ptrace=101 syslog=103 utime=132 personality=135 pivot_root=155"
    " chroot=161 acct=163 settimeofday=164 mount=165 umount2=166 swapon=167 swapoff=168 reboot=169 sethostname=170"
    " setdomainname=171 iopl=172 ioperm=173 init_module=175 delete_module=176 quotactl=179 setxattr=188 lsetxattr=189"
    " fsetxattr=190 removexattr=197 lremovexattr=198 fremovexattr=199 tkill=200 clock_settime=227 tgkill=234"
    " utimes=235 kexec_load=246 add_key=248 request_key=249 keyctl=250 migrate_pages=256 fchownat=260 futimesat=261"
    " fchmodat=268 unshare=272 move_pages=279 utimensat=280 accept4=288 rt_sigqueueinfo=129 rt_tgsigqueueinfo=297"
    " perf_event_open=298 prlimit64=302 name_to_handle_at=303 open_by_handle_at=304 setns=308 process_vm_readv=310"
    " process_vm_writev=311 kcmp=312 finit_module=313 seccomp=317 kexec_file_load=320 bpf=321 execveat=322"
    " userfaultfd=323"
)
_AARCH64 = _numbers(
    "setxattr=5 lsetxattr=6 fsetxattr=7 removexattr=14 lremovexattr=15 fremovexattr=16 umount2=39 mount=40"
    " pivot_root=41 chroot=51 fchmod=52 fchmodat=53 fchownat=54 fchown=55 quotactl=60 utimensat=88 acct=89"
    " personality=92 unshare=97 kexec_load=104 init_module=105 delete_module=106 clock_settime=112 syslog=116"
    " ptrace=117 kill=129 tkill=130 tgkill=131 rt_sigqueueinfo=138 reboot=142 sethostname=161 setdomainname=162"
    " settimeofday=170 socket=198 socketpair=199 bind=200 listen=201 accept=202 connect=203 add_key=217"
    " request_key=218 keyctl=219 clone=220 execve=221 swapon=224 swapoff=225 migrate_pages=238 move_pages=239"
    " rt_tgsigqueueinfo=240 perf_event_open=241 accept4=242 prlimit64=261 name_to_handle_at=264 open_by_handle_at=265"
    " setns=268 process_vm_readv=270 process_vm_writev=271 kcmp=272 finit_module=273 seccomp=277 bpf=280 execveat=281"
    " userfaultfd=282 kexec_file_load=294"
)
_MACHINES = {
    "x86_64": _Machine(architecture=0xC000003E, numbers=_X86_64 | _SAME_EVERYWHERE),
    "aarch64": _Machine(architecture=0xC00000B7, numbers=_AARCH64 | _SAME_EVERYWHERE),
}


class _Step(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("value", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def restrict(*, programs: bool) -> None:
    """Refuse these calls from now on; needs `forbid_new_privileges` before it.

    Args:
        programs: whether other programs may be started, and signals sent to them.

    Raises:
        Unavailable: the architecture is unknown here, or the kernel refused.
    """
    machine = _MACHINES.get(platform.machine()) if sys.platform == "linux" and sys.maxsize > 2**32 else None
    if machine is None:
        raise Unavailable(f"seccomp: there is no list of calls for {sys.platform} on {platform.machine()}")
    steps = list(_steps(machine, programs=programs))
    array = (_Step * len(steps))(*steps)
    program = _Program(len(steps), array)
    try:
        call(
            machine.numbers["seccomp"],
            ctypes.c_uint(_SET_MODE_FILTER),
            ctypes.c_uint(_ALL_THREADS),
            ctypes.byref(program),
        )
    except OSError as error:
        raise Unavailable(f"seccomp: {error.strerror}") from error


def _steps(machine: _Machine, *, programs: bool) -> Iterable[_Step]:
    numbers = machine.numbers
    refuse, unknown = _ERRNO | errno.EPERM, _ERRNO | errno.ENOSYS
    yield _Step(_LOAD, 0, 0, _ARCHITECTURE_AT)
    yield _Step(_IF_EQUAL, 1, 0, machine.architecture)
    yield _Step(_RETURN, 0, 0, refuse)
    yield _Step(_LOAD, 0, 0, _NUMBER_AT)
    yield _Step(_IF_AT_LEAST, 0, 1, _X32_BIT)
    yield _Step(_RETURN, 0, 0, refuse)
    for name in _forbidden(programs=programs):
        if name in numbers:
            yield _Step(_IF_EQUAL, 0, 1, numbers[name])
            yield _Step(_RETURN, 0, 0, refuse)
    # Limits may be set for this process, not for another.
    yield from _only_if_argument(numbers["prlimit64"], _IF_EQUAL, 0, refuse)
    if not programs:
        # A filter cannot read clone3's arguments, which lie in memory; the C library then goes on with clone.
        yield _Step(_IF_EQUAL, 0, 1, numbers["clone3"])
        yield _Step(_RETURN, 0, 0, unknown)
        yield _Step(_IF_EQUAL, 0, 4, numbers["clone"])
        yield _Step(_LOAD, 0, 0, _FIRST_ARGUMENT_AT)
        yield _Step(_AND, 0, 0, _CLONE_THREAD)
        yield _Step(_IF_EQUAL, 0, 1, 0)
        yield _Step(_RETURN, 0, 0, refuse)
        yield _Step(_LOAD, 0, 0, _NUMBER_AT)
        yield from _only_if_argument(numbers["tgkill"], _IF_EQUAL, os.getpid(), refuse)  # abort() sends itself one
    yield _Step(_RETURN, 0, 0, _ALLOW)


def _only_if_argument(number: int, test: int, value: int, otherwise: int) -> Iterable[_Step]:
    """Refuse a call unless its first argument passes; loads the call's number again at its end."""
    yield _Step(_IF_EQUAL, 0, 4, number)
    yield _Step(_LOAD, 0, 0, _FIRST_ARGUMENT_AT)
    yield _Step(test, 1, 0, value)
    yield _Step(_RETURN, 0, 0, otherwise)
    yield _Step(_LOAD, 0, 0, _NUMBER_AT)


def _forbidden(*, programs: bool) -> Iterable[str]:
    lists = [_NET, _KERNEL, _ATTRIBUTES, _OTHER_PROCESSES]
    names = [name for each in lists for name in each.split()]
    if programs:
        # Landlock keeps their signals among themselves, where the kernel is new enough.
        names = [name for name in names if name not in {"kill", "tkill", "pidfd_open", "pidfd_send_signal"}]
    else:
        names += _PROGRAMS.split()
    return names
