"""ONNX models on the processor, with as many threads as they are given and no more."""

from __future__ import annotations

from pathlib import Path

import onnxruntime

from dragoman_engines.base import ModelMissing


def open_model(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """Open a session of the model.

    Raises:
        ModelMissing: the file is no ONNX model that this library can run.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that wait shall not burn a core that others need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common base
        raise ModelMissing(f"the model {path} cannot be loaded: {str(error).splitlines()[0]}") from error
