#!/usr/bin/env python3
"""
Goal: every request of openapi.json is answered as that document says, and every wrong one is refused with the right
status and a problem that names the field; the node is unharmed by all of them.
Method: three real nodes; the document is walked, and on every route all kinds of wrong requests are tried, made
from the schemas; answers are held against the schemas by python3-jsonschema, metrics are read by Prometheus's
own parser, and followers speak WebSocket by python3-websockets.
usage: test_api.py ENTENTE [NAME]
"""
import asyncio
import datetime
import http.client
import json
import os
import socket
import sys
import time

import jsonschema
import websockets
from prometheus_client.openmetrics.parser import text_string_to_metric_families

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from parties import Consultation, check, wait_for
from tap import run_tests

NOBODYS_ID = "00" * 31 + "aa"
ROOM = "/api/v1/rooms/only"
FOLLOWERS = 200
REGISTER = 65535  # the incarnation by which register entries are named


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:600]!r}"


class Api:
    """What a party's operator asks at DIR/api.sock."""

    def __init__(self, party):
        self.path = f"{party.folder}/api.sock"
        self.connection = None

    def ask(self, method, path, body=None, raw=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            raw = json.dumps(body, ensure_ascii=False).encode()
        if raw is not None:
            headers.setdefault("content-type", "application/json")
        for attempt in (1, 2):
            try:
                self.connection = self.connection or Connection(self.path)
                self.connection.request(method, path, raw, headers)
                answer = self.connection.getresponse()
                return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
            except (OSError, http.client.HTTPException):
                self.connection = None
                if attempt == 2:
                    raise
        return None

    def good(self, method, path, body=None, **headers):
        answer = self.ask(method, path, body, **headers)
        check(answer.status < 300, f"{method} {path}: {answer}")
        return answer.json() if answer.body else None


def problem(answer, status, field=None, what=""):
    """The problem of an answer that must be one."""
    statuses = status if isinstance(status, tuple) else (status,)
    check(answer.status in statuses, f"{what}: not {status} but {answer}")
    check(answer.headers.get("content-type") == "application/problem+json", f"{what}: {answer.headers}")
    found = answer.json()
    check(found["status"] == answer.status and found["title"] and found["detail"], f"{what}: {answer}")
    check(field is None or found.get("field") == field, f"{what}: the field is not {field!r}: {answer}")
    return found


# ---- the document ----

class Document:
    def __init__(self, api):
        self.tree = api.good("GET", "/api/v1/openapi.json")
        self.schemas = self.tree["components"]["schemas"]

    def operations(self):
        for path, methods in self.tree["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path, operation

    def resolve(self, schema):
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].split("/")[-1]]
        return schema

    def body_schema(self, operation):
        content = operation.get("requestBody", {}).get("content", {})
        return self.resolve(content["application/json"]["schema"]) if "application/json" in content else None

    def is_stream(self, operation):
        return "application/octet-stream" in operation.get("requestBody", {}).get("content", {})

    def sample(self, schema):
        """Something that the schema allows, as small as may be."""
        schema = self.resolve(schema)
        if "anyOf" in schema:
            return self.sample(schema["anyOf"][0])
        if "enum" in schema:
            return schema["enum"][0]
        kind = schema["type"][0] if isinstance(schema["type"], list) else schema["type"]
        if kind == "string":
            return self.sample_text(schema)
        if kind == "array":
            return [self.sample(schema["items"])] * max(1, schema.get("minItems", 0))
        if kind == "object":
            return {name: self.sample(schema["properties"][name]) for name in schema.get("required", [])}
        return {"integer": schema.get("minimum", 0), "boolean": True, "number": 1}[kind]

    def sample_text(self, schema):
        formats = {"date-time": "2020-11-19T08:30:00Z", "language": "en", "decimal": "1.5", "byte": "AA=="}
        if "format" in schema:
            return formats[schema["format"]]
        if "[0-9a-f]" in schema.get("pattern", ""):
            return (NOBODYS_ID * 2)[:schema["maxLength"]]
        return "a" * max(1, schema.get("minLength", 1))

    def path(self, path, operation, **values):
        """The path with its parameters filled in, and the query's required ones."""
        query = []
        for parameter in operation.get("parameters", []):
            name = parameter["name"]
            value = values.get(name, self.sample(parameter["schema"]))
            if name == "room":
                value = values.get(name, "only")
            if parameter["in"] == "path":
                path = path.replace("{" + name + "}", str(value))
            elif parameter["in"] == "query" and parameter.get("required"):
                query.append(f"{name}={value}")
        return path + ("?" + "&".join(query) if query else "")

    def fits(self, operation, answer):
        """Holds a good answer against its schema, where it has one."""
        content = operation["responses"].get(str(answer.status), {}).get("content", {})
        kind = answer.headers.get("content-type", "").split(";")[0]
        if kind != "application/json" or kind not in content:
            return
        schema = dict(content[kind]["schema"], components=self.tree["components"])
        jsonschema.Draft202012Validator(schema).validate(answer.json())


def samples(document):
    """Every operation that takes or gives JSON, with a path and a body that are formally right; none that ends the desk."""
    for method, path, operation in document.operations():
        if operation["operationId"] in ("live", "nodeStop") or document.is_stream(operation):
            continue
        schema = document.body_schema(operation)
        body = document.sample(schema) if schema is not None else None
        yield method, document.path(path, operation), operation, schema, body


class Desk:
    """Three nodes, an API for each, and the document."""

    def __init__(self):
        self.consultation = Consultation()

    def __enter__(self):
        self.parties = self.consultation.__enter__()
        self.apis = [Api(party) for party in self.parties]
        self.api = self.apis[0]
        self.pids = self.parties[0].all_children()
        return self

    def __exit__(self, *error):
        self.consultation.__exit__(*error)

    def unharmed(self):
        """The same processes, and what is said is heard at the others."""
        check(self.parties[0].all_children() == self.pids, f"processes were started again:\n{self.parties[0].traced()}")
        said = self.api.good("POST", f"{ROOM}/statements", {"language": "ko", "text": "빈틈없이"})
        wait_for(lambda: any(one["id"] == said["object"] for one in
                             self.apis[1].good("GET", f"{ROOM}/statements?limit=500")["statements"]),
                 "the statement at another party")


# ---- what is wrong ----

WRONG_TYPES = {"string": 7, "integer": "7", "number": "7", "boolean": "true", "array": {}, "object": []}


def wrong_bodies(document, schema, body):
    """(body, field) of bodies that break one rule of the schema each."""
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        yield {key: value for key, value in body.items() if key != name}, f"/{name}"
    for name, inner in properties.items():
        inner = document.resolve(inner)
        while "anyOf" in inner:
            inner = document.resolve(inner["anyOf"][0])
        kind = inner["type"][0] if isinstance(inner.get("type"), list) else inner.get("type", "string")
        yield dict(body, **{name: WRONG_TYPES[kind]}), f"/{name}"
        most = min(inner.get("maxLength", 1 << 40), inner.get("x-max-bytes", 1 << 40))
        if kind == "string" and most <= 1400000:
            yield dict(body, **{name: "a" * (most + 1)}), f"/{name}"
        if kind == "string" and "x-max-bytes" in inner and inner["x-max-bytes"] < 1000:
            yield dict(body, **{name: "한" * (inner["x-max-bytes"] // 3 + 1)}), f"/{name}"
        if "enum" in inner or "format" in inner or "pattern" in inner:
            yield dict(body, **{name: "-- nonsense --"}), f"/{name}"
        if "minimum" in inner and kind == "integer":
            yield dict(body, **{name: inner["minimum"] - 1}), f"/{name}"
        if "maximum" in inner and kind == "integer":
            yield dict(body, **{name: inner["maximum"] + 1}), f"/{name}"
        if kind == "array":
            item = body.get(name) or [document.sample(inner["items"])]
            if "maxItems" in inner:
                yield dict(body, **{name: item * (inner["maxItems"] + 1)}), f"/{name}"
            if inner.get("minItems"):
                yield dict(body, **{name: []}), f"/{name}"
            yield dict(body, **{name: [item[0], None]}), f"/{name}/1"
    yield dict(body, nonsense=1), "/nonsense"


WRONG_TEXTS = [b"{", b"[" * 100000, b'{"a":' * 50000, b'{"a":"\xff"}', b'{"a":"\\u0000"}', b'{"a":"\\ud800"}',
               b'{"a":1,"a":2}', b"", b"nul", b"{} {}"]


def bodies_that_break_one_rule():
    with Desk() as desk:
        document, count = Document(desk.api), 0
        for method, path, operation, schema, body in samples(document):
            name = operation["operationId"]
            if schema is None:
                if method == "POST":
                    problem(desk.api.ask(method, path, {}), 400, "", name)
                continue
            for wrong, field in wrong_bodies(document, schema, body):
                problem(desk.api.ask(method, path, wrong), 422, field, f"{name} {field} {str(wrong)[:200]}")
                count += 1
            for text in WRONG_TEXTS:
                problem(desk.api.ask(method, path, raw=text), 400, "", f"{name} {text[:40]}")
                count += 1
            whole = json.dumps(body).encode()
            for cut in range(1, len(whole), max(1, len(whole) // 8)):
                problem(desk.api.ask(method, path, raw=whole[:cut]), 400, "", f"{name} {whole[:cut]}")
                count += 1
            for wrong in ([], None, 1, "x"):
                problem(desk.api.ask(method, path, raw=json.dumps(wrong).encode()), 422, "", f"{name} {wrong}")
            problem(desk.api.ask(method, path, body, content_type="text/plain"), 415, "Content-Type", name)
            problem(desk.api.ask(method, path, body, accept="image/png"), 406, "Accept", name)
        print(f"# {count} bodies", flush=True)
        check(count > 500)
        desk.unharmed()


def parameters_that_break_one_rule():
    with Desk() as desk:
        document = Document(desk.api)
        for method, path, operation in document.operations():
            if operation["operationId"] == "live" or document.is_stream(operation):
                continue
            name = operation["operationId"]
            schema = document.body_schema(operation)
            body = document.sample(schema) if schema is not None else None
            right = document.path(path, operation)
            joined = "&" if "?" in right else "?"
            problem(desk.api.ask(method, f"{right}{joined}nonsense=1", body), 400, "nonsense", name)
            for parameter in operation.get("parameters", []):
                inner = document.resolve(parameter["schema"])
                wrong = [] if parameter["in"] == "header" else ["%ff", "%00", "%zz", "%"]
                if inner["type"] == "integer":
                    wrong += ["x", "1.5", "-1", "9" * 30]
                if "maxLength" in inner and inner["maxLength"] < 1500:
                    wrong.append("a" * (inner["maxLength"] + 1))
                if "enum" in inner or "pattern" in inner or inner.get("format"):
                    wrong.append("--")
                for value in wrong:
                    what = f"{name} {parameter['name']}={value}"
                    if parameter["in"] == "header":
                        answer = desk.api.ask(method, right, body, **{parameter["name"]: value})
                    elif parameter["in"] == "path":
                        answer = desk.api.ask(method, document.path(path, operation, **{parameter["name"]: value}), body)
                    elif parameter.get("required"):
                        answer = desk.api.ask(method, document.path(path, operation, **{parameter["name"]: value}), body)
                    else:
                        answer = desk.api.ask(method, f"{right}{joined}{parameter['name']}={value}", body)
                    problem(answer, 400, parameter["name"], what)
            for other in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {m.upper() for m in document.tree["paths"][path]}:
                answer = desk.api.ask(other, right.split("?")[0])
                problem(answer, 405, None, f"{other} {path}")
                check(method in answer.headers["allow"], answer.headers)
        desk.unharmed()


def ids_of_nobody():
    with Desk() as desk:
        document = Document(desk.api)
        for method, path, operation, schema, body in samples(document):
            name = operation["operationId"]
            parameters = [p for p in operation.get("parameters", []) if p["in"] == "path"]
            if any(p["name"] == "room" for p in parameters):
                problem(desk.api.ask(method, path.replace("/only", f"/{NOBODYS_ID}"), body), 404, "room", name)
            if any("Id" in str(p["schema"].get("$ref")) for p in parameters) and name != "live":
                problem(desk.api.ask(method, path, body), (404, 501), None, name)
        desk.unharmed()


# ---- who asks ----

def token_of(api, account, roles, expires=None):
    api.good("POST", "/api/v1/accounts", {"account": account, "name": account, "roles": roles})
    wanted = {"label": "test"} if expires is None else {"label": "test", "expires": expires}
    return api.good("POST", f"/api/v1/accounts/{account}/tokens", wanted)["token"]


def who_may_ask():
    with Desk() as desk:
        document = Document(desk.api)
        roles = document.schemas["Role"]["enum"]
        tokens = {role: token_of(desk.api, f"only-{role}", [role]) for role in roles}
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=5)
        expired = token_of(desk.api, "expired", roles, soon.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
        wait_for(lambda: desk.api.ask("GET", "/api/v1/me", authorization=f"Bearer {expired}").status == 401, "the end")
        check("expired" in desk.api.ask("GET", "/api/v1/me", authorization=f"Bearer {expired}").json()["detail"])
        tries = 0
        for method, path, operation, schema, body in samples(document):
            name, may = operation["operationId"], operation["x-roles"]
            if not may:
                continue
            answer = desk.api.ask(method, path, body, authorization=f"Bearer {expired}")
            problem(answer, (401, 429), "Authorization", name)
            tries += 1
            for role in roles:
                answer = desk.api.ask(method, path, body if role not in may else None, authorization=f"Bearer {tokens[role]}")
                if role not in may:
                    problem(answer, 403, None, f"{name} {role}")
                else:
                    check(answer.status not in (401, 403), f"{name} {role}: {answer}")
        check(tries > 60)
        for wrong in ("x", "entente-", expired[:-1], expired + "0"):
            answer = desk.api.ask("GET", "/api/v1/me", authorization=f"Bearer {wrong}")
            problem(answer, (401, 429), "Authorization", wrong)
        # Too many of them are put off; a right one is not.
        check(any(desk.api.ask("GET", "/api/v1/me", authorization="Bearer x").status == 429 for _ in range(40)))
        check(desk.api.ask("GET", "/api/v1/me", authorization=f"Bearer {tokens['reader']}").status == 200)
        desk.unharmed()


def accounts_outlive_the_desk():
    with Desk() as desk:
        token = token_of(desk.api, "reader", ["reader"])
        desk.parties[0].kill_one("desk")
        wait_for(lambda: desk.api.ask("GET", "/api/v1/me", authorization=f"Bearer {token}").status == 200, "the desk")
        with open(f"{desk.parties[0].folder}/accounts.1", "rb") as one, open(f"{desk.parties[0].folder}/accounts.2", "rb") as two:
            kept = one.read() + two.read()
        check(token.encode() not in kept and token[-64:].encode() not in kept, "the token is in the file")


# ---- what is right ----

def good_answers_fit_their_schemas():
    with Desk() as desk:
        document, checked = Document(desk.api), set()
        session = desk.api.good("POST", f"{ROOM}/sessions", {"name": "협의", "language": "ko", "begins": "2020-11-19T08:30:00Z",
                                                             "chairs": [0, 1, 2]})["object"]
        item = desk.api.good("POST", f"{ROOM}/sessions/{session}/items",
                             {"number": 1, "minutes": 20, "owner": 0, "language": "en", "text": "Peace"})["object"]
        for party, text in enumerate(["빈틈없이", "隙間なく", "Without a gap"]):
            wait_for(lambda at=party: desk.apis[at].ask("GET", f"{ROOM}/sessions/{session}").status == 200, "the session")
            desk.apis[party].good("POST", f"{ROOM}/statements", {"language": ["ko", "ja", "en"][party], "text": text, "under": item})
        for method, path, operation in document.operations():
            if method != "GET" or operation["operationId"] == "live":
                continue
            answer = desk.api.ask(method, document.path(path, operation, session=session, item=item, q="without"))
            if answer.status < 300:
                document.fits(operation, answer)
                checked.add(operation["operationId"])
        exports = next(o for _, _, o in document.operations() if o["operationId"] == "export")
        for name in next(p for p in exports["parameters"] if p["name"] == "export")["schema"]["enum"]:
            answer = desk.api.ask("GET", f"{ROOM}/exports/{name}")
            check(answer.status == 200, f"{name}: {answer}")
        print(f"# {len(checked)} operations: {' '.join(sorted(checked))}", flush=True)
        check(len(checked) >= 18, checked)
        under = desk.api.good("GET", f"{ROOM}/statements?under={item}")["statements"]
        check(any(one["text"] == "빈틈없이" for one in under), under)


def statements_are_asked_for_by_their_place():
    with Desk() as desk:
        session = desk.api.good("POST", f"{ROOM}/sessions", {"name": "협의", "language": "ko", "begins": "2020-11-19T08:30:00Z",
                                                             "chairs": [0]})["object"]
        item = desk.api.good("POST", f"{ROOM}/sessions/{session}/items",
                             {"number": 1, "minutes": 20, "owner": 0, "language": "en", "text": "Peace"})["object"]
        for number in range(7):
            desk.api.good("POST", f"{ROOM}/statements", {"language": "en", "text": str(number), "under": item})
        for query, said in (("from=2&limit=2", [2, 3]), ("from=99&limit=3", [4, 5, 6]), ("from=6", [6]), ("from=0&limit=1", [0]),
                            ("from=99", [0, 1, 2, 3, 4, 5, 6])):
            page = desk.api.good("GET", f"{ROOM}/statements?under={item}&{query}")
            check([(one["place"], one["text"]) for one in page["statements"]] == [(place, str(place)) for place in said], (query, page))
            check(page["total"] == 7, page)
        following = desk.api.good("GET", f"{ROOM}/statements?under={item}&from=2&limit=2")["next"]
        page = desk.api.good("GET", f"{ROOM}/statements?under={item}&after={following}&limit=1")
        check([one["place"] for one in page["statements"]] == [4], page)
        problem(desk.api.ask("GET", f"{ROOM}/statements?from=2"), 400, "from")


def the_record_is_looked_at_and_taken_away():
    with Desk() as desk:
        for number in range(5):
            for api in desk.apis:
                api.good("POST", f"{ROOM}/statements", {"language": "en", "text": str(number)})
        wait_for(lambda: desk.api.good("GET", ROOM)["entries"] >= 15, "what all three said")
        whole = desk.api.good("GET", f"{ROOM}/graph?limit=500")
        known = {entry["origin"]["entry"]: entry["origin"] for entry in whole["entries"]}
        causes = [one for entry in whole["entries"] for one in entry["causes"] if one["incarnation"] != REGISTER]
        check(len(causes) > 0 and all(known[one["entry"]]["number"] == one["number"] for one in causes), causes)
        check({feed["slot"] for feed in whole["feeds"]} == {0, 1, 2}, whole["feeds"])
        window = desk.api.good("GET", f"{ROOM}/graph?from=3&limit=4")
        check(window["from"] == 3 and window["entries"] == whole["entries"][2:6], window)
        last = desk.api.good("GET", f"{ROOM}/graph?limit=2")
        check(last["from"] == last["total"] - 1 and len(last["entries"]) == 2, last)
        check(desk.api.good("GET", f"{ROOM}/faults") == {"faults": []})
        problem(desk.api.ask("GET", f"{ROOM}/faults/1/1/proof"), 404, "incarnation")
        after, checked = 0, 0
        while True:
            part = desk.api.good("GET", f"{ROOM}/verification?after={after}&limit=4")
            check(part["wrong"] is None and part["segments"] <= 4, part)
            after, checked = part["last"], checked + part["entries"]
            if part["is_end"]:
                break
        check(checked >= 15, checked)
        taken = desk.api.ask("GET", f"{ROOM}/record")
        check(taken.status == 200 and taken.headers["content-type"] == "application/octet-stream", taken)
        with open("taken.record", "wb") as file:
            file.write(taken.body)
        report = desk.parties[0].json("record", "verify", "taken.record")
        check(report["entries"] >= 15, report)


def a_link_is_cut_and_mended():
    with Desk() as desk:
        def is_linked():
            return desk.api.good("GET", ROOM)["parties"][1]["is_linked"]

        wait_for(is_linked, "the link to Japan")
        check(desk.api.ask("POST", f"{ROOM}/links", {"what": "cut", "party": 1}).status == 200)
        wait_for(lambda: not is_linked(), "the cut link")
        check(desk.api.good("GET", ROOM)["parties"][2]["is_linked"], "only the one link is cut")
        check(desk.api.ask("POST", f"{ROOM}/links", {"what": "mend", "party": 1}).status == 200)
        wait_for(is_linked, "the mended link")
        problem(desk.api.ask("POST", f"{ROOM}/links", {"what": "cut"}), 422, "/party")


def a_node_is_stopped_for_a_drill():
    with Desk() as desk:
        token = token_of(desk.api, "minutes", ["secretary"])

        def is_linked():
            return desk.apis[1].good("GET", ROOM)["parties"][0]["is_linked"]

        def is_here():
            try:
                return desk.api.ask("GET", ROOM).status == 200
            except (OSError, http.client.HTTPException):
                return False

        wait_for(is_linked, "the link to Korea")
        check(desk.api.ask("POST", "/api/v1/node/stop", {"seconds": 5}, authorization=f"Bearer {token}").status == 403)
        problem(desk.api.ask("POST", "/api/v1/node/stop", {"seconds": 121}), 422, "/seconds")
        said = desk.api.good("POST", f"{ROOM}/statements", {"language": "en", "text": "Before the drill."})
        life = desk.api.good("GET", ROOM)["life"]
        check(desk.api.ask("POST", "/api/v1/node/stop", {"seconds": 5}).status == 202)
        wait_for(lambda: not is_linked(), "that Japan sees the node gone")
        desk.apis[1].good("POST", f"{ROOM}/statements", {"language": "ja", "text": "訓練中"})
        wait_for(is_here, "that the node is back")
        wait_for(is_linked, "that Japan sees it again")
        check(desk.api.good("GET", ROOM)["life"] != life, "it is another life of the desk")
        wait_for(lambda: {"Before the drill.", "訓練中"} <= {
            one.get("text") for one in desk.api.good("GET", f"{ROOM}/statements?limit=500")["statements"]}, "what was said")
        check(desk.api.good("GET", f"{ROOM}/graph")["total"] > 0 and said["number"] > 0)


def a_repeated_request_is_done_once():
    with Desk() as desk:
        wanted = {"language": "en", "text": "Once."}
        first = desk.api.ask("POST", f"{ROOM}/statements", wanted, Idempotency_Key="12345678")
        again = desk.api.ask("POST", f"{ROOM}/statements", wanted, Idempotency_Key="12345678")
        check((first.status, first.body) == (again.status, again.body) == (201, first.body))
        check(again.headers["idempotent-replayed"] == "true" and "idempotent-replayed" not in first.headers)
        problem(desk.api.ask("POST", f"{ROOM}/statements", dict(wanted, text="Twice."), Idempotency_Key="12345678"), 422,
                "Idempotency-Key")
        said = [one["text"] for one in desk.api.good("GET", f"{ROOM}/statements")["statements"]]
        check(said == ["Once."], said)


def metrics_are_open_metrics():
    with Desk() as desk:
        desk.api.good("GET", ROOM)
        desk.api.ask("GET", "/nowhere")

        def families():
            answer = desk.api.ask("GET", "/metrics")
            check(answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0"))
            found = {family.name: family for family in text_string_to_metric_families(answer.body.decode())}
            return found if found["entente_room_linked_parties"].samples else None
        found = wait_for(families, "the room among the metrics")
        check(found["entente_room_linked_parties"].samples[0].value == 2)
        check(any(sample.labels == {"operation": "roomShow", "status": "200"} for sample in found["entente_requests"].samples))
        check(found["entente_search_index_bytes"].samples[0].value > 0)
        check(found["entente_request_duration_seconds"].type == "histogram")


def a_flood_of_wrong_requests():
    with Desk() as desk:
        body = b'{"language":"en","text":7}'
        request = (f"POST {ROOM}/statements HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                   f"Content-Length: {len(body)}\r\n\r\n").encode() + body
        with socket.socket(socket.AF_UNIX) as flood:
            flood.settimeout(60)
            flood.connect(desk.api.path)
            begun, sent, answered = time.process_time(), 0, 0
            wall = time.monotonic()
            while answered < 20000:
                while sent < 20000 and sent - answered < 200:
                    flood.sendall(request * 100)
                    sent += 100
                answered += flood.recv(1 << 20).count(b"HTTP/1.1 422 ")
        print(f"# {20000 / (time.monotonic() - wall):.0f} wrong requests a second, {time.process_time() - begun:.1f} s of ours", flush=True)
        desk.unharmed()


# ---- followers ----

async def follow(path, query=""):
    return await websockets.unix_connect(path, f"ws://localhost{ROOM}/live{query}", max_size=None, ping_interval=None)


async def changes_until(follower, last):
    """The changes that it is told of, up to that one."""
    told = []
    while not told or told[-1] < last:
        message = json.loads(await asyncio.wait_for(follower.recv(), 60))
        if "change" in message:
            told.append(message["change"])
    return told


def followers_lose_nothing():
    with Desk() as desk:
        document = Document(desk.api)

        async def run():
            followers = [await follow(desk.api.path, "?after=0") for _ in range(FOLLOWERS)]
            begins = [json.loads(await one.recv()) for one in followers]
            check(len({one["life"] for one in begins}) == 1 and not begins[0]["begin-anew"])
            for number in range(40):
                await asyncio.to_thread(desk.apis[number % 3].good, "POST", f"{ROOM}/statements",
                                        {"language": "en", "text": f"Statement {number}"})
            said = lambda: desk.api.good("GET", f"{ROOM}/changes?limit=500")
            wait_for(lambda: sum("statement" in one for one in said()["changes"]) == 40, "all statements")
            page = said()
            schema = {"$ref": "#/components/schemas/Live", "components": document.tree["components"]}
            jsonschema.Draft202012Validator(schema).validate(page["changes"][0])
            told = await asyncio.gather(*(changes_until(one, page["last"]) for one in followers))
            for one in told:
                check(one == list(range(1, len(one) + 1)), one)
            # It goes on where it was, and anew where the desk was another one.
            again = await follow(desk.api.path, f"?after={page['last'] - 3}&life={page['life']}")
            check(not json.loads(await again.recv())["begin-anew"])
            check(await changes_until(again, page["last"]) == list(range(page["last"] - 2, page["last"] + 1)))
            desk.parties[0].kill_one("desk")
            wait_for(lambda: desk.api.ask("GET", ROOM).status == 200, "the desk")
            anew = await follow(desk.api.path, f"?after={page['last']}&life={page['life']}")
            check(json.loads(await anew.recv())["begin-anew"])
            check((await changes_until(anew, page["last"]))[0] == 1)
            for one in [*followers, again, anew]:
                await one.close()
        asyncio.run(run())


sys.exit(run_tests([bodies_that_break_one_rule, parameters_that_break_one_rule, ids_of_nobody, who_may_ask,
                    accounts_outlive_the_desk, good_answers_fit_their_schemas,
                    statements_are_asked_for_by_their_place, the_record_is_looked_at_and_taken_away,
                    a_link_is_cut_and_mended, a_node_is_stopped_for_a_drill, a_repeated_request_is_done_once,
                    metrics_are_open_metrics, a_flood_of_wrong_requests, followers_lose_nothing]))
