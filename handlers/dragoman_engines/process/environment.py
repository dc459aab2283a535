"""The environment variables of a child process: those that Python, the C library and the models' libraries read.

All others stay with the server. Among them are its own, such as the token of the operations endpoint, and whatever
secrets other programs of the machine are given.
"""

from __future__ import annotations

from collections.abc import Mapping

from dragoman_engines.base import EngineSpec

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
_SETTINGS = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
"""onnxruntime would keep a device's id in the home folder, and tell its maker what it runs."""
_NAMES = frozenset(
    {
        "HOME",
        "LANG",
        "LANGUAGE",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "PATH",
        "TEMP",
        "TMP",
        "TMPDIR",
        "TZ",
        "TZDIR",
        "VIRTUAL_ENV",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
    }
)
_PREFIXES = (
    "CT2_",
    "CUBLAS_",
    "CUDA_",
    "CUDNN_",
    "GLIBC_",
    "GOMP_",
    "KMP_",
    "LC_",
    "MALLOC_",
    "MKL_",
    "NVIDIA_",
    "OMP_",
    "OPENBLAS_",
    "ORT_",
    "PYTHON",
)
_OF_THE_HUB = ("HF_", "HUGGINGFACE_", "HUGGING_FACE_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_")
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"})
"""In capital or small letters; they may hold a password."""


def child_environment(environment: Mapping[str, str], spec: EngineSpec) -> dict[str, str]:
    """Return what an engine's process gets of the server's environment.

    Only an engine whose model is named as `hub:OWNER/NAME`, which it may have to download, gets the variables of the
    hub, its access token among them.
    """
    from_hub = "hub:" in spec.model
    kept = {name: value for name, value in environment.items() if _is_kept(name, from_hub=from_hub)}
    return kept | _SETTINGS | dict.fromkeys(_THREADS, str(spec.threads))


def plain_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a process of Python's own gets, which runs no model."""
    return {name: value for name, value in environment.items() if _is_kept(name, from_hub=False)}


def _is_kept(name: str, *, from_hub: bool) -> bool:
    if name in _NAMES or name.startswith(_PREFIXES):
        return True
    return from_hub and (name.startswith(_OF_THE_HUB) or name.upper() in _PROXIES)
