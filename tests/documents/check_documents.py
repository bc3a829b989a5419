#!/usr/bin/python3
"""Goal: what people take out of a consultation is what others' programs understand, in any language, and
hostile text in it is inert and visible.
Method: tests/support/make_documents writes all documents of one consultation in which everything happened once; parsers that
are not ours read them (html5lib, markdown-it), and small ones are compared with golden files.

    check_documents.py MAKE_DOCUMENTS            check
    check_documents.py MAKE_DOCUMENTS --write    make the golden files anew, to be reviewed
"""
import csv
import datetime
import decimal
import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata

import feedparser
import html5lib
import icalendar
import markdown_it

GOLDEN = pathlib.Path(__file__).parent / "golden"
LANGUAGES = ("en", "ko", "ja", "ar")
HOSTILE = ("<script>alert('minutes')</script> | *bold* [link](https://example.org) `code`",
           "1. Not a list", "# Not a heading")
HIDDEN = ("\\u{000D}", "\\u{000A}", "\\u{202E}", "\\u{202C}", "\\u{200B}", "\\u{0007}")
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


def check_brief(files):
    for language in LANGUAGES:
        tree = check_page(f"brief.{language}.html", files[f"brief.{language}.html"], language)
        waits, changed = tree.findall(".//ul")[:2]
        check(len(waits.findall("li")) == 4, f"brief {language}: what waits for the office")
        check(len(changed.findall("li")) == 2, f"brief {language}: what changed since")
        text = "".join(tree.itertext())
        check(0 < text.find("Hanoi") < text.find("Stockholm"), f"brief {language}: rounds as they were")
        check("Jake Sullivan" in "".join(changed.itertext()), f"brief {language}: the successor")
        check("2\u202f500\u202f000.5" in text, f"brief {language}: an exact sum")
        check(tree.find(".//div[@lang='ko']") is not None, f"brief {language}: the charter in Korean")
        markdown = files[f"brief.{language}.md"].decode()
        check(is_clean(markdown, ISOLATES), f"brief.{language}.md: nothing invisible but isolates")
        parser = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table")
        kinds = {t.type for token in parser.parse(markdown) for t in [token] + (token.children or [])}
        check(not kinds & {"html_block", "html_inline", "link_open", "image", "code_block"},
              f"brief.{language}.md: nothing but ours")


def check_csv(files):
    data = files["commitments.csv"]
    check(data.count(b"\n") - data.count(b"\r\n") == 1, "csv: lines end in CRLF, but for one in a text")
    rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    head, rows = rows[0], [dict(zip(rows[0], row)) for row in rows[1:] if len(row) == len(rows[0])]
    check(len(rows) == 9 and len(head) == 22, f"csv: rows {len(rows)}")
    for row in rows:
        for cell in row.values():
            check(not cell or cell[0] not in "=+-@\t\r|%", f"csv: no formula: {cell!r}")
    types = [row["transaction_type"] for row in rows]
    check(types == ["2", "3", "", "", "", "13", "1", "1", ""], f"csv: IATI transaction types {types}")
    first = rows[0]
    sums = [decimal.Decimal(first[name]) for name in ("pledged", "delivered", "confirmed", "disputed")]
    check(sums == [decimal.Decimal(x) for x in ("2500000.5", "1000000", "600000", "0.5")], f"csv: {sums}")
    check(first["text"] == '백신, "1차"\n공급분', "csv: a text of two lines with quotation marks")
    check(first["name"] == '\'=HYPERLINK("https://example.org";"Vaccines")', "csv: a formula is quoted")
    check(first["due"] == "2021-02-11T00:00:00Z" and first["withdrawn"] == "no", "csv: due date as changed")
    check(first["receivers"] == "日本国 (Japan); United States", "csv: receivers")
    check([row["verdict"] for row in rows[2:5]] == ["confirmed", "disputed", "due date"], "csv: verdicts")


def check_ical(files):
    data = files["sessions.ics"]
    check(all(len(line) <= 75 for line in data.split(b"\r\n")), "ics: lines of 75 bytes at most")
    check(b"\n" not in data.replace(b"\r\n", b""), "ics: lines end in CRLF")
    calendar = icalendar.Calendar.from_ical(data)
    check(str(calendar["version"]) == "2.0" and "prodid" in calendar, "ics: version and product")
    events = calendar.walk("vevent")
    check(len(events) == 2 and len({str(e["uid"]) for e in events}) == 2, "ics: two sessions")
    first, second = events
    utc = datetime.timezone.utc
    check(first["dtstart"].dt == datetime.datetime(2020, 11, 13, 1, 0, tzinfo=utc), "ics: begins, in UTC")
    check(first["dtend"].dt == datetime.datetime(2020, 11, 13, 2, 30, tzinfo=utc), "ics: ends")
    check(str(first["x-entente-status"]) == "closed" and str(second["x-entente-status"]) == "called",
          "ics: status")
    check(str(second["summary"]) == 'Follow-up of experts; "vaccines", =1+1', "ics: a hostile summary")
    check(first["organizer"].params["CN"] == "대한민국 (Republic of Korea)", "ics: organizer")
    names = [attendee.params["CN"] for attendee in first["attendee"]]
    check(len(names) == 5 and "서훈 (Suh Hoon)" in names, f"ics: attendees {names}")
    check(sum(a.params["PARTSTAT"] == "ACCEPTED" for a in first["attendee"]) == 4, "ics: who came")
    check(not any("mailto" in str(a) for a in first["attendee"]), "ics: a name makes no attendee")
    check(data == files["early.sessions.ics"], "ics: the same as long as nothing was said")


def check_atom(files):
    data = files["readouts.atom"]
    feed = feedparser.parse(data)
    check(not feed.bozo and feed.version == "atom10", "atom: well formed")
    check(feed.feed.id.startswith("urn:entente:room:") and feed.feed.updated_parsed, "atom: id, updated")
    check("협의" in feed.feed.title and len(feed.feed.authors) == 3, "atom: title, authors")
    check(len(feed.entries) == 4, f"atom: one readout in four languages: {len(feed.entries)}")
    check(len({entry.id for entry in feed.entries}) == 4, "atom: ids are distinct")
    by_language = {entry.content[0].language: entry for entry in feed.entries}
    check(sorted(by_language) == ["ar", "en", "ja", "ko"], f"atom: languages {sorted(by_language)}")
    check("<peace> & of dialogue" in by_language["en"].content[0].value.replace("&lt;", "<")
          .replace("&gt;", ">").replace("&amp;", "&"), "atom: the text to the letter")
    check(by_language["en"].title == "Joint readout", "atom: title is the first line")
    for language, entry in by_language.items():
        terms = [tag.term for tag in entry.tags]
        check(("translation" in terms) == (language == "ar"), f"atom: authentic: {language}")
        check((entry.published, entry.updated) == ("2020-11-13T11:50:00Z", "2020-11-13T12:01:00Z"),
              f"atom: published: {language}")
        check([person.name for person in entry.contributors] == ["강민석 (Kang Min-seok)"],
              f"atom: spokesperson: {language}")
    early = feedparser.parse(files["early.readouts.atom"])
    check(not early.bozo and early.entries == [], "atom: nothing under embargo")


# ninjs 2.0 knows these properties and no others; all but `uri` are optional.
NINJS = {"uri": str, "type": str, "representationtype": str, "profile": str, "version": str,
         "firstcreated": str, "versioncreated": str, "pubstatus": str, "language": str,
         "headlines": {"role": str, "value": str},
         "bodies": {"role": str, "contenttype": str, "charcount": int, "value": str},
         "people": {"name": str, "rel": str}, "organisations": {"name": str, "rel": str, "uri": str}}


def check_ninjs(files):
    items = json.loads(files["readouts.ninjs.json"])
    check([item["language"] for item in items] == ["ar", "en", "ja", "ko"], "ninjs: languages")
    for item in items:
        for key, value in item.items():
            kind = NINJS.get(key)
            check(kind is not None, f"ninjs: property {key}")
            if isinstance(kind, dict):
                check(all(set(part) <= set(kind) and all(isinstance(v, kind[k]) for k, v in part.items())
                          for part in value), f"ninjs: {key}")
            else:
                check(isinstance(value, kind), f"ninjs: {key}")
        check(item["type"] == "text" and item["pubstatus"] == "usable", "ninjs: type and status")
        datetime.datetime.strptime(item["versioncreated"], "%Y-%m-%dT%H:%M:%SZ")
        body = item["bodies"][0]
        check(body["charcount"] == len(body["value"]), "ninjs: characters are counted")
    check(items[1]["bodies"][0]["value"].endswith("They spoke of <peace> & of dialogue.\n"),
          "ninjs: the text to the letter")
    check(json.loads(files["early.readouts.ninjs.json"]) == [], "ninjs: nothing under embargo")


def check_golden(files, write):
    for name in ("minutes.en.md", "brief.en.md"):
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
    check_brief(files)
    check_csv(files)
    check_ical(files)
    check_atom(files)
    check_ninjs(files)
    check_page("minutes.html", files["minutes.html"], "en")
    check_golden(files, "--write" in sys.argv)
    failed = sum(not holds for holds in held.values())
    print(f"{len(held) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
