/* The commands that are one request each.  Fields and values are those of the API's own document. */
#include "cli/api/request.h"

#define END                                                                                        \
    {                                                                                              \
        .json = NULL                                                                               \
    }
/* A word behind the folder; an option that may be left out; one that must be there. */
#define WORD(json, kind, word)                                                                     \
    {                                                                                              \
        json, kind, word, true, NULL, NULL, NULL                                                   \
    }
#define MAY(json, kind, option, value, what)                                                       \
    {                                                                                              \
        json, kind, 0, false, option, value, what                                                  \
    }
#define MUST(json, kind, option, value, what)                                                      \
    {                                                                                              \
        json, kind, 0, true, option, value, what                                                   \
    }
#define FIXED(json, text)                                                                          \
    {                                                                                              \
        json, FIELD_FIXED, 0, true, NULL, text, NULL                                               \
    }
#define LANGUAGE MUST("language", FIELD_TEXT, "language", "TAG", "language of the text, BCP 47")
#define TIME(what) MAY("time", FIELD_TEXT, "time", "TIME", what)
#define PAGES                                                                                      \
    MAY("limit", FIELD_NUMBER, "limit", "N", "at most so many"),                                   \
        MAY("after", FIELD_TEXT, "after", "PLACE", "where the page before ended")
#define FORMAT MAY("format", FIELD_TEXT, "format", "FORM", "html or markdown")

static const struct field pages[] = {PAGES, END};

/* ---- statements ---- */

static const struct field statement_list[] = {
    MAY("under", FIELD_TEXT, "under", "ID", "what they are filed under"), PAGES, END};
static const struct field statement_new[] = {WORD("text", FIELD_TEXT, 1), LANGUAGE,
    MAY("speaker", FIELD_TEXT, "speaker", "NAME", "who speaks; else the account's office"),
    MAY("under", FIELD_TEXT, "under", "ID", "the agenda item it belongs to"), END};

/* ---- sessions ---- */

static const struct field session_call[] = {WORD("name", FIELD_TEXT, 1), LANGUAGE,
    MUST("begins", FIELD_TEXT, "begins", "TIME", "when, RFC 3339 such as 2020-11-19T08:30:00Z"),
    MAY("ends", FIELD_TEXT, "ends", "TIME", "until when"),
    MUST("chairs", FIELD_PARTIES, "chair", "PARTY", "the chair's order by party"),
    MAY("text", FIELD_TEXT, "text", "TEXT", "what it is about"), END};
static const struct field session_invite[] = {WORD("name", FIELD_TEXT, 2),
    MUST("party", FIELD_PARTY, "party", "PARTY", "whose the person is"),
    MAY("office", FIELD_TEXT, "office", "OFFICE", "the person's office"), END};
static const struct field session_chair[] = {WORD("step", FIELD_TEXT, 2),
    MAY("subject", FIELD_TEXT, "subject", "ID", "an item, a request for the floor, an attendance"),
    END};
#define ATTEND(step)                                                                               \
    {                                                                                              \
        FIXED("step", step), WORD("name", FIELD_TEXT, 2),                                          \
            MUST("mode", FIELD_TEXT, "mode", "MODE", "room, video or telephone"),                  \
            MAY("office", FIELD_TEXT, "office", "OFFICE", "the person's office"),                  \
            TIME("when, where it is not now"), END                                                 \
    }
static const struct field session_join[] = ATTEND("join");
static const struct field session_leave[] = ATTEND("leave");
#define QUEUE(step)                                                                                \
    {                                                                                              \
        FIXED("step", step), WORD("name", FIELD_TEXT, 2),                                          \
            MAY("item", FIELD_TEXT, "item", "ID", "about which item"), END                         \
    }
static const struct field session_ask[] = QUEUE("ask");
static const struct field session_yield[] = QUEUE("leave");
static const struct field agenda_add[] = {WORD("text", FIELD_TEXT, 2), LANGUAGE,
    MUST("number", FIELD_NUMBER, "number", "N", "its place on the agenda"),
    MUST("minutes", FIELD_NUMBER, "minutes", "N", "the time box; 0: none"),
    MUST("owner", FIELD_PARTY, "owner", "PARTY", "who brings it"), END};
static const struct field agenda_paper[] = {WORD("paper", FIELD_TEXT, 2),
    MAY("name", FIELD_TEXT, "name", "NAME", "what the paper is called"), END};
static const struct field agenda_conclude[] = {WORD("text", FIELD_TEXT, 2), LANGUAGE,
    MUST("number", FIELD_NUMBER, "number", "N", "of the item's conclusions"), END};

/* ---- texts and acts ---- */

static const struct field text_compare[] = {WORD("with", FIELD_TEXT, 2), LANGUAGE, END};
static const struct field text_concord[] = {WORD("text", FIELD_TEXT, 2),
    MUST("from", FIELD_TEXT, "from", "TAG", "a language of the text"),
    MUST("to", FIELD_TEXT, "to", "TAG", "another one"), END};
static const struct field act_propose[] = {WORD("root", FIELD_TEXT, 1),
    MUST("kind", FIELD_TEXT, "kind", "KIND",
        "joint-text, charter, successor, readout, correction, joint-office, chair-order or minutes"),
    MAY("subject", FIELD_TEXT, "subject", "ID", "what it replaces or corrects; acts about one exclude each other"),
    MAY("number", FIELD_NUMBER, "number", "N", "of those about the subject"),
    MAY("offices", FIELD_TEXTS, "office", "OFFICE", "whose consent it needs; else the consultation's"),
    END};
static const struct field act_reserve[] = {WORD("text", FIELD_TEXT, 2), LANGUAGE,
    MUST("kind", FIELD_TEXT, "kind", "KIND", "reservation, declaration or reason"), END};

/* ---- offices ---- */

static const struct field office_list[] = {
    MAY("at", FIELD_TEXT, "at", "TIME", "as they stood then"), END};

/* ---- commitments ---- */

static const struct field commitment_pledge[] = {WORD("text", FIELD_TEXT, 1), LANGUAGE,
    MUST("quantity", FIELD_TEXT, "quantity", "N", "how much, such as 2.5"),
    MUST("unit", FIELD_TEXT, "unit", "UNIT", "of what"),
    MUST("receivers", FIELD_PARTIES, "to", "PARTY", "who receives it"),
    MAY("name", FIELD_TEXT, "name", "NAME", "what it is called"),
    MAY("act", FIELD_TEXT, "under", "ACT", "the act that it was given under"),
    MAY("due", FIELD_TEXT, "due", "TIME", "by when"), END};
static const struct field commitment_deliver[] = {
    MUST("quantity", FIELD_TEXT, "quantity", "N", "how much"), TIME("when"),
    MAY("evidence", FIELD_TEXT, "evidence", "ID", "what shows it"),
    MAY("text", FIELD_TEXT, "text", "TEXT", "what there is to say"), END};
#define RECEIPT(verdict)                                                                           \
    {                                                                                              \
        FIXED("verdict", verdict), MUST("quantity", FIELD_TEXT, "quantity", "N", "how much"),      \
            TIME("when"), MAY("evidence", FIELD_TEXT, "evidence", "ID", "what shows it"),          \
            MAY("text", FIELD_TEXT, "text", "TEXT", "what there is to say"), END                   \
    }
static const struct field commitment_confirm[] = RECEIPT("confirmed");
static const struct field commitment_dispute[] = RECEIPT("disputed");
static const struct field commitment_change[] = {WORD("what", FIELD_TEXT, 2),
    MAY("quantity", FIELD_TEXT, "quantity", "N", "how much it is now"),
    MAY("due", FIELD_TEXT, "due", "TIME", "when it is due now"),
    MAY("text", FIELD_TEXT, "text", "TEXT", "why"), END};

/* ---- dialogues ---- */

static const struct field dialogue_open[] = {WORD("outside_party", FIELD_TEXT, 1), LANGUAGE,
    MAY("channel", FIELD_TEXT, "channel", "CHANNEL", "how they are reached"),
    MUST("text", FIELD_TEXT, "text", "TEXT", "what the case is"), END};
static const struct field dialogue_state[] = {WORD("state", FIELD_TEXT, 2), LANGUAGE, TIME("since when"),
    MUST("text", FIELD_TEXT, "text", "TEXT", "why"), END};
static const struct field dialogue_round[] = {WORD("number", FIELD_NUMBER, 2), LANGUAGE,
    MUST("outcome", FIELD_TEXT, "outcome", "OUTCOME",
        "under-way, agreed, adjourned, failed or collapsed"),
    MUST("begins", FIELD_TEXT, "begins", "TIME", "when it began"),
    MAY("ends", FIELD_TEXT, "ends", "TIME", "when it ended"),
    MAY("place", FIELD_TEXT, "place", "PLACE", "where"),
    MAY("text", FIELD_TEXT, "text", "TEXT", "what there is to say"), END};
static const struct field dialogue_check[] = {WORD("result", FIELD_TEXT, 2),
    MUST("channel", FIELD_TEXT, "channel", "CHANNEL", "which line was tested"), TIME("when"),
    MAY("text", FIELD_TEXT, "text", "TEXT", "what there is to say"), END};
static const struct field dialogue_contact[] = {WORD("text", FIELD_TEXT, 2), LANGUAGE, TIME("when"),
    MAY("person", FIELD_TEXT, "person", "NAME", "who was spoken to"),
    MAY("channel", FIELD_TEXT, "channel", "CHANNEL", "how"), END};
static const struct field dialogue_position[] = {WORD("text", FIELD_TEXT, 2), LANGUAGE,
    MUST("office", FIELD_TEXT, "office", "OFFICE", "whose position it is"), END};
static const struct field dialogue_mandate[] = {WORD("text", FIELD_TEXT, 2), LANGUAGE,
    MUST("kind", FIELD_TEXT, "kind", "KIND", "speaks: who may speak; line: the agreed line"),
    MUST("party", FIELD_PARTY, "party", "PARTY", "who speaks, or whose line it is"),
    MAY("name", FIELD_TEXT, "name", "NAME", "the person who may speak"),
    MAY("act", FIELD_TEXT, "under", "ACT", "the act that gives it"), END};

/* ---- readouts ---- */

static const struct field readout_prepare[] = {WORD("act", FIELD_TEXT, 1),
    MAY("number", FIELD_NUMBER, "number", "N", "of the readouts of the subject"),
    MAY("embargo", FIELD_TEXT, "embargo", "TIME", "not to be published before"),
    MAY("spokespersons", FIELD_PERSONS, "spokesperson", "PARTY:NAME", "who may speak about it"), END};
static const struct field readout_publish[] = {
    WORD("where", FIELD_TEXT, 2), TIME("when, where it is not now"), END};

/* ---- assessments ---- */

static const struct field assessment_receive[] = {MAY("holding", FIELD_TEXT, "holding", "HOW",
    "whole (where it is not given), partly or none"), END};
static const struct field assessment_withdraw[] = {
    MAY("language", FIELD_TEXT, "language", "TAG", "language of the text, BCP 47"),
    MAY("text", FIELD_TEXT, "text", "TEXT", "what there is to say"), END};
static const struct field assessment_acknowledge[] = {WORD("is", FIELD_TEXT, 2),
    MAY("text", FIELD_TEXT, "text", "TEXT", "why"), END};

/* ---- documents and search ---- */

#define HEADINGS                                                                                   \
    MAY("language", FIELD_TEXT, "language", "TAG", "language of headings and dates: en, ko, ja or ar")

static const struct field documents_minutes[] = {FORMAT, HEADINGS, END};
static const struct field documents_export[] = {HEADINGS, END};
static const struct field documents_brief[] = {WORD("office", FIELD_TEXT, 1), FORMAT, HEADINGS,
    MAY("since", FIELD_TEXT, "since", "TIME", "what changed since then"), END};
static const struct field search[] = {WORD("q", FIELD_TEXT, 1), PAGES, END};

/* ---- accounts ---- */

static const struct field account_new[] = {WORD("account", FIELD_TEXT, 1),
    MUST("name", FIELD_TEXT, "name", "NAME", "the person's name"),
    MAY("office", FIELD_TEXT, "office", "OFFICE", "the person's office"),
    MUST("roles", FIELD_TEXTS, "role", "ROLE",
        "operator, holder, deputy, secretary, interpreter, linguist, spokesperson, reader"),
    END};
static const struct field account_token[] = {WORD("label", FIELD_TEXT, 2),
    MAY("expires", FIELD_TEXT, "expires", "TIME", "until when it is good"), END};
#define R "/rooms/{room}"
#define GET(name, arguments, min, max, what, example, path, fields, shows)                         \
    {                                                                                              \
        {name, arguments, min, max, what, NULL, example, NULL}, "GET", path, fields, shows         \
    }
#define POST(name, arguments, words, what, example, path, fields)                                  \
    {                                                                                              \
        {name, arguments, words, words, what, NULL, example, NULL}, "POST", path, fields, NULL     \
    }

const struct api_command api_commands[] = {
    POST("session call", "DIR NAME --language TAG --begins TIME --chair PARTY... [...]", 2,
        "call a session",
        "entente session call korea '제3차 한미일 안보실장 협의' --language ko --begins "
        "2020-11-19T08:30:00Z --chair 'Republic of Korea' Japan 'United States'",
        R "/sessions", session_call),
    GET("session list", "DIR", 1, 1, "the sessions", "entente session list korea", R "/sessions", pages,
        "sessions: id status begins chair_party attending name"),
    GET("session show", "DIR SESSION", 2, 2, "a session with its agenda, attendance and queue",
        "entente session show korea $SESSION", R "/sessions/{1}", NULL, "all"),
    POST("session invite", "DIR SESSION NAME --party PARTY [--office OFFICE]", 3, "invite a person",
        "entente session invite korea $SESSION '北村 滋' --party Japan --office 国家安全保障局長",
        R "/sessions/{1}/invitations", session_invite),
    POST("session chair", "DIR SESSION STEP [--subject ID]", 3,
        "the chair's doing: take, open, suspend, resume, close, call-item, give-floor, admit",
        "entente session chair korea $SESSION open", R "/sessions/{1}/steps", session_chair),
    POST("session join", "DIR SESSION NAME --mode MODE [--office OFFICE]", 3, "a person joins",
        "entente session join korea $SESSION 서훈 --mode video --office 국가안보실장",
        R "/sessions/{1}/attendance", session_join),
    POST("session leave", "DIR SESSION NAME --mode MODE [--office OFFICE]", 3, "a person leaves",
        "entente session leave korea $SESSION 서훈 --mode video", R "/sessions/{1}/attendance",
        session_leave),
    POST("session ask", "DIR SESSION NAME [--item ID]", 3, "ask for the floor",
        "entente session ask korea $SESSION 서훈", R "/sessions/{1}/queue", session_ask),
    POST("session yield", "DIR SESSION NAME [--item ID]", 3, "no longer ask for the floor",
        "entente session yield korea $SESSION 서훈", R "/sessions/{1}/queue", session_yield),
    POST("agenda add", "DIR SESSION TEXT --language TAG --number N --minutes N --owner PARTY [...]", 3,
        "put an item on a session's agenda",
        "entente agenda add korea $SESSION '한반도 비핵화' --language ko --number 1 --minutes 30 "
        "--owner 'Republic of Korea'",
        R "/sessions/{1}/items", agenda_add),
    POST("agenda conclude", "DIR ITEM TEXT --language TAG --number N", 3, "conclude an item",
        "entente agenda conclude korea $ITEM 'The parties will meet again.' --language en --number 1",
        R "/items/{1}/conclusions", agenda_conclude),
    POST("agenda paper", "DIR ITEM ID [--name NAME]", 3, "put a paper to an item",
        "entente agenda paper korea $ITEM $ASSESSMENT --name 'Recent situation'",
        R "/items/{1}/papers", agenda_paper),
    POST("statement new", "DIR TEXT|- --language TAG [--under ID] [--speaker NAME]", 2,
        "make a statement", "entente statement new korea '회의를 시작하겠습니다.' --language ko --under $ITEM",
        R "/statements", statement_new),
    GET("statement list", "DIR [--under ID]", 1, 1, "statements in the order of the record",
        "entente statement list korea --under $ITEM", R "/statements", statement_list,
        "statements: origin.time origin.party speaker language text"),
    GET("text show", "DIR ROOT", 2, 2, "a text with all its languages",
        "entente text show korea $ROOT", R "/texts/{1}", NULL, "all"),
    GET("text compare", "DIR ROOT OTHER --language TAG", 3, 3, "two texts, paragraph by paragraph",
        "entente text compare korea $ROOT $OTHER --language en", R "/texts/{1}/comparison", text_compare,
        "paragraphs: is text"),
    POST("text concord", "DIR ROOT TEXT --from TAG --to TAG", 3,
        "say how two languages of a text go together",
        "entente text concord korea $ROOT 'checked sentence by sentence' --from ko --to ja",
        R "/texts/{1}/concords", text_concord),
    POST("act propose", "DIR ROOT --kind KIND [--subject ID] [--number N] [--office OFFICE...]", 2,
        "propose a text to all parties", "entente act propose korea $ROOT --kind joint-text", R "/acts",
        act_propose),
    GET("act list", "DIR", 1, 1, "what was proposed", "entente act list korea", R "/acts", pages,
        "acts: act kind party verdict signed_by ratified_by withdrawn_by"),
    GET("act show", "DIR ACT", 2, 2, "an act, who signed it, and what is missing",
        "entente act show korea $ACT", R "/acts/{1}", NULL, "all"),
    POST("act reserve", "DIR ACT TEXT --language TAG --kind KIND", 3,
        "a reservation, declaration or reason beside the text",
        "entente act reserve japan $ACT '…' --language ja --kind declaration",
        R "/acts/{1}/reservations", act_reserve),
    GET("office list", "DIR [--at TIME]", 1, 1, "the offices of all parties, and who acts",
        "entente office list korea --at 2021-01-20T17:00:00Z", R "/offices", office_list,
        "offices: party office acting is_assumed since"),
    GET("office history", "DIR PARTY OFFICE", 3, 3, "all that happened to an office of party number PARTY",
        "entente office history korea 2 'National Security Adviser'", R "/offices/{1}/{2}/history", NULL,
        "events: time what acting is_assumed void_rule"),
    POST("commitment pledge", "DIR TEXT --language TAG --quantity N --unit UNIT --to PARTY... [...]", 2,
        "pledge something to other parties",
        "entente commitment pledge usa 'Vaccine doses' --language en --quantity 1000000 --unit doses "
        "--to 'Republic of Korea' --under $ACT",
        R "/commitments", commitment_pledge),
    GET("commitment list", "DIR", 1, 1, "the register of commitments", "entente commitment list korea",
        R "/commitments", pages,
        "commitments: id giver_party name unit pledged delivered confirmed disputed due"),
    GET("commitment show", "DIR COMMITMENT", 2, 2, "a commitment with deliveries and receipts",
        "entente commitment show korea $COMMITMENT", R "/commitments/{1}", NULL, "all"),
    POST("commitment deliver", "DIR COMMITMENT --quantity N [...]", 2, "claim a delivery",
        "entente commitment deliver usa $COMMITMENT --quantity 200000", R "/commitments/{1}/deliveries",
        commitment_deliver),
    POST("commitment confirm", "DIR DELIVERY --quantity N [...]", 2, "confirm what was received",
        "entente commitment confirm korea $DELIVERY --quantity 180000", R "/deliveries/{1}/receipts",
        commitment_confirm),
    POST("commitment dispute", "DIR DELIVERY --quantity N [...]", 2, "dispute what was not",
        "entente commitment dispute korea $DELIVERY --quantity 20000", R "/deliveries/{1}/receipts",
        commitment_dispute),
    POST("commitment change", "DIR COMMITMENT WHAT [--quantity N] [--due TIME] [--text TEXT]", 3,
        "the giver changes it: withdrawn, due or quantity",
        "entente commitment change usa $COMMITMENT due --due 2021-07-01T00:00:00Z",
        R "/commitments/{1}/changes", commitment_change),
    POST("dialogue open", "DIR OUTSIDE-PARTY --language TAG --text TEXT [--channel CHANNEL]", 2,
        "open a case with an outside party",
        "entente dialogue open korea 'DPR Korea' --language en --text '…' --channel 'Panmunjom line'",
        R "/dialogues", dialogue_open),
    GET("dialogue list", "DIR", 1, 1, "dialogues with outside parties", "entente dialogue list korea",
        R "/dialogues", pages, "dialogues: id outside_party state since last_check checked owner_party"),
    GET("dialogue show", "DIR DIALOGUE", 2, 2, "a dialogue with all that happened",
        "entente dialogue show korea $DIALOGUE", R "/dialogues/{1}", NULL, "all"),
    POST("dialogue state", "DIR DIALOGUE STATE --language TAG --text TEXT [--time TIME]", 3,
        "its state: proposed, open, broken-off, resumed or closed",
        "entente dialogue state korea $DIALOGUE resumed --language en --text '…'",
        R "/dialogues/{1}/states", dialogue_state),
    POST("dialogue round", "DIR DIALOGUE NUMBER --outcome OUTCOME --begins TIME --language TAG [...]", 3,
        "a round of talks",
        "entente dialogue round korea $DIALOGUE 2 --outcome failed --begins 2019-02-27T09:00:00Z "
        "--place Hanoi --language en",
        R "/dialogues/{1}/rounds", dialogue_round),
    POST("dialogue check", "DIR DIALOGUE RESULT --channel CHANNEL [--time TIME] [--text TEXT]", 3,
        "the channel was tested: answered, silent or refused",
        "entente dialogue check korea $DIALOGUE silent --channel 'Panmunjom line'",
        R "/dialogues/{1}/checks", dialogue_check),
    POST("dialogue contact", "DIR DIALOGUE TEXT --language TAG [...]", 3, "a contact, and what came of it",
        "entente dialogue contact korea $DIALOGUE '…' --language ko --person '…'",
        R "/dialogues/{1}/contacts", dialogue_contact),
    POST("dialogue position", "DIR DIALOGUE TEXT --language TAG --office OFFICE", 3, "an office's position",
        "entente dialogue position korea $DIALOGUE '…' --language ko --office 국가안보실장",
        R "/dialogues/{1}/positions", dialogue_position),
    POST("dialogue mandate", "DIR DIALOGUE TEXT --language TAG --kind KIND --party PARTY [...]", 3,
        "who may speak, or the agreed line",
        "entente dialogue mandate korea $DIALOGUE '…' --language en --kind line --party 0",
        R "/dialogues/{1}/mandates", dialogue_mandate),
    POST("readout prepare", "DIR ACT [--embargo TIME] [--spokesperson PARTY:NAME...]", 2,
        "say of a proposed readout when it may be published, and who may speak about it",
        "entente readout prepare korea $ACT --embargo 2020-11-19T12:00:00Z --spokesperson 0:강민석",
        R "/readouts", readout_prepare),
    GET("readout list", "DIR", 1, 1, "readouts", "entente readout list korea", R "/readouts", pages,
        "readouts: act verdict embargo is_embargoed publications"),
    GET("readout show", "DIR ACT", 2, 2, "a readout with its text", "entente readout show korea $ACT",
        R "/readouts/{1}", NULL, "all"),
    POST("readout publish", "DIR ACT WHERE [--time TIME]", 3, "publish it",
        "entente readout publish korea $ACT https://www.president.go.kr", R "/readouts/{1}/publications",
        readout_publish),
    GET("assessment list", "DIR", 1, 1, "assessments", "entente assessment list korea", R "/assessments",
        pages, "assessments: id party marking version size name is_withdrawn"),
    GET("assessment show", "DIR ASSESSMENT", 2, 2, "an assessment, and who holds it",
        "entente assessment show korea $ASSESSMENT", R "/assessments/{1}", NULL, "all"),
    POST("assessment receive", "DIR ASSESSMENT [--holding HOW]", 2, "say that it is held here",
        "entente assessment receive japan $ASSESSMENT", R "/assessments/{1}/receipts",
        assessment_receive),
    POST("assessment withdraw", "DIR ASSESSMENT [--text TEXT --language TAG]", 2,
        "ask all holders to delete it",
        "entente assessment withdraw korea $ASSESSMENT --text '…' --language ko",
        R "/assessments/{1}/withdrawal", assessment_withdraw),
    POST("assessment acknowledge", "DIR ASSESSMENT deleted|kept [--text TEXT]", 3,
        "answer a withdrawal", "entente assessment acknowledge japan $ASSESSMENT deleted",
        R "/assessments/{1}/acknowledgements", assessment_acknowledge),
    GET("assessment get", "DIR ASSESSMENT [--out FILE]", 2, 2, "fetch an assessment's file",
        "entente assessment get japan $ASSESSMENT --out assessment.pdf", R "/assessments/{1}/content",
        NULL, "file"),
    GET("minutes", "DIR SESSION [--format FORM] [--language TAG] [--out FILE]", 2, 2,
        "the minutes of a session, from the record", "entente minutes korea $SESSION --out minutes.html",
        R "/sessions/{1}/minutes", documents_minutes, "file"),
    GET("brief", "DIR OFFICE [--since TIME] [--format FORM] [--language TAG] [--out FILE]", 2, 2,
        "what an incoming holder of an office must know",
        "entente brief usa 'National Security Adviser' --format markdown", R "/brief", documents_brief,
        "file"),
    GET("export", "DIR NAME [--language TAG] [--out FILE]", 2, 2,
        "a list as a file: commitments.csv, sessions.ics, readouts.atom, readouts.ninjs.json, minutes.html",
        "entente export korea sessions.ics --out sessions.ics", R "/exports/{1}", documents_export, "file"),
    GET("search", "DIR WORDS", 2, 2, "search everything that can be read",
        "entente search korea 비핵화", R "/search", search,
        "hits: origin.time origin.party kind speaker snippet id"),
    GET("account list", "DIR", 1, 1, "the accounts of the party's people", "entente account list korea",
        "/accounts", NULL, "accounts: account name office roles is_active"),
    {{"account new", "DIR ACCOUNT --name NAME --role ROLE... [--office OFFICE]", 2, 2,
         "an account for a person of the party", NULL,
         "entente account new korea secretary --name '…' --role secretary", NULL},
        "POST", "/accounts", account_new, "all"},
    {{"account token", "DIR ACCOUNT LABEL [--expires TIME]", 3, 3, "a new token, shown this once", NULL,
         "entente account token korea secretary laptop", NULL},
        "POST", "/accounts/{1}/tokens", account_token, "all"},
    {{"account revoke", "DIR ACCOUNT TOKEN-ID", 3, 3, "a token is good no more", NULL,
         "entente account revoke korea secretary 3f9a", NULL},
        "DELETE", "/accounts/{1}/tokens/{2}", NULL, "all"},
};

const size_t api_commands_count = sizeof api_commands / sizeof api_commands[0];
