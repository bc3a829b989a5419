#include "support/summit.h"

#include "crypto/hash.h"
#include "support/test.h"

#include <unistd.h>

#define SEGMENTS_MAX 160u
#define NOBODY UINT8_MAX

static struct test_room setting;
static struct replica party[SUMMIT_PARTIES];
static struct build_feed feed[SUMMIT_PARTIES];
static struct built_segment written[SEGMENTS_MAX];
static bool heard[SUMMIT_PARTIES][SEGMENTS_MAX];
static uint32_t count;
static uint8_t offline; /* the party that neither hears nor is heard for a while */
static uint32_t office[SUMMIT_PARTIES];
static struct store *store;

static void
require(bool done, const char *what)
{
    if (done)
        return;
    printf("Bail out! summit: %s\n", what);
    exit(1);
}

/* ---- writing ---- */

/* All causes of a segment are before it. */
static void
hear_all(uint8_t slot)
{
    for (uint32_t i = 0; i < count; i++) {
        bool is_apart =
            offline != NOBODY && (slot == offline) != (written[i].positions[0].slot == offline);
        if (heard[slot][i] || is_apart)
            continue;
        require(replica_receive(&party[slot], &written[i]) == ENTENTE_OK, "hearing");
        heard[slot][i] = true;
    }
}

static struct entry_id
write_body(uint8_t slot, uint64_t t_ms, uint8_t kind, struct body *body)
{
    static uint8_t memory[65536];
    struct writer writer = writer_of(memory, sizeof memory);

    require(count < SEGMENTS_MAX, "too many segments");
    hear_all(slot);
    feed[slot].t_ms = t_ms - 1 > feed[slot].t_ms ? t_ms - 1 : feed[slot].t_ms;
    require((kind == ENTRY_SEALED ? body_write(&writer, body) : body_write_clear(&writer, body)) ==
                ENTENTE_OK,
        "a body");
    require(
        replica_write(&party[slot], &feed[slot], kind, writer_written(&writer), &written[count]),
        "an entry");
    heard[slot][count] = true;
    return written[count++].positions[0].id;
}

static struct body body;

static struct fact *
add_fact(uint16_t type)
{
    struct section *section = &body.sections[body.count++];

    *section = (struct section){.type = type};
    return &section->fact;
}

static struct digest
say(uint8_t slot, uint64_t t_ms, uint16_t type, const struct fact *fact)
{
    struct digest object;

    body = (struct body){0};
    *add_fact(type) = *fact;
    struct entry_id id = write_body(slot, t_ms, ENTRY_SEALED, &body);
    fact_make_object(&object, &id, 0);
    return object;
}

#define TEXT(literal) bytes_of_text(literal)

static void
state_under(uint8_t slot, uint64_t t_ms, const struct digest *under, const char *speaker,
    const char *tag, const char *text)
{
    body = (struct body){0};
    add_fact(FACT_UNDER)->object = *under;
    body.sections[body.count++] = (struct section){.type = SECTION_STATEMENT,
        .statement = {bytes_of_text(tag), bytes_of_text(speaker), bytes_of_text(text)}};
    write_body(slot, t_ms, ENTRY_SEALED, &body);
}

/* ---- a session ---- */

static struct digest
call_session(uint8_t slot, uint64_t t_ms, uint64_t begins_ms, const char *name, const char *text)
{
    static const uint8_t chairs[] = {1, 0, 2};

    return say(slot, t_ms, FACT_SESSION,
        &(struct fact){.when_ms = begins_ms,
            .until_ms = begins_ms + 5400000,
            .items = {chairs, 3},
            .items_count = 3,
            .name = bytes_of_text(name),
            .tag = TEXT("en"),
            .text = bytes_of_text(text)});
}

static void
chair(const struct digest *session, uint8_t slot, uint64_t t_ms, uint32_t term, uint8_t what,
    const struct digest *subject)
{
    struct fact fact = {.object = *session, .number = term, .what = what};

    if (subject != NULL)
        fact.subject = *subject;
    say(slot, t_ms, FACT_CHAIR, &fact);
}

static void
attend(const struct digest *session, uint8_t slot, uint64_t t_ms, uint8_t what, const char *name,
    const char *title)
{
    say(slot, t_ms, FACT_ATTENDANCE,
        &(struct fact){.object = *session,
            .what = what,
            .mode = 2,
            .when_ms = t_ms,
            .name = bytes_of_text(name),
            .office = bytes_of_text(title)});
}

static struct digest
put_item(
    const struct digest *session, uint8_t slot, uint32_t number, const char *tag, const char *text)
{
    return say(slot, SUMMIT_AT(0, 20) + number, FACT_ITEM,
        &(struct fact){.object = *session,
            .number = number,
            .minutes = 20,
            .slot = slot,
            .tag = bytes_of_text(tag),
            .text = bytes_of_text(text)});
}

static void
conclude(
    const struct digest *object, uint64_t t_ms, uint32_t number, const char *tag, const char *text)
{
    say(1, t_ms, FACT_CONCLUSION,
        &(struct fact){.object = *object,
            .number = number,
            .tag = bytes_of_text(tag),
            .text = bytes_of_text(text)});
}

static void
gather(struct summit *summit)
{
    const struct digest *session = &summit->session;

    say(0, SUMMIT_AT(0, 10), FACT_INVITE,
        &(struct fact){.object = *session, .slot = 2, .name = TEXT("Robert O'Brien")});
    say(0, SUMMIT_AT(0, 11), FACT_INVITE,
        &(struct fact){.object = *session,
            .slot = 1,
            .name = TEXT("An \"interpreter\"; a:b,\r\nATTENDEE:mailto:x@example.org")});
    attend(session, 0, SUMMIT_AT(0, 55), ATTENDANCE_JOIN, "서훈 (Suh Hoon)", SUMMIT_OFFICE);
    attend(
        session, 1, SUMMIT_AT(0, 57), ATTENDANCE_JOIN, "北村滋 (Kitamura Shigeru)", SUMMIT_OFFICE);
    attend(session, 2, SUMMIT_AT(0, 58), ATTENDANCE_JOIN, "Robert O'Brien", SUMMIT_OFFICE);
    attend(session, 0, SUMMIT_AT(1, 2), ATTENDANCE_JOIN, "강민석 (Kang Min-seok)", "Spokesperson");
    chair(session, 1, SUMMIT_AT(1, 0), 0, CHAIR_OPEN, NULL);
}

/* Party 1 drops for a while: the chair passes on, and comes back. */
static void
discuss(struct summit *summit)
{
    const struct digest *session = &summit->session;
    struct digest items[] = {put_item(session, 0, 1, "ko", "한반도 비핵화와 항구적 평화"),
        put_item(session, 1, 2, "ja", "最近の安全保障情勢についての評価"),
        put_item(session, 2, 3, "en", "Vaccines and treatments <for all> & each")};

    chair(session, 1, SUMMIT_AT(1, 3), 0, CHAIR_ITEM, &items[0]);
    state_under(0, SUMMIT_AT(1, 4), &items[0], "서훈", "ko",
        "대화는 반드시 재개되어야 합니다. 미국의 선거가 끝난 지금, 3국 협력은 공백 없이 이어져야 합니다.\n\n"
        "스톡홀름 실무협상은 2019년 10월에 결렬되었습니다.");
    state_under(2, SUMMIT_AT(1, 9), &items[0], "Robert O'Brien", "en",
        "Cooperation goes on \"without a gap\", whatever the election brings.");
    conclude(&items[0], SUMMIT_AT(1, 14), 1, "en",
        "The parties agree that the dialogue is to be resumed, and that cooperation goes on without a gap.");
    chair(session, 1, SUMMIT_AT(1, 15), 0, CHAIR_ITEM, &items[1]);
    state_under(1, SUMMIT_AT(1, 16), &items[1], "北村滋", "ja",
        "各国の評価を交換した。詳細は「別紙」のとおり。\n三か国の連携を確認した。");
    state_under(0, SUMMIT_AT(1, 20), &items[1], "مترجم", "ar",
        "تبادل المستشارون التقييمات بشأن الوضع الأخير، وبحثوا سبل \"التواصل مع كوريا الشمالية\".\n\n"
        "وكانت قمة هانوي في فبراير 2019 (Hanoi) قد باءت بالفشل.");
    chair(session, 0, SUMMIT_AT(1, 24), 1, CHAIR_TAKE, NULL);
    chair(session, 0, SUMMIT_AT(1, 25), 1, CHAIR_ITEM, &items[2]);
    state_under(2, SUMMIT_AT(1, 27), &items[2], "", "en",
        "<script>alert('minutes')</script> | *bold* [link](https://example.org) `code`\n"
        "1. Not a list\n# Not a heading\n"
        "Turned round: \xE2\x80\xAE"
        "abc\xE2\x80\xAC, hidden: a\xE2\x80\x8B"
        "b, bell: \x07.");
    conclude(session, SUMMIT_AT(1, 40), 0, "ar",
        "اتفقت الأطراف الثلاثة على تعزيز التعاون من أجل تطوير اللقاحات وتوفيرها.");
    state_under(1, SUMMIT_AT(1, 41), session, "北村滋", "ja", "以上で本日の議事を終わる。");
}

static void
close_session(struct summit *summit)
{
    const struct digest *session = &summit->session;

    attend(
        session, 0, SUMMIT_AT(1, 30), ATTENDANCE_LEAVE, "강민석 (Kang Min-seok)", "Spokesperson");
    attend(session, 0, SUMMIT_AT(1, 35), ATTENDANCE_JOIN, "강민석 (Kang Min-seok)", "Spokesperson");
    offline = 2;
    chair(session, 0, SUMMIT_AT(1, 45), 1, CHAIR_CLOSE, NULL);
    state_under(2, SUMMIT_AT(1, 44), session, "Robert O'Brien", "en",
        "This was said while the link was cut.");
    offline = NOBODY;
}

static void
meet(struct summit *summit)
{
    summit->session = call_session(0, SUMMIT_AT(0, 5), SUMMIT_AT(1, 0),
        "Consultation of the National Security Advisers",
        "By video. The chair goes round by party.");
    gather(summit);
    discuss(summit);
    close_session(summit);
    summit->second = call_session(
        2, SUMMIT_AT(3, 0), SUMMIT_AT(24 * 14, 0), "Follow-up of experts; \"vaccines\", =1+1", "");
}

/* ---- texts and acts ---- */

static struct {
    const char *tag;
    bool is_authentic;
    const char *text;
} texts[3][4];

/* A text of up to 4 languages, ascending by tag, with all of its parts. */
static struct digest
put_text(uint8_t slot, uint64_t t_ms, unsigned number, uint16_t languages)
{
    static uint8_t list[1024], nonce[32];
    struct writer writer = writer_of(list, sizeof list);
    struct fact text = {.nonce = {nonce, 32}, .items_count = languages};
    struct digest root;

    nonce[0]++;
    for (uint16_t i = 0; i < languages; i++) {
        struct bytes data = bytes_of_text(texts[number][i].text);
        struct text_language language = {.tag = bytes_of_text(texts[number][i].tag),
            .is_authentic = texts[number][i].is_authentic,
            .media_type = TEXT("text/plain"),
            .size = (uint32_t)data.size};
        sha256_once(language.sha256.bytes, data);
        text_language_write(&writer, &language);
    }
    text.items = writer_written(&writer);
    fact_make_text_root(&root, &text);
    say(slot, t_ms, FACT_TEXT, &text);
    for (uint16_t i = 0; i < languages; i++)
        say(slot, t_ms, FACT_TEXT_PART,
            &(struct fact){.root = root,
                .tag = bytes_of_text(texts[number][i].tag),
                .data = bytes_of_text(texts[number][i].text)});
    return root;
}

static struct digest
propose(uint8_t slot, uint64_t t_ms, uint8_t what, const struct digest *root, uint32_t number)
{
    struct digest act;

    body = (struct body){0};
    *add_fact(FACT_PROPOSE) = (struct fact){.what = what, .root = *root, .number = number};
    struct entry_id id = write_body(slot, t_ms, ENTRY_PROPOSE, &body);
    fact_make_act(&act, &setting.id, &id);
    return act;
}

static void
sign(uint8_t slot, uint64_t t_ms, const struct digest *act, const struct digest *root)
{
    struct consent_terms terms = {.room = setting.id,
        .act = *act,
        .root = *root,
        .party = *register_party(setting.registers[slot]),
        .office = office[slot],
        .purpose = CONSENT_SIGN};
    struct signing_key key;
    struct signature signature;

    body = (struct body){0};
    add_fact(FACT_SIGN)->object = *act;
    struct fact *consent = add_fact(FACT_CONSENT);
    build_key(&key, &consent->key, setting.party[slot].seed, BUILD_PERSON, 1);
    consent_sign(&signature, &key, &terms);
    consent->what = CONSENT_SIGN;
    consent->number = office[slot];
    consent->signature = (struct bytes){signature.bytes, sizeof signature.bytes};
    write_body(slot, t_ms, ENTRY_SIGN, &body);
}

static void
ratify(uint8_t slot, uint64_t t_ms, const struct digest *act)
{
    body = (struct body){0};
    add_fact(FACT_RATIFY)->object = *act;
    write_body(slot, t_ms, ENTRY_RATIFY, &body);
}

/* Signed by all, ratified by all. */
static struct digest
agree(uint64_t t_ms, uint8_t what, const struct digest *root, uint32_t number)
{
    struct digest act = propose(0, t_ms, what, root, number);

    for (uint8_t slot = 0; slot < SUMMIT_PARTIES; slot++)
        sign(slot, t_ms + 60000, &act, root);
    for (uint8_t slot = 0; slot < SUMMIT_PARTIES; slot++)
        ratify(slot, t_ms + 120000, &act);
    return act;
}

static void
write_texts(void)
{
    texts[0][0].tag = "en";
    texts[0][0].text =
        "Joint text on vaccines and treatments\n\nThe parties supply vaccines to each other.\n";
    texts[0][1].tag = "ja";
    texts[0][1].text = "ワクチンと治療に関する共同文書\n\n当事者は互いにワクチンを供給する。\n";
    texts[0][2].tag = "ko";
    texts[0][2].text = "백신과 치료에 관한 공동 문서\n\n당사자들은 서로 백신을 공급한다.\n";
    texts[1][0].tag = "ar";
    texts[1][0].text = "بيان مشترك\n\nاتفق المستشارون الثلاثة على أن التعاون يستمر \"دون فراغ\".\n";
    texts[1][1].tag = "en";
    texts[1][1].text =
        "Joint readout\n\nThe three advisers agreed that cooperation goes on \"without a "
        "gap\".\n\nThey spoke of <peace> & of dialogue.\n";
    texts[1][2].tag = "ja";
    texts[1][2].text = "共同発表\n\n三人の補佐官は、協力を「空白なく」続けることで一致した。\n";
    texts[1][3].tag = "ko";
    texts[1][3].text = "공동 발표문\n\n세 안보보좌관은 협력을 \"공백 없이\" 이어 가기로 했다.\n";
    for (unsigned i = 0; i < 3; i++)
        for (unsigned j = 0; j < 4; j++)
            texts[i][j].is_authentic = i != 1 || j != 0; /* the Arabic is a translation */
    texts[2][0].tag = "en";
    texts[2][0].text = "Proposal on a hotline\n\nA line is to be open day and night.\n";
}

static void
conclude_acts(struct summit *summit)
{
    write_texts();
    struct digest vaccines = put_text(0, SUMMIT_AT(2, 0), 0, 3);
    struct digest readout = put_text(0, SUMMIT_AT(2, 10), 1, 4);
    struct digest hotline = put_text(1, SUMMIT_AT(2, 20), 2, 1);

    summit->joint_text = agree(SUMMIT_AT(2, 1), ACT_JOINT_TEXT, &vaccines, 0);
    summit->readout = agree(SUMMIT_AT(2, 11), ACT_READOUT, &readout, 1);
    summit->silent = agree(SUMMIT_AT(2, 15), ACT_READOUT, &hotline, 2);
    summit->open_act = propose(1, SUMMIT_AT(2, 30), ACT_JOINT_TEXT, &hotline, 0);
    sign(1, SUMMIT_AT(2, 31), &summit->open_act, &hotline);
}

static void
publish(struct summit *summit)
{
    static uint8_t list[64];
    struct writer writer = writer_of(list, sizeof list);

    spokesperson_write(&writer, &(struct spokesperson){0, TEXT("강민석 (Kang Min-seok)")});
    say(0, SUMMIT_AT(2, 40), FACT_READOUT,
        &(struct fact){.object = summit->readout,
            .number = 1,
            .when_ms = SUMMIT_AT(12, 0),
            .items = writer_written(&writer),
            .items_count = 1});
    /* Party 2 does not wait for the end of the embargo. */
    for (uint8_t slot = SUMMIT_PARTIES; slot-- > 0;)
        say(slot, slot == 2 ? SUMMIT_AT(11, 50) : SUMMIT_AT(12, 1), FACT_PUBLICATION,
            &(struct fact){.object = summit->readout,
                .when_ms = slot == 2 ? SUMMIT_AT(11, 50) : SUMMIT_AT(12, 1),
                .name = TEXT("https://press.example/readout?a=1&b=2")});
}

/* ---- commitments and a dialogue ---- */

static void
pledge(struct summit *summit)
{
    summit->pledge = say(0, SUMMIT_AT(3, 0), FACT_PLEDGE,
        &(struct fact){.subject = summit->joint_text,
            .parties = 6,
            .quantity = 25000005,
            .scale = 1,
            .label = TEXT("doses"),
            .when_ms = SUMMIT_AT(24 * 60, 0),
            .name = TEXT("=HYPERLINK(\"https://example.org\";\"Vaccines\")"),
            .tag = TEXT("ko"),
            .text = TEXT("백신, \"1차\"\n공급분")});
    struct digest delivery = say(0, SUMMIT_AT(4, 0), FACT_DELIVERY,
        &(struct fact){.object = summit->pledge,
            .quantity = 10000000,
            .when_ms = SUMMIT_AT(4, 0),
            .text = TEXT("-first lot")});
    say(1, SUMMIT_AT(5, 0), FACT_RECEIPT,
        &(struct fact){.object = delivery,
            .what = RECEIPT_CONFIRMED,
            .quantity = 6000000,
            .when_ms = SUMMIT_AT(5, 0)});
    say(2, SUMMIT_AT(5, 10), FACT_RECEIPT,
        &(struct fact){.object = delivery,
            .what = RECEIPT_DISPUTED,
            .quantity = 5,
            .when_ms = SUMMIT_AT(5, 10),
            .text = TEXT("@broken")});
    say(0, SUMMIT_AT(6, 0), FACT_PLEDGE_CHANGE,
        &(struct fact){.object = summit->pledge,
            .what = PLEDGE_DUE,
            .when_ms = SUMMIT_AT(24 * 90, 0),
            .text = TEXT("+30 days")});
    struct digest other = say(2, SUMMIT_AT(6, 30), FACT_PLEDGE,
        &(struct fact){.parties = 1,
            .quantity = 300,
            .label = TEXT("treatments"),
            .name = TEXT("Treatments"),
            .tag = TEXT("en")});
    say(2, SUMMIT_AT(6, 40), FACT_DELIVERY,
        &(struct fact){.object = other, .quantity = 100, .when_ms = SUMMIT_AT(6, 40)});
    delivery = say(2, SUMMIT_AT(6, 41), FACT_DELIVERY,
        &(struct fact){.object = other, .quantity = 50, .when_ms = SUMMIT_AT(6, 41)});
    say(0, SUMMIT_AT(6, 42), FACT_RECEIPT,
        &(struct fact){.object = delivery, .what = RECEIPT_CONFIRMED, .quantity = 50});
}

static void
talk(void)
{
    struct digest dialogue = say(0, SUMMIT_AT(7, 0), FACT_DIALOGUE,
        &(struct fact){.name = TEXT("조선민주주의인민공화국 (DPRK)"),
            .label = TEXT("Panmunjom line"),
            .tag = TEXT("en"),
            .text = TEXT("To resume the dialogue.")});
    say(2, SUMMIT_AT(7, 1), FACT_ROUND,
        &(struct fact){.object = dialogue,
            .number = 2,
            .what = ROUND_FAILED,
            .when_ms = UINT64_C(1551225600000),
            .name = TEXT("Hanoi"),
            .tag = TEXT("en"),
            .text = TEXT("The second summit.")});
    say(0, SUMMIT_AT(7, 2), FACT_ROUND,
        &(struct fact){.object = dialogue,
            .number = 3,
            .what = ROUND_COLLAPSED,
            .when_ms = UINT64_C(1570233600000),
            .name = TEXT("Stockholm"),
            .tag = TEXT("en"),
            .text = TEXT("The first official talks since.")});
    say(0, SUMMIT_AT(7, 3), FACT_DIALOGUE_STATE,
        &(struct fact){.object = dialogue,
            .what = DIALOGUE_BROKEN_OFF,
            .when_ms = UINT64_C(1570320000000),
            .tag = TEXT("en")});
    say(0, SUMMIT_AT(7, 4), FACT_CHANNEL_CHECK,
        &(struct fact){.object = dialogue,
            .what = CHECK_SILENT,
            .when_ms = SUMMIT_AT(7, 4),
            .label = TEXT("Panmunjom line")});
    say(1, SUMMIT_AT(7, 5), FACT_POSITION,
        &(struct fact){.object = dialogue,
            .office = TEXT(SUMMIT_OFFICE),
            .tag = TEXT("ja"),
            .text = TEXT("対話は再開されなければならない。")});
}

/* ---- the room ---- */

static void
make_office(uint8_t slot, const char *person)
{
    struct register_entry entry = {
        .kind = REGISTER_OFFICE, .name = TEXT(SUMMIT_OFFICE), .person = bytes_of_text(person)};
    struct signing_key key;

    build_key(&key, &entry.key, setting.party[slot].seed, BUILD_PERSON, 1);
    build_party_add(&setting.party[slot], &entry);
    office[slot] = register_count(setting.registers[slot]);
}

/* The American office passes on after all of it. */
static void
pass_on(void)
{
    struct register_entry entry = {.kind = REGISTER_APPOINT,
        .t_ms = SUMMIT_AT(24 * 68, 17),
        .office = office[2],
        .rank = 1,
        .person = TEXT("Jake Sullivan")};
    struct signing_key key;

    build_key(&key, &entry.replaces, setting.party[2].seed, BUILD_PERSON, 1);
    build_key(&key, &entry.key, setting.party[2].seed, BUILD_PERSON, 2);
    build_party_add(&setting.party[2], &entry);
}

static void
make_setting(void)
{
    static const char *const names[] = {
        "대한민국 (Republic of Korea)", "日本国 (Japan)", "United States"};
    struct genesis like = {.title = TEXT("Trilateral consultation · 한미일 협의 · 日米韓協議"),
        .languages_count = 3,
        .languages = {TEXT("en"), TEXT("ja"), TEXT("ko")},
        .charters_count = 2,
        .charters = {{TEXT("en"), TEXT("The parties consult each other without a gap.")},
            {TEXT("ko"), TEXT("당사자들은 공백 없이 협의한다.")}},
        .offices_count = 1,
        .offices = {TEXT(SUMMIT_OFFICE)}};
    struct replica_options options = {.heads_only = true};

    test_room_make_like(&setting, SUMMIT_PARTIES, names, &like);
    make_office(0, "서훈 (Suh Hoon)");
    make_office(1, "北村滋 (Kitamura Shigeru)");
    make_office(2, "Robert O'Brien");
    count = 0;
    offline = NOBODY;
    memset(heard, 0, sizeof heard);
    for (uint8_t slot = 0; slot < SUMMIT_PARTIES; slot++) {
        replica_make(&party[slot], &setting, &options);
        test_room_feed(&feed[slot], &setting, slot, 1);
    }
}

static void
put_setting(void)
{
    require(store_open_memory(&store) == ENTENTE_OK && store_begin(store) == ENTENTE_OK, "store");
    require(store_put_room(store, &setting.id, setting.genesis_file) == ENTENTE_OK, "the room");
    for (uint8_t slot = 0; slot < SUMMIT_PARTIES; slot++) {
        const struct party_register *reg = setting.registers[slot];
        struct branch_row row = {.index = slot, .slot = slot, .inc = REGISTER_INC};
        require(store_put_branch(store, &setting.id, &row) == ENTENTE_OK, "a branch");
        for (uint32_t n = 1; n <= register_count(reg); n++)
            require(store_put_register(store, register_party(reg), n, register_encoded(reg, n)) ==
                        ENTENTE_OK,
                "a register");
    }
}

/* All segments into a record of its own, and what that admits into the store. */
static void
put_record(void)
{
    struct replica_options options = {.heads_only = true};
    struct replica observer;

    replica_make(&observer, &setting, &options);
    for (uint32_t i = 0; i < count; i++) {
        require(replica_receive(&observer, &written[i]) == ENTENTE_OK, "observing");
        for (const struct admitted *a = observer.admission.first; a != NULL; a = a->next) {
            require(
                !a->new_branch || store_put_branch(store, &setting.id, &a->branch) == ENTENTE_OK,
                "a branch");
            require(store_put_segment(
                        store, &setting.id, &a->row, a->specials, a->specials_count) == ENTENTE_OK,
                "a segment");
        }
    }
    require(store_commit(store) == ENTENTE_OK, "the store");
    replica_free(&observer);
}

static void
take_open(void *state, uint64_t ticket, struct bytes header, struct bytes payload)
{
    struct summit *summit = state;

    (void)header;
    require(room_opened(summit->room, ticket, payload, ENTENTE_OK) == ENTENTE_OK, "opening");
}

static void
take_change(void *state, uint64_t change)
{
    (void)state;
    (void)change;
}

static void
open_room(struct summit *summit)
{
    char name[] = "/tmp/entente-spill-XXXXXX";
    int spill = mkstemp(name);
    struct room_options options = {.id = setting.id,
        .slot = 0,
        .store = store,
        .spill = spill,
        .calls = {.state = summit, .open = take_open, .changed = take_change}};
    bool more = true;

    unlink(name);
    require(room_new(&summit->room, &options) == ENTENTE_OK, "room_new()");
    while (more || !room_is_current(summit->room))
        require(room_advance(summit->room, 64, &more) == ENTENTE_OK, "room_advance()");
}

/* The others have it all, and say so. */
static void
acknowledge(void)
{
    for (uint8_t slot = 0; slot < SUMMIT_PARTIES; slot++) {
        hear_all(slot);
        require(
            replica_write(&party[slot], &feed[slot], ENTRY_ACK, (struct bytes){0}, &written[count]),
            "an ack");
        heard[slot][count++] = true;
    }
}

void
summit_make_empty(struct summit *summit)
{
    *summit = (struct summit){0};
    make_setting();
    put_setting();
    put_record();
    open_room(summit);
}

void
summit_make(struct summit *summit)
{
    *summit = (struct summit){0};
    make_setting();
    meet(summit);
    conclude_acts(summit);
    pledge(summit);
    talk();
    publish(summit);
    acknowledge();
    pass_on();
    put_setting();
    put_record();
    open_room(summit);
}

void
summit_free(struct summit *summit)
{
    room_free(summit->room);
    store_close(store);
    for (uint32_t i = 0; i < count; i++)
        built_segment_free(&written[i]);
    for (uint8_t slot = 0; slot < SUMMIT_PARTIES; slot++)
        replica_free(&party[slot]);
    test_room_free(&setting);
}
