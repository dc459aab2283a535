"""Whether a CUDA device is here: for the server without any model library, and for those that run models on it."""

from __future__ import annotations

import ctypes

from dragoman_engines.base import Device, EngineSpec, ModelMissing

_DRIVER = "libcuda.so.1"
_SUCCESS = 0


class DeviceMissing(Exception):
    """A device that was asked for is not here; the sentence says why."""


def check_driver() -> None:
    """Ask NVIDIA's driver for a device: some milliseconds, and no memory of the device is taken.

    Raises:
        DeviceMissing: the driver is not installed, does not start or knows no device.
    """
    try:
        driver = ctypes.CDLL(_DRIVER)
    except OSError as error:
        raise DeviceMissing(f"NVIDIA's driver is not installed here ({_DRIVER} does not load)") from error
    status = driver.cuInit(0)
    if status != _SUCCESS:
        raise DeviceMissing(f"NVIDIA's driver does not start here (cuInit says {status})")
    count = ctypes.c_int(0)
    if driver.cuDeviceGetCount(ctypes.byref(count)) != _SUCCESS or count.value == 0:
        raise DeviceMissing("NVIDIA's driver sees no device here")


def ctranslate2_device(spec: EngineSpec) -> Device:
    """Choose `cuda` or `cpu` for CTranslate2, whose library this imports.

    Raises:
        ModelMissing: `cuda` is wanted and cannot be had, or the compute type is not for the device; names the key.
    """
    import ctranslate2  # noqa: PLC0415 - heavy

    count: int = ctranslate2.get_cuda_device_count()
    if spec.device == "cuda" and count == 0:
        raise ModelMissing(
            f'engines.{spec.kind}.device is "cuda", but CTranslate2 sees no CUDA device here: install NVIDIA\'s driver'
            ' and a build of CTranslate2 for CUDA, or set it to "cpu" or "auto"',
        )
    device: Device = "cuda" if count and spec.device != "cpu" else "cpu"
    supported: set[str] = ctranslate2.get_supported_compute_types(device)
    if spec.compute_type not in supported | {"auto", "default"}:
        raise ModelMissing(
            f'engines.{spec.kind}.compute_type is "{spec.compute_type}", which {device} does not have here; it has'
            f" {', '.join(sorted(supported))}",
        )
    return device
