#!/usr/bin/env python3
"""Makes the pictures of the README anew: run.svg, a recording of a run in a terminal, and report.png, its report.

    cargo build --release
    python3 docs/pictures/record.py

Python's standard library is enough. `report.png` needs Chromium; without it only the recording is made.
"""

import fcntl
import html
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unicodedata
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COLUMNS, ROWS = 100, 34
SHEET = "samples/guests.csv"
# What is typed, and what is really run: the picture shows the first.
TYPED = "guestlist invite guests.csv --sandbox --rate 4 --weather weather.toml"
# Two addresses of the sheet are written wrong.
WRONG = {"irene.castro@alpine.example": "irene.castro.alpine.example", "dana.fox@adatum.example": "dana.fox.adatum.example"}
# Graph throttles once, and an answer is lost.
WEATHER = """seed = 11
[latency]
min_ms = 40
max_ms = 160
[replication]
filters_ms = 1500
by_id_ms = 300
[[script]]
kind = "invitations"
skip = 9
count = 1
fault = "throttled"
retry_after = "3"
[[script]]
kind = "invitations"
skip = 4
count = 1
fault = "lost_after"
"""

CELL_WIDTH, LINE_HEIGHT, PADDING, BAR = 8.4, 19.0, 16.0, 30.0
FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]
LIGHT = {
    "paper": "#ffffff", "frame": "#d0d7de", "ink": "#1f2328", "dim": "#59636e", "red": "#b3261e", "green": "#116329",
    "yellow": "#7d4e00", "blue": "#0550ae", "magenta": "#6639ba", "cyan": "#0a6070", "black": "#1f2328", "white": "#59636e",
}
DARK = {
    "paper": "#14171a", "frame": "#3d444d", "ink": "#e6e8ea", "dim": "#a6adb5", "red": "#ff897d", "green": "#7ee0a0",
    "yellow": "#f0c35e", "blue": "#8ab4f8", "magenta": "#d0a8ff", "cyan": "#76d5e3", "black": "#a6adb5", "white": "#e6e8ea",
}


class Screen:
    """As much of a terminal as the program uses: text, colours, and moving within the last lines."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines = [[] for _ in range(rows)]
        self.x = self.y = 0
        self.style = ""
        self.rest = ""

    def feed(self, text):
        text, self.rest = self.rest + text, ""
        at = 0
        while at < len(text):
            char = text[at]
            if char == "\x1b":
                found = re.match(r"\x1b\[([?0-9;]*)([A-Za-z])", text[at:])
                if not found:
                    if len(text) - at < 16:
                        self.rest = text[at:]
                        return
                    at += 1
                    continue
                self.control(found.group(1), found.group(2))
                at += found.end()
                continue
            if char == "\n":
                self.down()
            elif char == "\r":
                self.x = 0
            elif char >= " ":
                self.put(char)
            at += 1

    def put(self, char):
        wide = 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if unicodedata.combining(char):
            return
        if self.x + wide > self.columns:
            self.x = 0
            self.down()
        line = self.lines[self.y]
        line.extend([(" ", "")] * (self.x + wide - len(line)))
        line[self.x] = (char, self.style)
        if wide == 2:
            line[self.x + 1] = ("", self.style)
        self.x += wide

    def down(self):
        self.y += 1
        if self.y == self.rows:
            self.lines.pop(0)
            self.lines.append([])
            self.y -= 1

    def control(self, numbers, what):
        values = [int(n) for n in numbers.strip("?").split(";") if n]
        first = values[0] if values else 0
        if what == "m":
            for value in values or [0]:
                if value == 0:
                    self.style = ""
                elif value == 1:
                    self.style += " bold"
                elif value == 2:
                    self.style += " dim"
                elif 30 <= value <= 37:
                    self.style += " " + NAMES[value - 30]
                elif 90 <= value <= 97:
                    self.style += " " + NAMES[value - 90]
        elif what == "K":
            line = self.lines[self.y]
            if first == 2:
                self.lines[self.y] = []
            elif first == 0:
                del line[self.x :]
        elif what == "J":
            del self.lines[self.y][self.x :]
            for y in range(self.y + 1, self.rows):
                self.lines[y] = []
        elif what == "A":
            self.y = max(0, self.y - max(1, first))
        elif what == "B":
            self.y = min(self.rows - 1, self.y + max(1, first))
        elif what == "G":
            self.x = max(0, first - 1)
        elif what == "C":
            self.x += max(1, first)
        elif what == "D":
            self.x = max(0, self.x - max(1, first))

    def frame(self):
        return tuple(tuple(line) for line in self.lines)


def record(command, folder):
    """The frames of a run, each with the second at which it was on the screen."""
    screen = Screen(COLUMNS, ROWS)
    for char in "$ ":
        screen.put(char)
    frames = [(0.0, screen.frame())]
    screen.style = " bold"
    clock = 0.4
    for char in TYPED:
        screen.put(char)
        clock += 0.035
        frames.append((clock, screen.frame()))
    screen.style = ""
    screen.feed("\r\n")
    clock += 0.4
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    run = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    began = time.monotonic()
    bytes_left = b""
    while True:
        ready, _, _ = select.select([ours], [], [], 0.05)
        if ready:
            try:
                more = os.read(ours, 65536)
            except OSError:
                more = b""
            if not more:
                break
            bytes_left += more
            text = bytes_left.decode("utf-8", errors="ignore")
            bytes_left = bytes_left[len(text.encode("utf-8")) :]
            screen.feed(text)
        frame = screen.frame()
        if frame != frames[-1][1]:
            frames.append((clock + time.monotonic() - began, frame))
    run.wait()
    screen.feed("$ ")
    frames.append((clock + time.monotonic() - began, screen.frame()))
    if run.returncode not in (0, 4):
        sys.exit(f"the run ended with exit code {run.returncode}")
    return frames


def thinned(frames, apart=0.25):
    """Fewer frames: none stands for less than `apart` seconds while the run goes on."""
    kept = [frames[0]]
    for at, (second, frame) in enumerate(frames[1:], 1):
        following = frames[at + 1][0] if at + 1 < len(frames) else second + 10
        if following - kept[-1][0] >= apart or at + 1 == len(frames):
            kept.append((max(second, kept[-1][0]), frame))
    return kept


def spans(line):
    """The parts of a line that look alike, each with its column and its width."""
    parts = []
    for x, (char, style) in enumerate(line):
        if parts and parts[-1][2] == style and (parts[-1][0].isascii() == char.isascii() or not char):
            text, column, _, width = parts[-1]
            parts[-1] = (text + char, column, style, width + 1)
        else:
            parts.append((char, x, style, 1))
    return [part for part in parts if part[0].strip()]


def drawn_line(line, y):
    written = []
    for text, column, style, width in spans(line):
        lead = len(text) - len(text.lstrip())
        text, column, width = text.strip(), column + lead, width - lead - (len(text.lstrip()) - len(text.strip()))
        kind = f' class="{style.strip()}"' if style.strip() else ""
        written.append(
            f'<text x="{column * CELL_WIDTH:.1f}" y="{(y + 1) * LINE_HEIGHT - 5:.1f}" textLength="{width * CELL_WIDTH:.1f}"{kind}>'
            f"{html.escape(text)}</text>"
        )
    return "".join(written)


def svg(frames):
    """Each line of the screen is drawn once for each text that it ever has, and shown while it has it."""
    pause = 6.0
    total = frames[-1][0] + pause
    used = max(y for _, frame in frames for y, line in enumerate(frame) if line) + 1
    shown = {}
    for at, (second, frame) in enumerate(frames):
        end = frames[at + 1][0] if at + 1 < len(frames) else total
        for y, line in enumerate(frame):
            if spans(line):
                times = shown.setdefault((y, line), [])
                if times and abs(times[-1][1] - second) < 0.001:
                    times[-1][1] = end
                else:
                    times.append([second, end])
    style, body = [], []
    for number, ((y, line), times) in enumerate(shown.items()):
        text = drawn_line(line, y)
        steps = []
        for begin, end in times:
            steps.append((begin / total, 1))
            steps.append((end / total, 0 if end < total else 1))
        if steps[0][0] > 0:
            steps.insert(0, (0, 0))
        values = "".join(f"{100 * at:.3f}%{{opacity:{on}}}" for at, on in steps)
        style.append(f"@keyframes k{number}{{{values}}}#l{number}{{animation-name:k{number}}}")
        last = times[-1][1] >= total
        body.append(f'<g id="l{number}" class="{"l z" if last else "l"}">{text}</g>')
    width = COLUMNS * CELL_WIDTH + 2 * PADDING
    height = used * LINE_HEIGHT + PADDING + BAR

    def colours(of):
        rules = [f".{name}{{fill:{of[name]}}}" for name in NAMES + ["dim"]]
        return f".p{{fill:{of['paper']};stroke:{of['frame']}}}text{{fill:{of['ink']}}}" + "".join(rules)

    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" role="img" aria-label="{html.escape(TYPED)}: a run in a terminal">
<title>{html.escape(TYPED)}</title>
<style>
text{{font:14px {FONT};white-space:pre;dominant-baseline:alphabetic}}
{colours(LIGHT)}
@media (prefers-color-scheme:dark){{{colours(DARK)}}}
.bold{{font-weight:700}}
.l{{opacity:0;animation-duration:{total:.2f}s;animation-timing-function:step-end;animation-iteration-count:infinite}}
@media (prefers-reduced-motion:reduce){{.l{{animation:none}}.z{{opacity:1}}}}
@media not (prefers-reduced-motion:reduce){{{''.join(style)}}}
</style>
<rect class="p" x=".5" y=".5" width="{width - 1:.0f}" height="{height - 1:.0f}" rx="8"/>
<g fill="#8b949e"><circle cx="18" cy="16" r="5"/><circle cx="36" cy="16" r="5"/><circle cx="54" cy="16" r="5"/></g>
<g transform="translate({PADDING} {BAR})">{''.join(body)}</g>
</svg>
"""


def chromium():
    for name in ["chromium", "chromium-browser", "google-chrome", "chrome"]:
        if shutil.which(name):
            return name
    return None


def picture_of_the_report(program, folder):
    page = Path(folder) / "guests.report.html"
    command = [program, "report", "--sandbox", "-o", str(page)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    browser = chromium()
    if browser is None:
        print("report.png is not made: there is no Chromium", file=sys.stderr)
        return
    target = HERE / "report.png"
    subprocess.run(
        [
            browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1000,1400",
            "--force-device-scale-factor=1", f"--user-data-dir={folder}/browser", f"--screenshot={target}", page.as_uri(),
        ],
        check=True,
        capture_output=True,
    )
    print(f"{target} ({target.stat().st_size // 1024} kB)")


def main():
    program = os.environ.get("GUESTLIST", str(ROOT / "target/release/guestlist"))
    if not Path(program).exists():
        sys.exit(f"{program} is missing: cargo build --release")
    with tempfile.TemporaryDirectory() as folder:
        sheet = (ROOT / SHEET).read_text(encoding="utf-8")
        for right, wrong in WRONG.items():
            sheet = sheet.replace(right, wrong)
        (Path(folder) / "guests.csv").write_text(sheet, encoding="utf-8")
        (Path(folder) / "weather.toml").write_text(WEATHER)
        frames = thinned(record([program, *TYPED.split()[1:]], folder))
        target = HERE / "run.svg"
        target.write_text(svg(frames), encoding="utf-8")
        print(f"{target} ({target.stat().st_size // 1024} kB, {len(frames)} frames, {frames[-1][0]:.0f} s)")
        picture_of_the_report(program, folder)


main()
