"""The picture's style sheet: light, and dark where the surroundings are."""

from __future__ import annotations

_FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"

_SHAPES = f"""
text{{font:11px {_FONT};stroke:none}}
.heading{{font-size:19px;font-weight:700}}
.name{{font-size:14px;font-weight:600}}
.line{{text-anchor:end}}
.middle{{text-anchor:middle}}
.step rect{{stroke-width:1.2}}
.bar{{fill:none;stroke-width:3;stroke-linecap:round}}
.frame rect,.frame path{{stroke-width:1.2}}
.frame path{{fill:none}}
.frame.loop rect{{stroke-dasharray:6 4}}
.edge .line{{fill:none;stroke-width:1.5}}
.edge.switch .line{{stroke-dasharray:5 4}}
.label rect,.title rect{{stroke-width:1}}
"""

_LIGHT = {
    "paper": "#ffffff",
    "ink": "#1b1f24",
    "quiet": "#5f6b7a",
    "box": "#ffffff",
    "border": "#c3cad4",
    "edge": "#7a8696",
    "start": "#64748b",
    "split": "#0d8078",
    "join": "#0d8078",
    "foreach": "#1f62d0",
    "gang": "#7c3fc4",
    "switch": "#b45309",
    "loop": "#b45309",
    "end": "#64748b",
    "tint": "0.05",
}

_DARK = {
    "paper": "#12161c",
    "ink": "#e8ecf1",
    "quiet": "#98a4b3",
    "box": "#1c222b",
    "border": "#414b59",
    "edge": "#8592a3",
    "start": "#94a3b8",
    "split": "#3cc2b5",
    "join": "#3cc2b5",
    "foreach": "#74a9ff",
    "gang": "#c39bf5",
    "switch": "#f0a349",
    "loop": "#f0a349",
    "end": "#94a3b8",
    "tint": "0.09",
}

_KINDS = ("start", "split", "join", "foreach", "gang", "switch", "end")
_FRAMES = ("foreach", "gang", "loop")


def _colours(of: dict[str, str]) -> str:
    rules = [
        f".paper{{fill:{of['paper']}}}",
        f"text{{fill:{of['quiet']}}}",
        f".heading,.name{{fill:{of['ink']}}}",
        f".step rect,.label rect{{fill:{of['box']};stroke:{of['border']}}}",
        f".bar{{stroke:{of['border']}}}",
        f".edge .line{{stroke:{of['edge']}}}",
        f".edge .arrow{{fill:{of['edge']}}}",
        f".title rect{{fill:{of['paper']}}}",
        f".frame rect{{fill-opacity:{of['tint']}}}",
    ]
    for kind in _KINDS:
        rules.append(f".step.{kind} .bar{{stroke:{of[kind]}}}")
        rules.append(f".step.{kind} .badge{{fill:{of[kind]}}}")
    for kind in _FRAMES:
        rules.append(f".frame.{kind} rect{{fill:{of[kind]};stroke:{of[kind]}}}")
        rules.append(f".frame.{kind} path{{stroke:{of[kind]}}}")
        rules.append(f".title.{kind} rect{{stroke:{of[kind]}}}")
        rules.append(f".title.{kind} text{{fill:{of[kind]}}}")
    rules.append(f".edge.loop .line{{stroke:{of['loop']}}}")
    rules.append(f".edge.loop .arrow{{fill:{of['loop']}}}")
    return "\n".join(rules)


def _scoped(rules: str) -> str:
    """The rules for elements inside the picture only: a page may hold it among others."""
    return "\n".join(
        ",".join(f".flowc {selector}" for selector in selectors.split(",")) + "{" + body
        for selectors, _, body in (rule.partition("{") for rule in rules.strip().splitlines())
    )


STYLE = (
    f"\n{_scoped(_SHAPES)}\n{_scoped(_colours(_LIGHT))}\n"
    f"@media (prefers-color-scheme:dark){{\n{_scoped(_colours(_DARK))}\n}}\n"
)
