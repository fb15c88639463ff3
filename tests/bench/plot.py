"""Curves as SVG, in plain Python: panels side by side, both axes logarithmic."""
import math
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 420, 300, 60, 40, 45
COLOURS = ("#0b6e99", "#c4541c", "#4b7f2c", "#7a4fa3")


class Panel(NamedTuple):
    title: str
    curves: dict  # name: [(x, y), ...]


def _axis(values):
    """The decades around the values, as exponents."""
    low, high = min(values), max(values)
    first = math.floor(math.log10(low))
    return first, max(first + 1, math.ceil(math.log10(high)))


def _decade(exponent):
    return f"{10 ** exponent:,}" if exponent >= 0 else f"{10 ** exponent:g}"


def _panel(panel, x_title, offset):
    points = [point for curve in panel.curves.values() for point in curve]
    x_low, x_high = _axis([x for x, _ in points])
    y_low, y_high = _axis([y for _, y in points])
    right, bottom = WIDTH - 15, HEIGHT - BOTTOM

    def place(x, y):
        across = (math.log10(x) - x_low) / (x_high - x_low)
        up = (math.log10(y) - y_low) / (y_high - y_low)
        return offset + LEFT + across * (right - LEFT), bottom - up * (bottom - TOP)

    parts = [f'<text x="{offset + LEFT}" y="22" font-weight="bold">{escape(panel.title)}</text>']
    for exponent in range(x_low, x_high + 1):
        x, _ = place(10 ** exponent, 10 ** y_low)
        parts.append(f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{_decade(exponent)}</text>')
    for exponent in range(y_low, y_high + 1):
        _, y = place(10 ** x_low, 10 ** exponent)
        parts.append(f'<path d="M{offset + LEFT} {y:.1f}H{offset + right}" stroke="#ddd"/>')
        parts.append(f'<text x="{offset + LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_decade(exponent)}</text>')
    parts.append(f'<text x="{offset + (LEFT + right) / 2}" y="{bottom + 34}" text-anchor="middle">'
                 f'{escape(x_title)}</text>')
    for number, (name, curve) in enumerate(panel.curves.items()):
        colour, placed = COLOURS[number % len(COLOURS)], [place(x, y) for x, y in curve]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in placed]
        parts.append(f'<text x="{offset + right - 4}" y="{TOP + 16 + 16 * number}" text-anchor="end" '
                     f'fill="{colour}">{escape(name)}</text>')
    return parts


def svg(x_title, panels):
    """The whole picture; white, so that it can be read on a dark page too."""
    width = WIDTH * len(panels)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" '
             f'height="{HEIGHT}" font-family="sans-serif" font-size="12" fill="#222">',
             f'<rect width="{width}" height="{HEIGHT}" fill="white"/>']
    for number, panel in enumerate(panels):
        parts += _panel(panel, x_title, number * WIDTH)
    return "\n".join([*parts, "</svg>\n"])
