"""Makes the typed events of the Python client (client/dragoman_client/events) from the events of the wire.

Usage: scripts/typed_events
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from dragoman_wire import events as wire
from dragoman_wire.events.base import Event, type_of

ROOT = Path(__file__).resolve().parent.parent
WIRE = ROOT / "server" / "dragoman_wire" / "events"
TARGET = ROOT / "client" / "dragoman_client" / "events"
NOTE = "Made by scripts/typed_events.py from the events of dragoman_wire; not to be edited."


@dataclass(frozen=True)
class Source:
    """One module of the wire: its name, its docstring, and its classes of events."""

    name: str
    summary: str
    classes: Sequence[ast.ClassDef]


def main() -> None:
    """Write the modules."""
    for name, text in modules().items():
        (TARGET / f"{name}.py").write_text(text, encoding="utf-8")


def modules() -> dict[str, str]:
    """Return the text of each module that is made, by its name."""
    sources = list(_sources())
    written = {source.name: _module(source, sources) for source in sources}
    written["__init__"] = _package(sources)
    return {name: _formatted(text) for name, text in written.items()}


def _sources() -> Iterator[Source]:
    for path in sorted(WIRE.glob("[a-z]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and _is_event(node.name)]
        if path.stem != "base" and classes:
            yield Source(path.stem, str(ast.get_docstring(tree)), classes)


def _is_event(name: str) -> bool:
    kind = getattr(wire, name, None)
    return isinstance(kind, type) and issubclass(kind, Event) and kind is not Event


def _module(source: Source, sources: Sequence[Source]) -> str:
    used: set[str] = set()
    bodies = [_class(node, used) for node in source.classes]
    homes = {node.name: f"dragoman_client.events.{each.name}" for each in sources for node in each.classes}
    homes |= {"Any": "typing", "BaseEvent": "dragoman_client.events.base", "Literal": "typing"}
    imports: dict[str, set[str]] = {"dataclasses": {"dataclass"}}
    for name in used - {node.name for node in source.classes}:
        home = homes.get(name) or ("dragoman_wire.events" if hasattr(wire, name) else None)
        if home is not None:
            imports.setdefault(home, set()).add(name)
    return "\n".join([_head(source.summary), *_import_lines(imports), "", *bodies])


def _head(summary: str) -> str:
    return f'"""{summary}\n\n{NOTE}\n"""\n\nfrom __future__ import annotations\n'


def _import_lines(imports: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield import statements, those of the standard library first."""
    ours = sorted(module for module in imports if module.startswith("dragoman_"))
    for module in sorted(imports.keys() - set(ours)):
        yield f"from {module} import {', '.join(sorted(imports[module], key=str.lower))}"
    yield ""
    for module in ours:
        yield f"from {module} import {', '.join(sorted(imports[module], key=str.lower))}"


def _class(node: ast.ClassDef, used: set[str]) -> str:
    kind: type[Event] = getattr(wire, node.name)
    base = kind.__bases__[0].__name__
    base = "BaseEvent" if base == "Event" else base
    used.add(base)
    lines = ["", "", "@dataclass(frozen=True, kw_only=True, slots=True)", f"class {node.name}({base}):"]
    lines += [f'    """{ast.get_docstring(node, clean=False)}"""', ""]
    if _is_leaf(node.name):
        used.add("Literal")
        tag = type_of(kind)
        lines.append(f'    type: Literal["{tag}"] = "{tag}"')
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for place, statement in enumerate(node.body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            lines.append(_field(statement, fields[statement.target.id], used))
            following = node.body[place + 1] if place + 1 < len(node.body) else None
            lines += _remark(following)
    return "\n".join(lines)


def _field(statement: ast.AnnAssign, field: msgspec.structs.FieldInfo, used: set[str]) -> str:
    parts = [part.strip() for part in ast.unparse(statement.annotation).split(" | ")]
    known = [part for part in parts if part not in ("UnsetType", "None")]
    optional = ["None"] if len(known) < len(parts) else []
    used |= {each.id for each in ast.walk(statement.annotation) if isinstance(each, ast.Name)}
    return f"    {field.name}: {' | '.join(known + optional)}{_default(field.default)}"


def _default(value: Any) -> str:
    if value is msgspec.NODEFAULT:
        return ""
    return f" = {None if value is msgspec.UNSET else value!r}"


def _remark(statement: ast.stmt | None) -> list[str]:
    """Return the docstring of a field, which is a statement behind it."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return [f'    """{statement.value.value!s}"""']
    return []


def _package(sources: Sequence[Source]) -> str:
    imports = {
        f"dragoman_client.events.{source.name}": {node.name for node in source.classes if _is_leaf(node.name)}
        for source in sources
    }
    names = sorted(set().union(*imports.values()))
    imports["dragoman_client.events.base"] = {"BaseEvent", "OtherEvent"}
    imports["collections.abc"] = {"Mapping"}
    table = [f'    "{type_of(getattr(wire, name))}": (wire.{name}, {name}),' for name in names]
    listed = ["EVENTS", *sorted(["BaseEvent", "OtherEvent", "TypedEvent", *names])]
    return "\n".join(
        [
            _head("The events of the server, a class for each, and their union."),
            *_import_lines(imports),
            "from dragoman_wire import events as wire",
            "",
            f"TypedEvent = {' | '.join([*names, 'OtherEvent'])}",
            '"""Any event of the server: `match event:` knows what each has."""',
            "EVENTS: Mapping[str, tuple[type[wire.Event], type[BaseEvent]]] = {",
            *table,
            "}",
            '"""By the `type` on the wire: the message as it is sent, and the typed event."""',
            "",
            f"__all__ = [{', '.join(map(repr, listed))}]",
        ]
    )


def _is_leaf(name: str) -> bool:
    """Return whether no event of the wire derives from this one; a test may have defined some."""
    below = getattr(wire, name).__subclasses__()
    return not [each for each in below if each.__module__.startswith("dragoman_wire.")]


def _formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "--stdin-filename", str(TARGET / "made.py"), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    main()
