"""A consultation of three national security advisers, played at three running nodes.

After a press report of November 2020: the advisers of the Republic of Korea, Japan and the United States met by
video, and agreed that their cooperation must go on without a gap, whatever an election brings.  What is
said here is our own writing.  Everything goes through the public API, by the command `entente`; each step
checks what the record then says at every party.
"""
import json
import os
import time

from parties import OFFICE, ROOT, WORK, Failed, say, settled

TEXTS = ROOT / "demonstration" / "consultation"
HOLDERS = {"korea": ("Suh Hoon", "서훈"), "japan": ("Shigeru Kitamura", "北村 滋"),
           "united-states": ("Robert O'Brien", "Robert O'Brien")}
SUCCESSOR = "Jake Sullivan"
DEPUTY = "Matthew Pottinger"
SPOKESPERSON = "Kang Min-seok"
WAIT_S = 30


def expect(condition, what):
    if not condition:
        raise Failed(what)


def wait_for(condition, what, seconds=WAIT_S):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        expect(time.monotonic() < end, f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Consultation:
    def __init__(self, parties):
        self.parties = parties
        self.korea, self.japan, self.states = parties
        self.by_slug = {party.slug: party for party in parties}
        os.environ["ENTENTE_HOLDER_KEY_FILE"] = str(WORK / "people.key")

    # ---- how things are asked and said ----

    def new(self, party, *words):
        """Something written; the id of what it makes."""
        written = party.json(words[0], words[1], party.folder, *words[2:])
        return written["object"] or written["entry"]

    def refused(self, party, says, *words):
        done = party.run(words[0], words[1], party.folder, *words[2:], check=False)
        expect(done.returncode == 1 and says in done.stderr,
               f"{' '.join(map(str, words))} should be refused with {says}: {done.stderr.strip()}")
        return done.stderr.strip().splitlines()[-1].removeprefix("entente: ")

    def everywhere(self, kind, object_id, condition, what, parties=None):
        """Waits until every party's desk shows what `condition` asks for."""
        for party in parties or self.parties:
            def shown(party=party):
                done = party.run(kind, "show", party.folder, object_id, "--json", check=False)
                return done.returncode == 0 and condition(json.loads(done.stdout))
            wait_for(shown, f"{what}, at {party.name}")

    # ---- people and offices ----

    def people(self):
        say("\nThe offices")
        key = WORK / "people.key"
        key.write_bytes(os.urandom(32).hex().encode())
        key.chmod(0o600)
        for party in self.parties:
            name = HOLDERS[party.slug][0]
            self.person(party, party.slug, name)
            party.run("office", "create", party.folder, OFFICE, "--holder", WORK / f"{party.slug}.holder.card",
                      "--deputies-may-assume")
            say(f"  {party.name}: {OFFICE} {name}, with a key of their own")
        self.person(self.states, "deputy", DEPUTY)
        self.states.run("office", "appoint", self.states.folder, OFFICE, "--holder",
                        WORK / "deputy.holder.card", "--rank", 2)
        say(f"  United States: {DEPUTY} is next in line")
        for party in self.parties:
            wait_for(lambda party=party: len(self.offices(party)) == 3, f"all offices known at {party.name}")

    def person(self, party, file, name):
        party.run("holder", "new", WORK / f"{file}.holder", "--name", name, "--card",
                  WORK / f"{file}.holder.card")

    def offices(self, party, *options):
        return {office["slot"]: office for office in
                party.json("office", "list", party.folder, *options)["offices"]}

    # ---- the session ----

    def session(self):
        plan = json.loads((TEXTS / "session.json").read_text(encoding="utf-8"))
        say("\nThe session")
        chairs = [option for party in self.parties for option in ("--chair", party.id)]
        self.meeting = self.new(self.korea, "session", "call", plan["name"], "--language", plan["language"],
                                "--begins", plan["begins"], *chairs)
        for party in self.parties:
            self.new(self.korea, "session", "invite", self.meeting, HOLDERS[party.slug][1], "--party", party.id,
                     "--office", OFFICE)
        self.items = []
        for number, item in enumerate(plan["items"], 1):
            self.items.append(self.new(
                self.korea, "agenda", "add", self.meeting, item["text"], "--language", item["language"],
                "--number", number, "--minutes", item["minutes"], "--owner", self.by_slug[item["owner"]].id))
        say(f"  The Republic of Korea calls \"{plan['name']}\", {len(plan['items'])} items on the agenda.")
        self.everywhere("session", self.meeting, lambda s: len(s["items"]) == len(plan["items"]), "the agenda")
        for party in self.parties:
            self.new(party, "session", "join", self.meeting, HOLDERS[party.slug][1], "--mode", "video",
                     "--office", OFFICE)
        self.everywhere("session", self.meeting, lambda s: s["attending"] == 3, "three attend")
        refused = self.refused(self.japan, "M3", "session", "chair", self.meeting, "open")
        say(f"  Japan tries to open it: {refused}")
        self.new(self.korea, "session", "chair", self.meeting, "open")
        say("  All three attend by video; the Republic of Korea has the chair and opens.")
        for item, place in zip(plan["items"], self.items):
            self.item(item, place)
        self.korea.link(self.states, True)
        self.states.link(self.korea, True)
        say("    -- the link is mended --")

    def item(self, item, place):
        chair = self.chair()
        self.new(chair, "session", "chair", self.meeting, "call-item", "--subject", place)
        say(f"  Item: {item['text']}")
        if item["owner"] == "united-states":
            self.break_things()
            chair = self.chair()
        for statement in item["statements"]:
            party = self.by_slug[statement["party"]]
            self.new(party, "statement", "new", statement["text"], "--language", statement["language"],
                     "--under", place, "--speaker", OFFICE)
            say(f"    {party.name}: {statement['text']}")
        conclusion = item["conclusion"]
        self.new(chair, "agenda", "conclude", place, conclusion["text"], "--language", conclusion["language"],
                 "--number", 1)
        say(f"    Conclusion: {conclusion['text']}")

    def chair(self):
        """The party that has the chair, as its own desk sees it."""
        shown = self.japan.json("session", "show", self.japan.folder, self.meeting)
        return self.parties[shown["chair"]]

    def break_things(self):
        """The chair's machine is killed; the next takes the chair, and the session goes on."""
        say("    -- the Republic of Korea's node is killed (-9), with the chair in its hand --")
        self.korea.kill()
        before = time.monotonic()
        self.new(self.japan, "session", "chair", self.meeting, "take")
        say(f"    -- Japan, next in the chairs' order, takes it after {(time.monotonic() - before) * 1000:.0f} ms;"
            " nobody waited for anybody --")
        self.everywhere("session", self.meeting, lambda s: s["chair"] == 1 and s["term"] == 1,
                        "Japan has the chair", [self.japan, self.states])
        self.korea.start()
        self.korea.wait()
        self.korea.link(self.states, False)
        self.states.link(self.korea, False)
        say("    -- it is started again; its link to the United States is cut, they see each other through Japan --")
        self.everywhere("session", self.meeting, lambda s: s["chair"] == 1, "Japan has the chair")

    def close(self):
        for party in self.parties:
            self.new(party, "session", "leave", self.meeting, HOLDERS[party.slug][1], "--mode", "video")
        self.new(self.chair(), "session", "chair", self.meeting, "close")
        self.everywhere("session", self.meeting, lambda s: s["status"] == "closed", "the session is closed")
        say("  Everybody leaves; Japan closes the session.  Attendance is on record.")

    # ---- assessments ----

    def assessments(self):
        say("\nAssessments")
        self.papers = {}
        for party in self.parties:
            self.papers[party] = self.new(
                party, "assessment", "put", TEXTS / f"assessment.{party.slug}.txt", "--language",
                {"korea": "ko", "japan": "ja"}.get(party.slug, "en"), "--media-type", "text/plain",
                "--marking", "TLP:AMBER", "--releasable-to", *[other.id for other in self.parties])
        for party in self.parties:
            for giver, paper in self.papers.items():
                if giver is not party:
                    self.receive(party, giver, paper)
            say(f"  {party.name} gives one, TLP:AMBER, and receives the other two.")
        for paper in self.papers.values():
            self.everywhere("assessment", paper, lambda a: all(
                holding["state"] == "held" for holding in a["ledger"] if holding["slot"] != a["slot"]),
                "receipts of both others")

    def receive(self, party, giver, paper):
        self.everywhere("assessment", paper, lambda a: True, "the assessment", [party])
        copy = WORK / f"{party.slug}.{giver.slug}.assessment"
        party.run("assessment", "get", party.folder, paper, "--out", copy)
        original = TEXTS / f"assessment.{giver.slug}.txt"
        expect(copy.read_bytes() == original.read_bytes(), "an assessment arrived altered")

        def is_held():
            # A receipt says what the node's disk has: right after the download that may still be under way.
            self.new(party, "assessment", "receive", paper)
            ledger = party.json("assessment", "show", party.folder, paper)["ledger"]
            return next(h["state"] for h in ledger if h["slot"] == self.parties.index(party)) == "held"
        wait_for(is_held, f"{party.name} holds the assessment")

    # ---- the dialogue with an outside party ----

    def dialogue(self):
        say("\nThe dialogue with North Korea")
        korea = self.korea
        case = self.new(korea, "dialogue", "open", "Democratic People's Republic of Korea", "--language", "en",
                        "--channel", "Panmunjom line", "--text", "Talks on denuclearisation and peace.")
        self.new(korea, "dialogue", "round", case, 1, "--outcome", "failed", "--begins", "2019-02-27T09:00:00Z",
                 "--ends", "2019-02-28T07:00:00Z", "--place", "Hanoi", "--language", "en",
                 "--text", "Second summit of the United States and North Korea; it ended without agreement.")
        self.new(korea, "dialogue", "round", case, 2, "--outcome", "collapsed", "--begins",
                 "2019-10-05T07:00:00Z", "--place", "Stockholm", "--language", "en",
                 "--text", "First official talks since Hanoi; broken off after a day.")
        self.new(korea, "dialogue", "state", case, "broken-off", "--language", "en", "--time",
                 "2019-10-05T18:00:00Z", "--text", "No official talks since Stockholm.")
        self.new(korea, "dialogue", "mandate", case, "Contacts go through the Republic of Korea.", "--language",
                 "en", "--kind", "speaks", "--party", korea.id, "--name", HOLDERS["korea"][0])
        self.new(korea, "dialogue", "mandate", case, "Talks can resume at any level, without conditions.",
                 "--language", "en", "--kind", "line", "--party", korea.id)
        self.new(korea, "dialogue", "check", case, "silent", "--channel", "Panmunjom line", "--time",
                 "2020-11-18T00:00:00Z")
        self.new(korea, "dialogue", "check", case, "answered", "--channel", "Panmunjom line", "--time",
                 "2020-11-19T00:00:00Z")
        self.new(korea, "dialogue", "contact", case, "소통 의사를 전달함. 답은 아직 없음.", "--language", "ko",
                 "--channel", "Panmunjom line", "--time", "2020-11-19T00:10:00Z")
        self.new(korea, "dialogue", "position", case,
                 "북미 대화는 재개되어야 한다. 미국의 대통령 선거는 끝났다.", "--language", "ko", "--office", OFFICE)
        self.everywhere("dialogue", case, lambda d: d["state"] == "broken-off" and len(d["rounds"]) == 2 and
                        len(d["positions"]) == 1 and d["last_check"] == "answered", "the dialogue")
        say("  History: Hanoi, February 2019, failed; Stockholm, October 2019, collapsed: broken off since.")
        say("  The line is tested: silent on the 18th, answered on the 19th.  Mandate and agreed line are set.")
        say("  The Korean adviser's position: the dialogue must resume; the American election has come to its end.")
        self.case = case

    # ---- the joint text ----

    def text(self, kind, *options):
        words = [f"{tag}:{TEXTS / f'{kind}.{tag}.txt'}" for tag in ("ko", "ja", "en")]
        return self.new(self.japan, "text", "new", *words, *options)

    def sign(self, party, act, holder=None, **options):
        words = ["act", "sign", act, "--office", OFFICE, "--holder",
                 WORK / f"{holder or party.slug}.holder", "--yes"]
        return self.refused(party, options["says"], *words) if options else self.new(party, *words)

    def joint_text(self):
        say("\nThe joint text on vaccines")
        draft = self.text("draft", "--bracket",
                          "en:United States:as far as its own needs allow")
        proposal = self.new(self.japan, "act", "propose", draft, "--kind", "joint-text", "--number", 1)
        self.everywhere("act", proposal, lambda a: a["brackets"] == 1, "the proposal")
        say("  Japan proposes it in Korean, Japanese and English, all authentic; one passage is in brackets,"
            " held by the United States.")
        say(f"  Signing it: {self.sign(self.korea, proposal, says='A4')}")
        clean = self.text("joint")
        compared = self.japan.json("text", "compare", self.japan.folder, draft, clean, "--language", "en")
        say(f"  A second proposal changes {sum(p['is'] == 'added' for p in compared['paragraphs'])} paragraph"
            " and has no brackets:")
        self.act = self.new(self.japan, "act", "propose", clean, "--kind", "joint-text", "--number", 1)
        self.everywhere("act", self.act, lambda a: a["is_clean"], "the text in all languages")
        self.new(self.japan, "act", "withdraw", proposal)
        for party in (self.korea, self.japan):
            self.sign(party, self.act)
            say(f"  {party.name}: {HOLDERS[party.slug][0]} signs.")

    # ---- the office passes on while a signature is open ----

    def hand_over(self):
        say("\nThe American office passes on, with a signature open")
        states = self.states
        states.run("office", "away", states.folder, OFFICE, HOLDERS["united-states"][0])
        wait_for(lambda: self.offices(self.korea)[2]["acting"] == DEPUTY, "an acting holder")
        say(f"  {HOLDERS['united-states'][0]} is away: {DEPUTY} acts.  The office is never vacant.")
        self.person(states, "successor", SUCCESSOR)
        states.run("office", "appoint", states.folder, OFFICE, "--holder", WORK / "successor.holder.card",
                   "--replaces", HOLDERS["united-states"][0])
        for party in self.parties:
            wait_for(lambda party=party: self.offices(party)[2]["acting"] == SUCCESSOR, f"the successor, at {party.name}")
        say(f"  {SUCCESSOR} is appointed in the place of {HOLDERS['united-states'][0]}: rooms, duties, history and"
            " the open signature pass with the office.")
        say(f"  The former holder signs all the same: {self.sign(states, self.act, says='P7')}")
        brief = WORK / "brief.html"
        states.run("brief", states.folder, OFFICE, "--format", "html", "--out", brief)
        say(f"  The hand-over brief: {brief}")
        self.sign(states, self.act, "successor")
        self.everywhere("act", self.act, lambda a: a["verdict"] == "effective", "the joint text is effective")
        say(f"  {SUCCESSOR} signs.  All three nodes ratify: the joint text is effective at all three.")

    # ---- commitments ----

    def commitments(self):
        say("\nCommitments under it")
        pledge = self.new(self.states, "commitment", "pledge", "Vaccine doses", "--language", "en", "--quantity",
                          "1000000", "--unit", "doses", "--to", self.korea.id, "--under", self.act, "--due",
                          "2021-06-01T00:00:00Z", "--name", "Vaccines for the Republic of Korea")
        self.everywhere("commitment", pledge, lambda c: c["pledged"] == "1000000", "the pledge")
        good = self.deliver(pledge, 230000, "2021-05-20T00:00:00Z", 1)
        self.new(self.korea, "commitment", "confirm", good, "--quantity", "230000")
        warm = self.deliver(pledge, 20000, "2021-05-21T00:00:00Z", 2)
        self.new(self.korea, "commitment", "dispute", warm, "--quantity", "20000", "--text", "They arrived warm.")
        refused = self.refused(self.japan, "D3", "commitment", "confirm", good, "--quantity", "1")
        self.everywhere("commitment", pledge, lambda c: (c["pledged"], c["delivered"], c["confirmed"], c["disputed"]) ==
                        ("1000000", "250000", "230000", "20000"), "the four sums")
        say("  The United States pledges 1,000,000 doses under it and delivers 230,000, then 20,000.")
        say("  The Republic of Korea confirms the first and disputes the second: they arrived warm.")
        say("  At all three: pledged 1,000,000, delivered 250,000, confirmed 230,000, disputed 20,000.")
        say(f"  Japan, who receives nothing, tries to confirm: {refused}")

    def deliver(self, pledge, quantity, when, number):
        delivery = self.new(self.states, "commitment", "deliver", pledge, "--quantity", quantity, "--time", when)
        self.everywhere("commitment", pledge, lambda c: len(c["deliveries"]) == number, "the delivery")
        return delivery

    # ---- the readout ----

    def readout(self):
        say("\nThe readout")
        words = [f"{tag}:{TEXTS / f'readout.{tag}.txt'}" for tag in ("ko", "ja", "en")]
        root = self.new(self.korea, "text", "new", *words, "--translation", f"ar:{TEXTS / 'readout.ar.txt'}")
        act = self.new(self.korea, "act", "propose", root, "--kind", "readout", "--number", 1)
        self.everywhere("act", act, lambda a: a["is_clean"], "the readout in all languages")
        self.new(self.korea, "readout", "prepare", act, "--number", 1, "--embargo", "2020-11-19T12:00:00Z",
                 "--spokesperson", f"{self.korea.id}:{SPOKESPERSON}")
        for party, holder in zip(self.parties, ("korea", "japan", "successor")):
            self.sign(party, act, holder)
        self.everywhere("readout", act, lambda r: r["verdict"] == "effective", "the readout is effective")
        for party in self.parties:
            self.new(party, "readout", "publish", act, f"https://{party.slug}.example/readout")
        self.everywhere("readout", act, lambda r: len(r["publications"]) == 3, "published by all")
        say(f"  In Korean, Japanese and English, with an Arabic translation; spokesperson {SPOKESPERSON};"
            " signed by all, published by all three.")
        self.readout_act = act
        self.check_press(TEXTS / "press.ar.txt")

    def check_press(self, report):
        checked = self.korea.json("readout", "check", report, "--party", self.korea.folder)
        say(f"  A press report against it ({report.name}):")
        for paragraph in checked["paragraphs"]:
            text = paragraph.get("text") or paragraph.get("readout_text") or ""
            say(f"    {paragraph['is']:15} \u2068{text[:70]}{'…' if len(text) > 70 else ''}\u2069")
        return checked

    # ---- what is taken home ----

    def exports(self):
        say("\nWhat is taken home")
        folder = WORK / "exports"
        folder.mkdir()
        for name in ("minutes.html", "minutes.md", "commitments.csv", "sessions.ics", "readouts.atom",
                     "readouts.ninjs.json"):
            self.korea.run("export", self.korea.folder, name, "--out", folder / name)
            say(f"  {folder / name}")

    def one_record(self):
        def is_one():
            states = [party.json("consultation", "status", party.folder) for party in self.parties]
            return states[0] if all(s["current"] for s in states) and len(
                {s["state"] for s in states}) == 1 else None
        state = wait_for(is_one, "one state of the consultation at all three")
        say(f"\nAll three evaluate the record alike: state {state['state'][:16]}.")

    def verified(self):
        """The exported records, verified with nothing but the files."""
        settled(self.parties, WAIT_S)
        hashes = set()
        for party in self.parties:
            record = WORK / f"{party.slug}.consultation.record"
            party.run("record", "export", party.folder, record)
            hashes.add(party.json("record", "verify", record)["state"])
        expect(len(hashes) == 1, "the exported records differ")
        say(f"Exported and verified offline, the three records are one: state {hashes.pop()[:16]}.")


def play(parties):
    say("\n=== The consultation ===")
    story = Consultation(parties)
    story.people()
    story.session()
    story.assessments()
    story.dialogue()
    story.joint_text()
    story.close()
    story.hand_over()
    story.commitments()
    story.readout()
    story.exports()
    story.one_record()
    story.verified()
