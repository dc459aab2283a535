"""A device that is not here is an error that names its key, before any model is loaded."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from dragoman_engines.base import EngineSpec, ModelMissing
from dragoman_engines.device import DeviceMissing, check_driver, ctranslate2_device

CPU_TYPES = {"int8", "int8_float32", "float32"}
CUDA_TYPES = CPU_TYPES | {"float16", "int8_float16"}


class Driver:
    """NVIDIA's driver, as far as it is asked."""

    def __init__(self, status: int, devices: int) -> None:
        self.status = status
        self.devices = devices

    def cuInit(self, _flags: int) -> int:  # noqa: N802 - its own name
        return self.status

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        count._obj.value = self.devices
        return 0


@pytest.mark.parametrize(
    ("driver", "problem"),
    [
        (None, "NVIDIA's driver is not installed here"),
        (Driver(100, 0), r"NVIDIA's driver does not start here \(cuInit says 100\)"),
        (Driver(0, 0), "NVIDIA's driver sees no device here"),
    ],
)
def test_what_is_wrong_with_the_driver_is_said(
    driver: Driver | None, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(_name: str) -> Driver:
        if driver is None:
            raise OSError("cannot open shared object file")
        return driver

    monkeypatch.setattr(ctypes, "CDLL", load)
    with pytest.raises(DeviceMissing, match=problem):
        check_driver()


def test_a_driver_with_a_device_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: Driver(0, 1))
    check_driver()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A machine with so many GPUs, as CTranslate2 sees it."""
    ctranslate2 = pytest.importorskip("ctranslate2")

    def with_gpus(count: int) -> None:
        monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: count)
        monkeypatch.setattr(
            ctranslate2, "get_supported_compute_types", lambda device: CUDA_TYPES if device == "cuda" else CPU_TYPES
        )

    return with_gpus


@pytest.mark.parametrize(
    ("gpus", "device", "compute_type", "chosen"),
    [
        (0, "cpu", "int8", "cpu"),
        (0, "auto", "int8", "cpu"),
        (1, "auto", "float16", "cuda"),
        (1, "cuda", "float16", "cuda"),
        (1, "cpu", "int8", "cpu"),
        (0, "auto", "auto", "cpu"),
    ],
)
def test_auto_is_cuda_where_there_is_one(gpus: int, device: Any, compute_type: str, chosen: str, machine: Any) -> None:
    machine(gpus)
    spec = EngineSpec(kind="transcription", model="base", device=device, compute_type=compute_type)
    assert ctranslate2_device(spec) == chosen


def test_cuda_without_a_device_is_refused_by_the_name_of_its_key(machine: Any) -> None:
    machine(0)
    with pytest.raises(ModelMissing, match=r'engines\.translation\.device is "cuda", but CTranslate2 sees no CUDA'):
        ctranslate2_device(EngineSpec(kind="translation", model="small", device="cuda"))


def test_a_compute_type_that_the_device_does_not_have_is_refused_with_those_that_it_has(machine: Any) -> None:
    machine(0)
    spec = EngineSpec(kind="transcription", model="base", device="auto", compute_type="float16")
    with pytest.raises(ModelMissing, match=r'transcription\.compute_type is "float16", which cpu does not .* float32'):
        ctranslate2_device(spec)
