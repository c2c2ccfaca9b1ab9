"""Drawing what something is made of: a bar per row, all of one length, cut into parts; some parts are hatched."""

from __future__ import annotations

from bench.report.document import Stack
from bench.report.draw.svg import ROW, SMALL, TEXT, Sheet, width_of

COLOURS = ("#0072b2", "#b87a00", "#d55e00", "#9467bd")
HIGH = 16.0  # pixels of a bar


def svg(stack: Stack, width: int, id_: str) -> str:
    """Draw it as one <svg> element."""
    sheet = Sheet(id_, stack.title, words(stack), width)
    size = SMALL if sheet.narrow else TEXT
    fills = [
        sheet.hatch(f"part-{i}", COLOURS[i % len(COLOURS)]) if name in stack.hatched else COLOURS[i % len(COLOURS)]
        for i, name in enumerate(stack.parts)
    ]
    x, y = 0.0, ROW / 2
    for i, name in enumerate(stack.parts):
        text = name + (f" ({stack.hatched_means})" if name in stack.hatched else "")
        room = 22 + width_of(text, size)
        if x and x + room > width:
            x, y = 0, y + ROW
        sheet.add("rect", x=x, y=y - 6, width=13.0, height=12.0, fill=fills[i], stroke=COLOURS[i % len(COLOURS)])
        sheet.text(x + 18, y, text, size=size)
        x += room + 12
    y += ROW / 2 + 8
    left = max((width_of(name, size) for name, _, _ in stack.rows), default=0) + 10
    right = width - max((width_of(text, size) for _, text, _ in stack.rows), default=0) - 10
    for name, text, values in stack.rows:
        whole, at = sum(values), left
        sheet.text(left - 8, y + ROW / 2, name, "end", size)
        for i, value in enumerate(values):
            wide = (right - left) * value / whole if whole > 0 else 0
            if wide >= 0.5:
                sheet.add(
                    "rect",
                    x=at,
                    y=y + (ROW - HIGH) / 2,
                    width=wide,
                    height=HIGH,
                    fill=fills[i],
                    stroke=COLOURS[i % len(COLOURS)],
                )
            at += wide
        sheet.text(width, y + ROW / 2, text, "end", size)
        y += ROW + 4
    sheet.text(left, y + ROW / 2, stack.x_label, size=size)
    sheet.height = y + ROW + 4
    return sheet.done()


def words(stack: Stack) -> str:
    """The shares in words, for who cannot see the bars."""
    rows = []
    for name, text, values in stack.rows:
        whole = sum(values) or 1
        shares = ", ".join(f"{part} {value / whole:.0%}" for part, value in zip(stack.parts, values, strict=True))
        rows.append(f"{name}, {text}: {shares}")
    return "; ".join(rows)
