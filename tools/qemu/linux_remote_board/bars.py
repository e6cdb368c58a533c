# SPDX-License-Identifier: GPL-2.0-only
"""Bars with labels, as SVG."""
from html import escape

WIDTH, LABEL, ROW, TITLE = 860, 300, 22, 46
BARS = WIDTH - LABEL - 110  # a number fits behind the longest one
OURS, OTHERS = "#2b6cb0", "#a0aec0"


def _text(x, y, text, **more):
    attributes = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<text x="{x}" y="{y}"{attributes}>{escape(text)}</text>'


def _panel(top, title, rows):
    """@rows: (label, value, value as text, whether it is ours)."""
    most = max(value for _, value, _, _ in rows) or 1
    yield _text(16, top + 30, title, font_weight="bold")
    for number, (label, value, said, ours) in enumerate(rows):
        y = top + TITLE + number * ROW
        length = max(1, round(value / most * BARS))
        yield _text(LABEL - 8, y + 12, label, text_anchor="end")
        yield f'<rect x="{LABEL}" y="{y}" width="{length}" height="{ROW - 6}" fill="{OURS if ours else OTHERS}"/>'
        yield _text(LABEL + length + 6, y + 12, said)


def svg(panels):
    """@panels: (title, rows), each with a scale of its own."""
    parts, top = [], 0
    for title, rows in panels:
        parts += _panel(top, title, rows)
        top += TITLE + len(rows) * ROW
    height = top + 16
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
                      f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
                      f'<rect width="{WIDTH}" height="{height}" fill="white"/>', *parts, "</svg>"]) + "\n"
