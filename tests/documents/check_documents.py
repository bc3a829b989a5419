#!/usr/bin/python3
"""Goal: what people take out of a consultation is what others' programs understand, in any language, and
hostile text in it is inert and visible.
Method: tests/support/make_documents writes all documents of one consultation in which everything happened once; parsers that
are not ours read them (html5lib, markdown-it), and small ones are compared with golden files.

    check_documents.py MAKE_DOCUMENTS            check
    check_documents.py MAKE_DOCUMENTS --write    make the golden files anew, to be reviewed
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata

import html5lib
import markdown_it

GOLDEN = pathlib.Path(__file__).parent / "golden"
LANGUAGES = ("en", "ko", "ja", "ar")
HOSTILE = ("<script>alert('minutes')</script> | *bold* [link](https://example.org) `code`",
           "1. Not a list", "# Not a heading")
HIDDEN = ("\\u{202E}", "\\u{202C}", "\\u{200B}", "\\u{0007}")
ISOLATES = "\u2066\u2067\u2068\u2069"
held = {}  # what was checked, and whether it held every time


def check(holds, what):
    if not holds and held.get(what, True):
        print(f"not ok: {what}")
    held[what] = held.get(what, True) and bool(holds)


def is_clean(text, allowed=""):
    """No control, bidi or invisible character that a reader would not see."""
    return not [c for c in text if c not in "\n" + allowed and unicodedata.category(c) in ("Cc", "Cf")]


def tree_of(data):
    return html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=True,
                               namespaceHTMLElements=False).parse(data.decode())


def check_page(name, data, language):
    text = data.decode()
    check(is_clean(text), f"{name}: nothing invisible is in it as it is")
    tree = tree_of(data)
    check(tree.get("lang") == language, f"{name}: language")
    check(tree.get("dir") == ("rtl" if language == "ar" else "ltr"), f"{name}: direction")
    tags = {element.tag for element in tree.iter()}
    check(not tags & {"script", "iframe", "object", "img", "form", "link", "base"}, f"{name}: no script")
    for element in tree.iter():
        for key, value in element.attrib.items():
            check(not key.startswith("on"), f"{name}: no handler {key}")
            if key == "href":
                check(value.startswith("#s"), f"{name}: no link out: {value}")
    for block in tree.iterfind(".//div[@class='text']"):
        rtl = re.match(r"(ar|fa|he|ur)\b", block.get("lang", ""))
        check(block.get("dir") == ("rtl" if rtl else "ltr"), f"{name}: a text's direction")
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    check(len(ids) == len(set(ids)), f"{name}: ids are distinct")
    return tree


def check_minutes(files):
    for language in LANGUAGES:
        tree = check_page(f"minutes.{language}.html", files[f"minutes.{language}.html"], language)
        blocks = {}
        for block in tree.iterfind(".//div[@class='text']"):
            blocks.setdefault(block.get("lang"), []).append(block)
        texts = ["".join(block.itertext()) for found in blocks.values() for block in found]
        check(sorted(blocks) == ["ar", "en", "ja", "ko"], f"minutes {language}: languages {sorted(blocks)}")
        check(len(blocks["ar"]) == 2 and len(blocks["ko"]) == 1, f"minutes {language}: texts")
        check(any("وكانت قمة هانوي في فبراير 2019 (Hanoi) قد باءت بالفشل." in t for t in texts),
              f"minutes {language}: Arabic as it was said")
        for line in HOSTILE:
            check(any(line in text for text in texts), f"minutes {language}: shown as it is: {line}")
        hidden = [span.text for span in tree.iterfind(".//span[@class='hidden']")]
        check(tuple(hidden) == HIDDEN, f"minutes {language}: hidden characters are shown: {hidden}")
        marks = tree.findall(".//span[@class='mark']")
        check(len(marks) == 1, f"minutes {language}: one statement came late")
        check(len(tree.findall(".//article")) == 9, f"minutes {language}: what was said")
        check(len(tree.findall(".//tbody/tr")) == 4, f"minutes {language}: who was there")


def check_markdown(files):
    for language in LANGUAGES:
        text = files[f"minutes.{language}.md"].decode()
        check(is_clean(text, ISOLATES), f"minutes.{language}.md: nothing invisible but isolates")
        for line in text.split("\n"):
            depth = 0
            for c in line:
                depth += (c in "\u2066\u2067\u2068") - (c == "\u2069")
                check(depth >= 0, f"minutes.{language}.md: isolates close")
            check(depth == 0, f"minutes.{language}.md: isolates close in their line: {line!r}")
        parser = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table")
        tokens = parser.parse(text)
        flat = [t for token in tokens for t in [token] + (token.children or [])]
        kinds = {token.type for token in flat}
        check(not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "code_block",
                           "ordered_list_open"}, f"minutes.{language}.md: nothing but ours: {kinds}")
        check(sum(t.type == "heading_open" for t in tokens) == 10, f"minutes.{language}.md: headings")
        shown = parser.render(text)
        tree = html5lib.parse(shown, namespaceHTMLElements=False)
        plain = "".join(c for c in "".join(tree.itertext()) if c not in ISOLATES)
        for line in HOSTILE:
            check(line in plain, f"minutes.{language}.md: shown as it is: {line}")
        for escape in HIDDEN:
            check(escape in plain, f"minutes.{language}.md: shown: {escape}")


def check_golden(files, write):
    for name in ("minutes.en.md",):
        path = GOLDEN / name
        if write:
            path.write_bytes(files[name])
        check(path.exists() and path.read_bytes() == files[name],
              f"{name} is not as in {path}; where the change is meant, make it anew with --write")


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        files = {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}
    check_minutes(files)
    check_markdown(files)
    check_golden(files, "--write" in sys.argv)
    failed = sum(not holds for holds in held.values())
    print(f"{len(held) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
