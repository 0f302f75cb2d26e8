#!/usr/bin/env python3
"""Measures the house: sizes, rooms, public types, ties of folders, ladders, launches, repeated blocks and words.

Figures come from a lexer and a parser of declarations, not from a compiler. Ties do not see extension methods
and `var`, which name no type. A local function counts with its method. Generated files count in sizes, not in blocks.
"""
import argparse
import fnmatch
import math
import os.path
import re
import statistics
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

COLUMNS = 140
BLOCK = 6
TIED = ("Blip.Kernels", "Blip.Runtime")
ODD = "Watch TextSight Team ITeam Meet Pick Twice Way Works Soften Hide Bring Told".split()

TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|^[ \t]*\#[^\n]*|[$@]*"+|'(?:\\.[^'\n]*|[^'\\\n])'|[(){}\[\]:]""", re.S | re.M)
STRUCTURE = re.compile(r"[{};(\[]|=>|(?<![=<>!])=(?![=>])")
MODIFIERS = r"(?:(?:public|internal|private|protected|file|static|sealed|abstract|partial|readonly|ref|unsafe|new)\s+)*"
TYPE = re.compile(MODIFIERS + r"(class|struct|interface|enum|record(?:\s+(?:class|struct))?)\s+(\w+)\s*(<[^>]*>)?")
DELEGATE = re.compile(MODIFIERS + r"(delegate)\s[^(]*?(\w+)\s*(<[^>]*>)?\s*\(")
KEYWORD = r"(?:return|new|case|await|throw|is|in|as|not|or|and|else|goto|yield|when|switch|nameof|typeof|from|select|where|using|operator)"

class Source:
    """A C# file: its text, its code without comments and strings, and its declarations."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.project, _, rest = path.partition("/")
        self.room = rest.split("/")[0] if "/" in rest else "(root)"
        self.lines, self.comments, self.strings = text.splitlines(), [], []
        self.lex(0, False)
        self.plain = blank(text, self.comments)
        self.code = blank(self.plain, self.strings)
        self.types, self.methods, self.enums = [], [], {}
        self.members(0, ())

    def line(self, at):
        return self.text.count("\n", 0, at) + 1

    def lex(self, at, hole):
        """Collects comments and strings from `at`; a hole of an interpolated string ends at its brace or format."""
        depth = 0
        while token := TOKEN.search(self.text, at):
            at, word = token.end(), token.group().lstrip()
            if word[0] in "/#":
                self.comments.append(token.span())
            elif word[0] == "'":
                self.strings.append(token.span())
            elif word[-1] == '"':
                at = self.string(token.start(), word)
            elif hole and depth == 0 and word in "}:":
                return token.start()
            elif word != ":":
                depth += 1 if word in "({[" else -1
        return len(self.text)

    def string(self, start, opening):
        """Collects the string that starts so, and what stands in its holes; returns its end."""
        prefix, quotes = opening.rstrip('"'), opening.count('"')
        verbatim, holes, raw = "@" in prefix, prefix.count("$"), "@" not in prefix and quotes >= 3
        if quotes % 2 == 0 and not raw:
            self.strings.append((start, start + len(opening)))
            return start + len(opening)
        at = start + len(opening) if raw else start + len(prefix) + 1
        escape = "(?!)" if raw else '""' if verbatim else r"\\."
        opened = "(?!)" if not holes else r"\{{%d,}" % holes if raw else r"\{\{|\}\}|\{"
        for_end = '"{%d,}' % quotes if raw else '"'
        pattern = re.compile(f"{escape}|(?P<end>{for_end})|(?P<hole>{opened})", re.S)
        while part := pattern.search(self.text, at):
            at = part.end()
            if part["end"]:
                self.strings.append((start, at))
                return at
            if part["hole"] and (raw or part["hole"] == "{"):
                self.strings.append((start, at))
                start = self.lex(at, True)
                at = self.text.find("}", start) + (holes if raw else 1)
        raise SystemExit(f"{self.path}:{self.line(start)}: a string does not end; the lexer of this script needs a look.")

    def members(self, at, owner):
        """Reads declarations from `at` to the brace that closes their owner, a chain of (name, is public, kind)."""
        start, assigned = at, False
        while token := STRUCTURE.search(self.code, at):
            word, at = token.group(), token.end()
            if word in "([" or (word == "{" and assigned):
                at = closing(self.code, token.start())
            elif word == "}":
                return at
            elif word == "=":
                assigned = True
            elif word == ";":
                self.declare(start, at, owner)
                start, assigned = at, False
            elif word == "=>" and not assigned:
                start = at = self.method(start, token.start(), owner, False)
            elif word == "{":
                inner = self.declare(start, token.start(), owner)
                if inner and inner[-1][2] == "enum":
                    at = closing(self.code, token.start())
                    self.enums[inner[-1][0]] = re.findall(r"[{,]\s*(?:\[[^\]]*\]\s*)*(\w+)", self.code[token.start():at])
                else:
                    at = self.method(start, token.start(), owner, True) if inner is None else self.members(at, inner)
                start = at
        return at

    def header(self, start, end):
        """The declaration's text without attributes."""
        while self.code[start:start + 1].isspace() or self.code[start:start + 1] == "[":
            start = closing(self.code, start) if self.code[start] == "[" else start + 1
        return self.code[start:end]

    def declare(self, start, end, owner):
        """A type's owner chain, with it, for its members; None where the text declares no type."""
        text = self.header(start, end)
        if re.match(r"namespace\b|extension\b\s*[(<]", text):
            return owner
        found = TYPE.match(text) or DELEGATE.match(text)
        if not found:
            return None
        implied = owner and owner[-1][2] == "interface" and not re.search(r"\b(internal|private|protected)\b", found.group())
        public = bool(re.search(r"\bpublic\b", found.group()) or implied) and all(part[1] for part in owner)
        chain = (*owner, (found[2], public, found[1]))
        key = ".".join(part[0] for part in chain) + "," * ((found[3] or "").count(",") + bool(found[3]))
        self.types.append({"name": found[2], "key": key, "public": public, "nested": bool(owner)})
        return chain

    def method(self, start, body, owner, block):
        """Notes the method, if it is one, whose braces or arrow stand at `body`; returns its end."""
        text, end = self.header(start, body), body
        while not (block and end > body) and self.code[end] != ";":
            end = closing(self.code, end) if self.code[end] in "([{" else end + 1
        for _ in range(8):
            text = re.sub(r"<[^<>()]*>", "", re.sub(r"\([^()]*\)", "§", text))
        name = re.search(r"(~?\w+|operator\s*[^\s\w§]+)\s*§\s*(?::|where\b|$)", text)
        if owner and name:
            self.methods.append({"name": f"{owner[-1][0]}.{name[1]}", "block": block, "lines": self.line(end - 1) - self.line(body) + 1})
        return end

def blank(text, spans):
    at, parts = 0, []
    for start, end in spans:
        parts += text[at:start], re.sub(r"[^\n]", " ", text[start:end])
        at = end
    return "".join(parts) + text[at:]

def closing(text, at):
    """Behind the bracket that closes the one at `at`; angles count where that one is an angle."""
    opening, ending = ("<([{", ">)]}") if text[at] == "<" else ("([{", ")]}")
    depth = 0
    for token in re.compile("=>|[" + re.escape(opening + ending) + "]").finditer(text, at):
        depth += (token.group() in opening) - (token.group() in ending)
        if depth == 0:
            return token.end()
    raise SystemExit(f"A bracket does not end; the lexer of this script needs a look: {text[at:at + 80]}")

def split(text):
    """The parts of a text between the commas outside of brackets."""
    parts, depth = [""], 0
    for piece in re.split(r"([,(){}\[\]])", text):
        depth += (piece in ("(", "[", "{")) - (piece in (")", "]", "}"))
        parts[-1:] = [parts[-1], ""] if piece == "," and depth == 0 else [parts[-1] + piece]
    return parts

class Tree:
    """A checkout: its tracked files, or all but outputs where there is no git, and its C# sources."""

    def __init__(self, root):
        self.root = Path(root)
        listed = subprocess.run(["git", "-C", root, "ls-files"], capture_output=True, text=True)
        walked = [] if listed.stdout else [path.relative_to(root) for path in self.root.rglob("*")]
        files = listed.stdout.splitlines() or [path.as_posix() for path in walked if not {"bin", "obj"}.intersection(path.parts)]
        self.files = sorted(file for file in files if (self.root / file).is_file())
        self.sources = [Source(file, self.read(file)) for file in self.files if file.endswith(".cs")]
        self.projects = defaultdict(list)
        for source in self.sources:
            self.projects[source.project].append(source)

    def read(self, file):
        return (self.root / file).read_text("utf-8-sig")

    def below(self, project):
        """The project and those that it refers to."""
        file = f"{project}/{project}.csproj"
        direct = re.findall(r'<ProjectReference\s+Include="[^"]*?([\w.]+)\.csproj"', self.read(file)) if file in self.files else []
        return {project}.union(*map(self.below, direct))

    def matches(self, pattern, projects=None):
        return [(source, match) for source in self.sources if not projects or source.project in projects
                for match in re.finditer(pattern, source.code, re.M)]

def spread(values):
    """Median, 95th percentile and maximum."""
    values = sorted(values)
    return f"{statistics.median_low(values)} / {values[math.ceil(0.95 * len(values)) - 1]} / {values[-1]}" if values else "-"

def sizes(tree):
    for project, sources in sorted(tree.projects.items()):
        lengths = [len(source.lines) for source in sources]
        methods = sorted((method for source in sources for method in source.methods), key=lambda method: -method["lines"])
        yield (project, len(sources), sum(lengths), sum(n <= 20 for n in lengths), sum(n <= 30 for n in lengths), spread(lengths),
               spread(method["lines"] for method in methods), spread(method["lines"] for method in methods if method["block"]),
               ", ".join(f"{method['name']} {method['lines']}" for method in methods[:3]),
               sum(len(line) > COLUMNS for source in sources for line in source.lines))

def public_types(tree):
    """(project, folder, type) of each, once."""
    return sorted({(source.project, source.room, declared["key"])
                   for source in tree.sources for declared in source.types if declared["public"]})

def ties(tree, project):
    """(folder, folder) -> an example each way, of folders that name each other's types."""
    homes, below, own = defaultdict(set), tree.below(project), tree.projects[project]
    for source in tree.sources:
        for declared in source.types if source.project in below else ():
            homes[declared["name"]].add((source.project, source.room, declared["nested"]))
    unique = {name: room for name, places in homes.items() for home, room, nested in places
              if len(places) == 1 and home == project and not nested}
    spaces = {part for source in own for part in os.path.dirname(source.path).replace("/", ".").split(".")}
    members = {method["name"].split(".")[-1] for source in own for method in source.methods}
    members.update(name for source in own for names in source.enums.values() for name in names)
    members.update(match[1] for _, match in tree.matches(r"[\w>\]?]\s+([A-Z]\w*)\s*(?:\{\s*(?:get|init|set)|=>|;|=[^=])", [project]))
    found = {}
    for source in own:
        code = re.sub(r"^\s*(?:global\s+)?(?:using\s+(?!static)[\w.]+;|namespace\s[^\n]*)",
                      lambda m: " " * len(m.group()), source.code, flags=re.M)
        for match in re.finditer(r"(?<![\w.])(?:\w+\s*\.\s*)*\w+\b(?!\s*:(?!:))", code):
            parts = [(part.group(), match.start() + part.start()) for part in re.finditer(r"\w+", match.group())]
            name, at = next(((name, at) for name, at in parts if name not in spaces or name in unique), parts[-1])
            if unique.get(name, source.room) != source.room and (name not in members or is_type_use(code, at, name)):
                found.setdefault((source.room, unique[name]), f"{os.path.basename(source.path)}:{source.line(at)} {name}")
    return {(a, b): (found[a, b], found[b, a]) for a, b in sorted(found) if a < b and (b, a) in found}

def is_type_use(code, at, name):
    """Whether a name that is a member, too, stands where only a type can."""
    before, after = code[max(0, at - 40):at], code[at + len(name):at + len(name) + 60]
    return bool(re.search(r"(\bnew|\bis|\bas|\btypeof\(|\bcase|[<:])\s*$", before)
                or re.match(r"(<[^;(]*>)?[?*]?(\[\])?\s+(?!is\b|as\b|switch\b)[\w@]+\s*[,;=){]", after))

def ladders(tree, tests=True):
    """Switches with two labels or more of an enumeration: (enumeration, place, what its default does, is it open)."""
    enums = {name for source in tree.sources for name in source.enums}
    for source in (source for source in tree.sources if tests or source.project != "Blip.Tests"):
        bodies = []
        for match in re.finditer(r"\bswitch\b\s*", source.code):
            statement = source.code[match.end()] == "("
            opening = source.code.index("{", closing(source.code, match.end()) if statement else match.end())
            bodies.append((match.start(), opening, closing(source.code, opening), statement))
        for at, opening, end, statement in bodies:
            body = source.code[opening + 1:end - 1]
            for start, _, stop, _ in bodies:
                if opening < start and stop <= end:
                    body = blank(body, [(start - opening - 1, stop - opening - 1)])
            labels, default = arms(body, statement)
            counts = Counter(name for label in labels for name in set(re.findall(r"\b([A-Z]\w*)\.[A-Z]\w*\b(?!\s*[.(])", label)))
            closed = re.match(r"\s*throw\b", default) if default is not None else not statement
            said = "none" if default is None else " ".join(default.split())[:50]
            for name in (name for name, count in counts.items() if count >= 2 and name in enums):
                yield name, f"{source.path}:{source.line(at)}", said, "" if closed else "open"

def arms(body, statement):
    """A switch's labels, and the start of its default, or None; an expression without one throws by itself."""
    if statement:
        default = re.search(r"\bdefault\s*:([^;]*)", body)
        return re.findall(r"\bcase\s+([^:;]*):", body), default and default[1]
    parts = [arm.partition("=>") for arm in split(body)]
    defaults = [value for pattern, _, value in parts if re.fullmatch(r"\s*(_|var \w+|\([_,\s]+\))\s*", pattern)]
    return [pattern for pattern, _, _ in parts], defaults[0] if defaults else None

def launches(tree):
    product, kernels = [project for project in tree.projects if project != "Blip.Tests"], tree.projects["Blip.Kernels"]
    loads = [len(split(source.code[match.end():closing(source.code, match.end() - 1) - 1].replace("<", "(").replace(">", ")")))
             for source, match in tree.matches(r"\b[a-z]\w*\.Load<", product)]
    names = Counter(method["name"] for source in kernels for method in source.methods)
    references = [source for source in tree.sources if source.path.endswith("Reference.cs")]
    shipped = [len(source.lines) for source in references if source in kernels]
    yield "`.Load<…>` with explicit type arguments, not in tests", len(loads)
    yield "type arguments of those: median, most", f"{statistics.median_low(loads)}, {max(loads)}" if loads else "-"
    yield "`.Launch(` and `.Launch<`, not in tests", len(tree.matches(r"\.Launch\s*[<(]", product))
    yield "overloads of `Device.Load`, of `Device.Launch`", f"{names['Device.Load']}, {names['Device.Launch']}"
    for text in ("[Kernel", "AggressiveInlining", "bool portable"):
        pattern = re.escape(text) + r"\b"
        yield f"`{text}`: Blip.Kernels, whole tree", f"{len(tree.matches(pattern, ['Blip.Kernels']))}, {len(tree.matches(pattern))}"
    yield "files with `extern alias`", len({source.path for source, _ in tree.matches(r"^\s*extern alias\b")})
    yield "linked source files", len(linked(tree))
    yield "`*Reference.cs`: Blip.Kernels (lines), whole tree", f"{len(shipped)} ({sum(shipped)}), {len(references)}"

def linked(tree):
    """(project file, source) of each source of another folder that a project compiles."""
    includes = [(file, include.replace("\\", "/")) for file in tree.files if file.endswith(".csproj")
                for include in re.findall(r'<Compile\s[^>]*Include="([^"]*\.\.[^"]*)"', tree.read(file))]
    return {(file, source) for file, include in includes
            for source in fnmatch.filter(tree.files, os.path.normpath(os.path.join(os.path.dirname(file), include)))}

def blocks(tree, alike=False):
    """Runs of lines that repeat earlier ones, the longest first: (lines, place, earlier place); `alike` takes all numbers as one."""
    lines, seen, copies = [], {}, {}
    for source in (source for source in tree.sources if "<auto-generated" not in source.text[:400]):
        first = len(lines)
        lines += [(source.path, number, re.sub(r"\d+", "0", line) if alike else line)
                  for number, line in enumerate(map(str.strip, source.plain.split("\n")), 1)
                  if re.search(r"\w", line) and not re.match(r"(global )?(using [\w.=\s<>]+;|namespace\b)", line)]
        for at in range(first, len(lines) - BLOCK + 1):
            window = tuple(line[2] for line in lines[at:at + BLOCK])
            if seen.setdefault(window, at) <= at - BLOCK:
                copies.update((at + i, seen[window] + i) for i in range(BLOCK))
    runs = []
    for at in sorted(copies):
        if not runs or at > sum(runs[-1]) or lines[at][0] != lines[at - 1][0]:
            runs.append([at, 0])
        runs[-1][1] += 1
    return sorted(((length, "{}:{}".format(*lines[at]), "{}:{}".format(*lines[copies[at]])) for at, length in runs), reverse=True)

def words(tree):
    """Comment lines with pictures by project, names with Picture and their uses, and where odd names are declared."""
    pictures = {project: sum(len(re.findall(r"\bpictures?\b[^\n]*", source.text[start:end], re.I))
                             for source in sources for start, end in source.comments)
                for project, sources in sorted(tree.projects.items())}
    names, odd = Counter(match.group() for _, match in tree.matches(r"\b\w*[Pp]icture\w*")), {}
    for name in ODD:
        declared = (rf"\b(?:class|struct|interface|enum|record)\s+{name}\b|^\s*{name}\s*(?:=[^=>]*)?,?\s*$"
                    rf"|(?<![\w.])(?!{KEYWORD}\b)[\w.]+(?:<[^;()]*>)?[?*\[\]]*\s+{name}\s*(?:<[\w, ]+>\s*)?(?:[;=,(){{]|=>)")
        odd[name] = [f"{source.path}:{source.line(match.end() - 1)}" for source, match in tree.matches(declared)]
    return pictures, names, odd

def summary(tree):
    """Label -> figure, for a comparison."""
    found = {"files, lines": f"{len(tree.sources)}, {sum(len(source.lines) for source in tree.sources)}"}
    for project, files, lines, small, smallish, length, _, block, longest, wide in sizes(tree):
        found |= {f"{project}: files, lines": f"{files}, {lines}", f"{project}: files of at most 20, 30 lines": f"{small}, {smallish}",
                  f"{project}: lines of files, median / p95 / max": length, f"{project}: longest method": longest.split(",")[0],
                  f"{project}: methods with a block, median / p95 / max": block, f"{project}: lines over {COLUMNS} columns": wide}
    found["fullest room"] = "{} {}".format(*Counter(os.path.dirname(source.path) for source in tree.sources).most_common(1)[0])
    found.update(Counter(f"{project}: public types" for project, _, _ in public_types(tree)))
    found.update((f"{project}: two-way ties of folders", len(ties(tree, project))) for project in TIED)
    states = [state for _, _, _, state in ladders(tree, tests=False)]
    found["ladders, not in tests; open ones"] = f"{len(states)}; {states.count('open')}"
    found.update((label.replace("`", ""), value) for label, value in launches(tree))
    for how, runs in (("", blocks(tree)), (", all numbers alike", blocks(tree, True))):
        found[f"repeated blocks of {BLOCK} lines or more{how}; their lines"] = f"{len(runs)}; {sum(run[0] for run in runs)}"
    pictures, names, odd = words(tree)
    found["comment lines with picture(s)"] = sum(pictures.values())
    found["identifiers with Picture (distinct; uses)"] = f"{len(names)}; {sum(names.values())}"
    found["odd names declared"] = sum(len(places) for places in odd.values())
    return found

def table(title, heads, rows):
    print(f"\n## {title}\n")
    for row in (heads, ["---"] * len(heads), *rows):
        print("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |")

def report(tree):
    table("1. Sizes", ("project", "files", "lines", "≤ 20 lines", "≤ 30 lines", "median / p95 / max",
                       "methods, median / p95 / max", "with a block only", "longest methods", f"lines > {COLUMNS}"), sizes(tree))
    folders = Counter(os.path.dirname(source.path) for source in tree.sources)
    table("2. Fullest rooms", ("folder", "files directly in it"), folders.most_common(12))
    public = Counter((project, folder) for project, folder, _ in public_types(tree))
    table("3. Public types", ("project", "types", "by folder"), [
        (project, sum(own.values()), ", ".join(f"{folder} {count}" for (_, folder), count in own.most_common()))
        for project in sorted(tree.projects) for own in [Counter({key: public[key] for key in public if key[0] == project})]])
    for project in TIED:
        table(f"4. Two-way ties of {project}", ("folders", "one way", "the other way"),
              [(f"{a} ↔ {b}", there, back) for (a, b), (there, back) in ties(tree, project).items()])
    product = Counter((name, state) for name, _, _, state in ladders(tree, tests=False))
    table("5. Ladders, not in tests", ("enumeration", "switches", "open"), [
        (name, product[name, ""] + product[name, "open"], product[name, "open"]) for name in sorted({name for name, _ in product})])
    table("5. Their places, with tests", ("enumeration", "place", "default", "open"), sorted(ladders(tree)))
    table("6. Launches", ("what", "count"), launches(tree))
    table("6. Linked sources", ("by", "file"), sorted(linked(tree)))
    for how, runs in (("", blocks(tree)), (", all numbers alike", blocks(tree, True))):
        table(f"7. Repeated blocks of {BLOCK} lines or more{how}: {len(runs)}, {sum(run[0] for run in runs)} lines that could go",
              ("lines", "place", "repeats"), runs[:10])
    pictures, identifiers, odd = words(tree)
    table("8. Comment lines with picture(s)", ("project", "lines"), pictures.items())
    table(f"8. Identifiers with Picture: {len(identifiers)} names, {sum(identifiers.values())} uses", ("identifier", "uses"),
          identifiers.most_common(20))
    table("8. Odd names, declared", ("name", "times", "places"), [(name, len(at), ", ".join(at[:5])) for name, at in odd.items()])

def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--tree", metavar="DIR", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    options.add_argument("--compare", metavar="DIR", help="a checkout to print before this one, summary figures only")
    chosen = options.parse_args()
    if missing := [folder for folder in (chosen.tree, chosen.compare) if folder and not os.path.isdir(folder)]:
        options.error(f"{missing[0]} is no folder; give the top of a checkout.")
    if chosen.compare:
        old, new = summary(Tree(chosen.compare)), summary(Tree(chosen.tree))
        table("Before and after", ("figure", "before", "after"), [(label, old.get(label, "-"), new.get(label, "-")) for label in old | new])
    else:
        report(Tree(chosen.tree))

if __name__ == "__main__":
    main()
