"""A terminal for tests: tmux, its screen read back as text, or as a picture (SVG) in the colours it has."""
import html
import itertools
import os
import re
import shutil
import subprocess

from harness import DEADLINE_S, wait_for
from lacking import lacking


NUMBERS = itertools.count()


class Terminal:
    """A shell in one terminal; its own tmux server, so that nothing of the user's is touched."""

    def __init__(self, folder, columns, rows, **environment):
        if shutil.which("tmux") is None:
            lacking("tmux is not installed; scripts/setup --tests gets it")
        # A name of its own: the server of the terminal before may still be on its way out.
        self.socket = os.path.join(folder, f"tmux-{next(NUMBERS)}")
        env = {key: value for key, value in os.environ.items() if not key.startswith(("PNCP_", "TMUX", "NO_COLOR"))}
        env.update(LANG="C.UTF-8", LC_ALL="C.UTF-8", TERM="screen", **environment)
        self.call("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                  "bash --norc --noprofile", env=env)
        wait_for("a shell", lambda: set("$#") & set(self.screen()))

    def call(self, *arguments, env=None):
        return subprocess.run(["tmux", "-S", self.socket, *arguments], capture_output=True, text=True, timeout=DEADLINE_S,
                              env=env).stdout

    def screen(self):
        return self.call("capture-pane", "-p")

    def type(self, text):
        self.call("send-keys", "-l", text)

    def keys(self, *names):
        self.call("send-keys", *names)

    def run(self, line):
        self.type(line)
        self.keys("Enter")

    def resize(self, columns, rows):
        self.call("resize-window", "-x", str(columns), "-y", str(rows))

    def wait(self, what, condition):
        """Until `condition` of the screen's text is true; its value."""
        try:
            return wait_for(what, lambda: condition(self.screen()))
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen is\n{self.screen()}") from None

    def svg(self, title, replaced=()):
        """As it stands, with words replaced: pairs of the old one and a new one that is no longer."""
        screen = self.call("capture-pane", "-p", "-e").rstrip("\n")
        for old, new in replaced:
            screen = re.sub(re.escape(old) + r"(\S*)", lambda found: (new + found[1]).ljust(len(found[0])), screen)
        return svg_of(screen, title)

    def close(self):
        self.call("kill-server")


# --- pictures ------------------------------------------------------------------------------------------------------------

# It has a ground of its own, so that it is read on a light page and on a dark one.
GROUND, INK, DIM = "#1f2329", "#d5d9e0", "#8d95a3"
COLOURS = {30: "#5c6370", 31: "#ff8b82", 32: "#87d787", 33: "#e6c15a", 34: "#79b8ff", 35: "#d2a8ff", 36: "#76d7c4", 37: INK}
CELL_W, CELL_H, MARGIN, FONT_SIZE = 7.8, 17, 12, 13


def runs_of(line):
    """(text, colour, bold, reversed) of each stretch of a line with SGR sequences."""
    colour, bold, reverse = INK, False, False
    for text, codes in re.findall(r"([^\x1b]*)(?:\x1b\[([0-9;]*)m|$|\x1b[()].)", line):
        if text:
            yield text, colour, bold, reverse
        for code in (int(each or 0) for each in codes.split(";")) if codes is not None and text + codes else ():
            if code == 0:
                colour, bold, reverse = INK, False, False
            elif code in (1, 22):
                bold = code == 1
            elif code == 2:
                colour = DIM
            elif code in (7, 27):
                reverse = code == 7
            elif code == 39:
                colour = INK
            elif code in COLOURS:
                colour = COLOURS[code]


def svg_of(screen, title):
    """The text of a screen, SGR sequences in it, as SVG. Each run has its place and length, whatever the font."""
    lines = screen.split("\n")
    columns = max(sum(len(run[0]) for run in runs_of(line)) for line in lines)
    width, height = columns * CELL_W + 2 * MARGIN, len(lines) * CELL_H + 2 * MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
           f'font-family="ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace" font-size="{FONT_SIZE}">',
           f"<title>{html.escape(title)}</title>",
           f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>']
    for row, line in enumerate(lines):
        column, y = 0, MARGIN + row * CELL_H
        for text, colour, bold, reverse in runs_of(line):
            x, length = MARGIN + column * CELL_W, len(text) * CELL_W
            column += len(text)
            if reverse:
                out.append(f'<rect x="{x:.1f}" y="{y}" width="{length:.1f}" height="{CELL_H}" fill="{colour}"/>')
            if text.strip():
                begin = len(text) - len(text.lstrip())
                word = text.strip()
                out.append(f'<text x="{x + begin * CELL_W:.1f}" y="{y + 13}" fill="{GROUND if reverse else colour}" '
                           f'textLength="{len(word) * CELL_W:.1f}" xml:space="preserve"'
                           f'{" font-weight=" + chr(34) + "bold" + chr(34) if bold else ""}>{html.escape(word)}</text>')
    return "\n".join(out) + "\n</svg>\n"
