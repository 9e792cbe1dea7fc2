"""Line and bar charts as SVG text. `None` in a line is a gap."""
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 76, 20, 84, 56  # margins around the plot
COLOURS = ("#c0392b", "#2c3e50", "#2980b9", "#27ae60", "#8e44ad", "#d68910", "#16a085", "#7f8c8d", "#6e2c00", "#1a5276",
           "#b9770e")
DASHES = ("", "6 4", "2 3")


def text(x, y, content, anchor="middle", size=12, more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {more}>{escape(content)}</text>'


def line(x1, y1, x2, y2, colour, more=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {more}/>'


def number(value):
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{unit}"
    return f"{value:g}"


class Scale:
    """From a value to its height in the picture, with round ticks."""

    def __init__(self, values, log):
        self.log = log
        top = max(values)
        if log:
            self.low = 10 ** math.floor(math.log10(min(values)))
            self.high = 10 ** math.ceil(math.log10(top) + 1e-9)
            decades = round(math.log10(self.high / self.low))
            steps = (1, 2, 5) if decades <= 3 else (1,)
            self.ticks = [self.low * 10 ** d * s for d in range(decades) for s in steps] + [self.high]
        else:
            step = 10 ** math.floor(math.log10(top))
            step = next(s for s in (step / 5, step / 2, step, 2 * step) if top / s <= 6)
            self.low, self.high = 0, math.ceil(top / step) * step
            self.ticks = [i * step for i in range(round(self.high / step) + 1)]

    def y(self, value):
        if self.log:
            part = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            part = value / self.high
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)


def frame(title, x_label, y_label, scale, names):
    """Everything but the data. names: (name, colour, dash)"""
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             text(LEFT, 24, title, "start", 16, 'font-weight="bold"')]
    for tick in scale.ticks:
        parts.append(line(LEFT, scale.y(tick), WIDTH - RIGHT, scale.y(tick), "#dddddd"))
        parts.append(text(LEFT - 8, scale.y(tick) + 4, number(tick), "end"))
    middle = (HEIGHT - BOTTOM + TOP) / 2
    parts.append(text(18, middle, y_label, more=f'transform="rotate(-90 18 {middle:.0f})"'))
    parts.append(text((WIDTH - RIGHT + LEFT) / 2, HEIGHT - 12, x_label))
    x, y = LEFT, 46
    for name, colour, dash in names:
        width = 34 + 7 * len(name)
        if x + width > WIDTH - RIGHT:
            x, y = LEFT, y + 18
        parts.append(line(x, y - 4, x + 22, y - 4, colour, f'stroke-width="3" stroke-dasharray="{dash}"'))
        parts.append(text(x + 28, y, name, "start"))
        x += width + 8
    return parts


def picture(parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            'font-family="Helvetica, Arial, DejaVu Sans, sans-serif">\n' + "\n".join(parts) + "\n</svg>\n")


def line_chart(title, x_label, y_label, ticks, series, log=False):
    """series: (name, values, colour's number, dash's number)"""
    series = [(name, values, COLOURS[c % len(COLOURS)], DASHES[d]) for name, values, c, d in series]
    scale = Scale([v for _, values, _, _ in series for v in values if v], log)
    parts = frame(title, x_label, y_label, scale, [(name, colour, dash) for name, _, colour, dash in series])
    step = (WIDTH - LEFT - RIGHT) / len(ticks)
    xs = [LEFT + (i + 0.5) * step for i in range(len(ticks))]
    parts += [text(x, HEIGHT - BOTTOM + 18, tick) for x, tick in zip(xs, ticks)]
    for _, values, colour, dash in series:
        points = [(x, scale.y(v)) for x, v in zip(xs, values) if v]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    return picture(parts)


def bar_chart(title, y_label, groups, series, mark=None, log=False):
    """series: (name, values, colour's number); mark: a height with a line across."""
    series = [(name, values, COLOURS[c % len(COLOURS)]) for name, values, c in series]
    scale = Scale([v for _, values, _ in series for v in values if v] + ([mark] if mark else []), log)
    parts = frame(title, "", y_label, scale, [(name, colour, "") for name, _, colour in series])
    step = (WIDTH - LEFT - RIGHT) / len(groups)
    width = min(48, 0.8 * step / len(series))
    bottom = HEIGHT - BOTTOM
    for i, group in enumerate(groups):
        middle = LEFT + (i + 0.5) * step
        parts.append(text(middle, bottom + 18, group))
        for j, (_, values, colour) in enumerate(series):
            if not values[i]:
                continue
            x = middle + (j - len(series) / 2) * width
            y = scale.y(values[i])
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width - 2:.1f}" height="{bottom - y:.1f}" fill="{colour}"/>')
            if width > 20:
                label = f"{values[i]:,.0f}" if values[i] >= 100 else f"{values[i]:.2g}"
                parts.append(text(x + width / 2 - 1, y - 4, label, size=10))
    if mark:
        parts.append(line(LEFT, scale.y(mark), WIDTH - RIGHT, scale.y(mark), "black", 'stroke-dasharray="4 3"'))
    return picture(parts)
