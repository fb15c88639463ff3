#!/usr/bin/env python3
"""Makes the manual, gzipped, for CMake.

    manual.py page OUT.gz DATE VERSION PROGRAM                   what `PROGRAM --help-man=page` prints
    manual.py settings OUT.gz DATE VERSION HEAD PROGRAM , ...    HEAD, with `--help-man=settings` of each PROGRAM
    manual.py markdown OUT.gz DATE VERSION NAME SECTION IN.md [HEADING]   a Markdown text as a page, from that heading on

    manual.py script OUT.gz DATE VERSION NAME SECTION PURPOSE SCRIPT SEE,ALSO    what `sh SCRIPT --help` prints

A PROGRAM may be several words, such as those of an emulator before it.
"""
import gzip
import re
import subprocess
import sys

# Of a terminal with 80 columns, less the indentation of a page.
TEXT_WIDTH = 66


def ask(command, what):
    return subprocess.run([*command, f"--help-man={what}"], check=True, capture_output=True, text=True).stdout


def literal(text):
    """As literal() in schema/program/manual.cpp."""
    for letter, roff in (("\\", "\\e"), ("-", "\\-"), ("'", "\\(aq"), ("`", "\\(ga"), ("^", "\\(ha"), ("~", "\\(ti")):
        text = text.replace(letter, roff)
    return "\\&" + text if text.startswith(".") else text


def inline(text):
    """Markdown inside a paragraph: `code` and **words** become bold, *words* italic, links their text."""
    text = re.sub(r"\[((?:`[^`]*`|[^\]`])+)\]\([^)]+\)", r"\1", text)
    out = ""
    for part in re.split(r"(`[^`]+`|\*\*[^*]+\*\*|(?<![\w*])\*[^*\s][^*]*\*(?![\w*]))", text):
        if part.startswith("`") and len(part) > 2:
            out += f"\\fB{literal(part[1:-1])}\\fR"
        elif part.startswith("**") and len(part) > 4:
            out += f"\\fB{inline(part[2:-2])}\\fR"
        elif part.startswith("*") and part.endswith("*") and len(part) > 2:
            out += f"\\fI{literal(part[1:-1])}\\fR"
        else:
            out += literal(part)
    return "\\&" + out if out.startswith((".", "\\(aq")) else out


def shown(text):
    """About what a reader sees of a cell."""
    return re.sub(r"[`*]", "", text)


def cells(line):
    row = line.strip().strip("|")
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)]


def widths(rows):
    """Characters for each column, or None when the longest words don't fit beside each other."""
    natural = [max(len(shown(row[i])) for row in rows) for i in range(len(rows[0]))]
    least = [max(max(map(len, shown(row[i]).split()), default=1) for row in rows) for i in range(len(rows[0]))]
    room = TEXT_WIDTH - 3 * (len(natural) - 1)
    if sum(least) > room:
        return None
    given = least[:]
    # What is left goes to whoever wants most, bit by bit.
    for _ in range(room - sum(least)):
        neediest = max(range(len(given)), key=lambda i: natural[i] / given[i])
        if given[neediest] >= natural[neediest]:
            break
        given[neediest] += 1
    # tbl breaks no cell between pages.
    return given if all(want < 12 * got for want, got in zip(natural, given)) else None


def table(lines):
    """A tbl table with wrapped cells; one with too long words becomes a list."""
    rows = [cells(lines[0])] + [cells(line) for line in lines[2:]]
    for row in rows:
        row += [""] * (len(rows[0]) - len(row))
    given = widths(rows)
    if given is None:
        out = []
        for row in rows[1:]:
            out += [".TP", inline(row[0]), "; ".join(inline(cell) for cell in row[1:] if cell) or "\\&"]
        return out
    out = [".TS", "tab(\t);", " ".join(["lb"] * len(given)), " ".join(f"lw({n}n)" for n in given) + "."]
    for row in rows:
        out.append("\t".join("T{\n" + (inline(cell) or "\\&") + "\nT}" for cell in row))
    return out + [".TE"]


def verbatim(lines):
    return [".RS 4", ".nf", *[literal(line) or "\\&" for line in lines], ".fi", ".RE"]


def blocks(lines):
    """Groups of lines: (kind, lines)."""
    i = 0
    while i < len(lines):
        line = lines[i]
        start = i
        if line.startswith("!["):
            i += 1
        elif line.startswith("    "):
            while i < len(lines) and (lines[i].startswith("    ") or not lines[i].strip()):
                i += 1
            yield "verbatim", [each[4:] for each in "\n".join(lines[start:i]).rstrip().split("\n")]
        elif line.startswith("```"):
            i = next(k for k in range(start + 1, len(lines)) if lines[k].startswith("```")) + 1
            yield "verbatim", lines[start + 1:i - 1]
        elif line.startswith("#"):
            i += 1
            yield "heading", [line]
        elif line.startswith("|"):
            while i < len(lines) and lines[i].startswith("|"):
                i += 1
            yield "table", lines[start:i]
        elif re.match(r"\s*([*-]|\d+\.) ", line):
            i += 1
            while i < len(lines) and lines[i].startswith("  ") and not re.match(r"\s*([*-]|\d+\.) ", lines[i]):
                i += 1
            yield "item", lines[start:i]
        elif line.strip():
            while i < len(lines) and lines[i].strip() and not re.match(r"```|#|\||\s*([*-]|\d+\.) ", lines[i]):
                i += 1
            yield "text", lines[start:i]
        else:
            i += 1


def markdown(name, section, text, version):
    lines = text.split("\n")
    title = lines[0].lstrip("# ")
    out = ["'\\\" t", f'.TH {name.upper()} {section} "@DATE@" "PNCP {version}" "PNCP manual"', ".SH NAME",
           f"{literal(name)} \\- {inline(title)}", ".nh", ".ad l"]
    first = True
    for kind, part in blocks(lines[1:]):
        joined = " ".join(line.strip() for line in part)
        if kind == "heading":
            level = len(part[0]) - len(part[0].lstrip("#"))
            words = inline(part[0].lstrip("# "))
            out.append((".SH " if level <= 2 else ".SS ") + (words.upper() if level <= 2 and "\\" not in words else words))
            first = True
        elif kind == "verbatim":
            out += ([] if first else [".PP"]) + verbatim(part)
        elif kind == "table":
            out += ([] if first else [".PP"]) + table(part)
        elif kind == "item":
            mark, words = re.match(r"\s*([*-]|\d+\.) (.*)", joined).groups()
            out += [".IP " + ("\\(bu" if mark in "*-" else mark) + " 4", inline(words)]
        else:
            if out[-1] == ".ad l":
                out.append(".SH DESCRIPTION")
            elif not first:
                out.append(".PP")
            out.append(inline(joined))
        if kind != "heading":
            first = False
    return "\n".join(out) + "\n"


def from_heading(text, heading):
    """The title and what follows the heading, if one is given."""
    if not heading:
        return text
    title, _, rest = text.partition("\n")
    found = rest.find(f"\n## {heading[0]}\n")
    if found < 0:
        sys.exit(f"manual.py: there is no heading '{heading[0]}'")
    return title + "\n" + rest[found:]


def script(name, section, purpose, path, see):
    """A page around what a script says of itself."""
    said = subprocess.run(["sh", path, "--help"], check=True, capture_output=True, text=True).stdout
    usage, _, rest = said.strip().partition("\n\n")
    usage = usage.removeprefix("Usage: ")
    out = [f'.TH {name.upper()} {section} "@DATE@" "PNCP @VERSION@" "PNCP manual"', ".SH NAME",
           f"{literal(name)} \\- {literal(purpose)}", ".nh", ".ad l", ".SH SYNOPSIS", literal(usage), ".SH DESCRIPTION",
           *verbatim(rest.split("\n")), ".SH SEE ALSO", literal(", ".join(see.split(",")))]
    return "\n".join(out) + "\n"


def programs(words):
    """Commands out of words separated by commas."""
    commands = [[]]
    for word in words:
        if word == ",":
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def main():
    what, out, date, version, *rest = sys.argv[1:]
    if what == "markdown":
        name, section, source, *heading = rest
        with open(source, encoding="utf-8") as file:
            text = markdown(name, section, from_heading(file.read(), heading), version)
    elif what == "script":
        text = script(*rest)
    elif what == "page":
        text = ask(rest, "page")
    else:
        with open(rest[0], encoding="utf-8") as file:
            head, _, tail = file.read().partition("@SETTINGS@\n")
        text = head + "".join(ask(command, "settings") for command in programs(rest[1:])) + tail
    text = text.replace("@DATE@", date).replace("@VERSION@", version)
    # No name and no time inside, so that the same sources make the same bytes.
    with open(out, "wb") as file:
        file.write(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
