/*
 * Goal: the commands that read what other parties made trust nothing that they did not verify, say
 * so in one line with the right exit status, and leave what they have as it was. Method: the
 * commands run in this process, over folders and cards made of known keys, so that registers can be
 * forked with true signatures; every byte of a card changed once and cut at every length.
 */
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/issue.h"
#include "cli/party_folder.h"
#include "crypto/crypto.h"
#include "format/genesis.h"
#include "support/build.h"
#include "support/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64]; /* the test's own; the working folder */

/* ---- running commands ---- */

static struct {
    char *out;
    char *talk;
    int status;
} ran;

/* Words end with NULL. */
static int
run(const char *first, ...)
{
    const char *words[32] = {first};
    int count = 1;
    size_t size;
    va_list more;

    va_start(more, first);
    while (count < 31 && (words[count] = va_arg(more, const char *)) != NULL)
        count++;
    va_end(more);
    free(ran.out);
    free(ran.talk);
    struct cli cli = {
        .out = open_memstream(&ran.out, &size), .talk = open_memstream(&ran.talk, &size)};
    ran.status = cli_run(&cli, count, (char **)words);
    fclose(cli.out);
    fclose(cli.talk);
    return ran.status;
}

static bool
said(const char *text)
{
    bool found = strstr(ran.talk, text) != NULL || strstr(ran.out, text) != NULL;

    if (!found)
        printf("# no \"%s\" in: %s%s\n", text, ran.out, ran.talk);
    return found;
}

/* ---- folders ---- */

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static void
world_start(void)
{
    strcpy(folder, "/tmp/entente-cli-XXXXXX");
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        abort();
}

static void
world_end(void)
{
    if (chdir("/") != 0)
        abort();
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void
put(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

/* What a file holds; to be freed. */
static struct file_content
get(const char *path)
{
    struct file_content content;

    if (files_read(&content, path, 1 << 20) != ENTENTE_OK)
        abort();
    return content;
}

static void
put_card(const char *path, const struct party_register *reg)
{
    struct file_content card;

    if (card_of_register(&card, reg) != ENTENTE_OK)
        abort();
    put(path, card.data, card.size);
    free(card.data);
}

/* A party's folder with its register, and its card as `path`.card. */
static void
put_party(const char *path, const struct party_register *reg)
{
    char inner[128];

    mkdir(path, 0700);
    snprintf(inner, sizeof inner, "%s/party", path);
    mkdir(inner, 0700);
    snprintf(inner, sizeof inner, "%s/party/register", path);
    put_card(inner, reg);
    snprintf(inner, sizeof inner, "%s.card", path);
    put_card(inner, reg);
}

static bool
is_same_file(const char *path, const struct file_content *before)
{
    struct file_content now = get(path);
    bool same =
        bytes_equal((struct bytes){now.data, now.size}, (struct bytes){before->data, before->size});

    free(now.data);
    return same;
}

static struct build_party one, two;

static void
two_parties(void)
{
    world_start();
    build_party(&one, 1);
    build_party(&two, 2);
    put_party("one", one.reg);
    put_party("two", two.reg);
}

static void
no_parties(void)
{
    build_party_free(&one);
    build_party_free(&two);
    world_end();
}

/* A name of one's own choice, under a key of its own. */
static struct party_register *
named_register(const char *name, uint8_t seed)
{
    struct register_entry entry = {.kind = REGISTER_INCEPTION, .name = bytes_of_text(name)};
    struct party_register *reg = NULL;
    struct signing_key key;
    struct public_key public;

    build_key(&key, &public, seed, BUILD_ROOT, 0);
    issue_keyset(&entry.keyset, &public);
    issue_commitment(&entry.next, &public);
    if (register_new(&reg) != ENTENTE_OK || issue_entry(reg, &entry, &key, 0) != ENTENTE_OK)
        abort();
    return reg;
}

/* ---- the tests ---- */

TEST(a_card_is_trusted_and_shown)
{
    two_parties();
    CHECK(run("party", "trust", "one", "two.card", NULL) == 0);
    CHECK(said("Party 2\n  "));
    CHECK(said("by voice"));
    CHECK(run("party", "trust", "one", "two.card", NULL) == 0);
    CHECK(said("nothing new"));
    CHECK(run("party", "show", "one", "Party 2", NULL) == 0);
    CHECK(said("party2.example:4433"));
    CHECK(run("party", "show", "one", "Party 3", NULL) == 1);
    CHECK(said("no party that is trusted here is called 'Party 3'"));
    CHECK(run("party", "trust", "one", "one.card", NULL) == 1);
    CHECK(run("party", "trust", "one", "missing.card", NULL) == 1);
    CHECK(run("party", "trust", "nowhere", "two.card", NULL) == 1);
    no_parties();
}

TEST(a_fingerprint_chooses_the_party)
{
    char id[ID_TEXT_BYTES], spaced[128] = "";

    two_parties();
    id_to_text(id, register_party(two.reg)->bytes);
    for (int i = 0; i < 64; i += 4)
        snprintf(spaced + strlen(spaced), sizeof spaced - strlen(spaced), "%.4s ", id + i);
    CHECK(run("party", "trust", "one", "two.card", "--fingerprint", spaced, NULL) == 0);
    id[63] = id[63] == '0' ? '1' : '0';
    CHECK(run("party", "trust", "two", "one.card", "--fingerprint", id, NULL) == 1);
    CHECK(access("two/trusted", F_OK) != 0);
    no_parties();
}

TEST(a_changed_or_cut_card_is_refused)
{
    int wrong = 0;

    two_parties();
    struct file_content card = get("two.card");
    for (size_t i = 0; i < card.size; i++) {
        card.data[i] ^= (uint8_t)(1 << i % 8);
        put("bad.card", card.data, card.size);
        card.data[i] ^= (uint8_t)(1 << i % 8);
        /* A changed inception is another party's id, and no longer what the keys signed. */
        if (run("party", "trust", "one", "bad.card", NULL) != 3) {
            printf("# byte %zu: %d %s\n", i, ran.status, ran.talk);
            wrong++;
        }
    }
    for (size_t size = 0; size < card.size; size++) {
        bool is_whole = false; /* a card that ends behind an entry is an older one, and good */
        size_t end = sizeof CARD_MAGIC - 1;
        for (uint32_t number = 1; number < register_count(two.reg); number++) {
            end += register_encoded(two.reg, number).size;
            is_whole = is_whole || end == size;
        }
        put("bad.card", card.data, size);
        if (!is_whole)
            wrong += run("party", "trust", "one", "bad.card", NULL) != 3;
    }
    CHECK(wrong == 0);
    CHECK(access("one/trusted", F_OK) != 0);
    free(card.data);
    no_parties();
}

TEST(a_card_extends_the_pinned_register)
{
    char pinned[128], id[ID_TEXT_BYTES];

    two_parties();
    id_to_text(id, register_party(two.reg)->bytes);
    snprintf(pinned, sizeof pinned, "one/trusted/%s.card", id);
    CHECK(run("party", "trust", "one", "two.card", NULL) == 0);
    build_party_certify(&two);
    put_card("longer.card", two.reg);
    CHECK(run("party", "trust", "one", "longer.card", NULL) == 0);
    CHECK(said("trusted already; 1 new register entries"));
    struct file_content now = get(pinned);
    CHECK(
        run("party", "trust", "one", "two.card", NULL) == 0); /* the older one takes nothing away */
    CHECK(said("nothing new"));
    CHECK(is_same_file(pinned, &now));
    free(now.data);
    no_parties();
}

TEST(a_forked_register_is_named_and_the_pinned_one_stays)
{
    char pinned[128], id[ID_TEXT_BYTES];
    struct build_party fork;

    two_parties();
    build_party(&fork, 2);
    build_party_certify(&two);
    build_party_certify(&two);
    build_party_certify(&fork);
    build_party_revoke(&fork, 1);
    put_card("two.card", two.reg);
    put_card("fork.card", fork.reg);
    CHECK(run("party", "trust", "one", "two.card", NULL) == 0);
    id_to_text(id, register_party(two.reg)->bytes);
    snprintf(pinned, sizeof pinned, "one/trusted/%s.card", id);
    struct file_content before = get(pinned);
    CHECK(run("party", "trust", "one", "fork.card", NULL) == 3);
    CHECK(said("two registers (R7): entry 6 "));
    CHECK(run("party", "trust", "one", "fork.card", "--json", NULL) == 3);
    CHECK(said("{\"error\":\"EQUIVOCATION\""));
    CHECK(is_same_file(pinned, &before));
    free(before.data);
    build_party_free(&fork);
    no_parties();
}

TEST(what_a_name_hides_is_shown)
{
    two_parties();
    struct party_register *hidden = named_register("evil\xE2\x80\xAE"
                                                   "gpj\x1B[2J",
        7);
    struct party_register *mixed = named_register("P\xD0\xB0rty 2", 8); /* a Cyrillic a */
    put_card("hidden.card", hidden);
    put_card("mixed.card", mixed);

    CHECK(run("party", "trust", "one", "hidden.card", NULL) == 0);
    CHECK(said("evil\\u{202E}gpj\\u{001B}[2J\n"));
    CHECK(run("party", "show", "one", "--json", NULL) == 0);
    CHECK(said("evil\\u202Egpj\\u001B[2J"));
    CHECK(run("party", "trust", "one", "two.card", NULL) == 0);
    CHECK(run("party", "trust", "one", "mixed.card", NULL) == 0);
    CHECK(said("[mixed scripts]"));
    CHECK(said("warning: the name looks like that of another party here, Party 2"));
    CHECK(run("party", "show", "one", "Party 2", NULL) == 1);
    CHECK(said("looks like another party's"));
    register_free(hidden);
    register_free(mixed);
    no_parties();
}

TEST(a_damaged_folder_is_the_machines_fault)
{
    two_parties();
    struct file_content card = get("one/party/register");
    card.data[card.size / 2] ^= 1;
    put("one/party/register", card.data, card.size);
    CHECK(run("party", "show", "one", NULL) == 2);
    CHECK(said("one/party/register is damaged"));
    free(card.data);
    no_parties();
}

TEST(one_command_changes_a_folder_at_a_time)
{
    two_parties();
    int lock = open("one/party", O_RDONLY);
    CHECK(flock(lock, LOCK_EX) == 0);
    CHECK(run("party", "trust", "one", "two.card", NULL) == 2);
    CHECK(said("another command is changing one"));
    close(lock);
    CHECK(run("party", "trust", "one", "two.card", NULL) == 0);
    no_parties();
}

TEST(a_draft_needs_what_a_genesis_needs)
{
    two_parties();
    CHECK(run("party", "trust", "one", "two.card", NULL) == 0);
    put("charter.txt", "We consult.", 11);
#define DRAFT "consultation", "draft", "one", "--out", "d.genesis", "--title"
    CHECK(run(DRAFT, "T", NULL) == 1);
    CHECK(said("with whom?"));
    CHECK(run(DRAFT, "T", "--with", "Party 9", NULL) == 1);
    CHECK(run(DRAFT, "T", "--with", "Party 2", "Party 2", NULL) == 1);
    CHECK(said("named twice"));
    CHECK(run(DRAFT, "", "--with", "Party 2", NULL) == 1);
    CHECK(run(DRAFT, "T", "--with", "Party 2", "--language", "en", "en", NULL) == 1);
    CHECK(run(DRAFT, "T", "--with", "Party 2", "--language", "e_n", NULL) == 1);
    CHECK(run(DRAFT, "T", "--with", "Party 2", "--charter", "charter.txt", NULL) == 1);
    CHECK(run(DRAFT, "T", "--with", "Party 2", "--charter", "en:none.txt", NULL) == 1);
    CHECK(run(DRAFT, "T", "--with", "Party 2", "--retention-days", "-1", NULL) == 1);
    CHECK(run(DRAFT, "T", "--with", "Party 2", "--retention-days", "4294967296", NULL) == 1);
    CHECK(access("d.genesis", F_OK) != 0);
    CHECK(run(DRAFT,
              "\xE2\x80\xAE"
              "T",
              "--with", "Party 2", "--charter", "en:charter.txt", "--retention-days=30",
              "--language", "ko", "ja", NULL) == 0);
    CHECK(said("\\u{202E}T\n") && said("kept 30 days") && said("languages ko ja\n"));
    CHECK(run(DRAFT, "T", "--with", "Party 2", NULL) == 1);
    CHECK(said("d.genesis: it exists already"));
#undef DRAFT
    no_parties();
}

/* The draft with the consents of the parties of `slots`, by their first root keys. */
static void
put_signed(const char *path, unsigned slots)
{
    struct file_content draft = get("d.genesis"), out = {malloc(GENESIS_FILE_BYTES_MAX), 0};
    struct genesis genesis;
    static struct genesis_consents consents;
    struct room_id room;

    if (genesis_file_parse((struct bytes){draft.data, draft.size}, &genesis, &consents) !=
        ENTENTE_OK)
        abort();
    genesis_make_room(&room, genesis.encoded);
    for (uint8_t slot = 0; slot < 2; slot++) {
        struct signing_key key;
        struct public_key public;
        if ((slots & 1u << slot) == 0)
            continue;
        build_key(&key, &public, (uint8_t)(slot + 1), BUILD_ROOT, 0);
        consents.counts[slot] = 1;
        consents.signatures[slot][0].key = 0;
        genesis_sign(&consents.signatures[slot][0].signature, &key, &room);
    }
    struct writer writer = writer_of(out.data, GENESIS_FILE_BYTES_MAX);
    genesis_file_write(&writer, &genesis, &consents);
    put(path, out.data, writer.used);
    free(draft.data);
    free(out.data);
}

static void
drafted(void)
{
    two_parties();
    CHECK(run("party", "trust", "one", "two.card", NULL) == 0);
    CHECK(run("party", "trust", "two", "one.card", NULL) == 0);
    CHECK(run("consultation", "draft", "one", "--title", "T", "--with", "Party 2", "--out",
              "d.genesis", NULL) == 0);
    put_signed("a.genesis", 1);
    put_signed("b.genesis", 2);
    put_signed("ab.genesis", 3);
}

TEST(a_complete_genesis_is_joined)
{
    drafted();
    CHECK(run("consultation", "list", "one", NULL) == 0);
    CHECK(said("no consultation was joined here"));
    CHECK(run("consultation", "join", "one", "ab.genesis", NULL) == 0);
    CHECK(run("consultation", "join", "one", "ab.genesis", NULL) == 0);
    CHECK(said("joined already"));
    CHECK(run("consultation", "join", "two", "a.genesis", "b.genesis", "--json", NULL) == 0);
    CHECK(said("\"new\":true"));
    CHECK(run("consultation", "list", "two", "--json", NULL) == 0);
    CHECK(said("[{\"room\":\""));
    no_parties();
}

TEST(an_incomplete_or_false_genesis_is_refused)
{
    int wrong = 0;

    drafted();
    CHECK(run("consultation", "join", "one", "d.genesis", NULL) == 1);
    CHECK(said("Party 1 (and not it alone) is missing"));
    CHECK(run("consultation", "join", "one", "a.genesis", NULL) == 1);
    CHECK(said("Party 2 is missing"));
    CHECK(run("consultation", "join", "one", "a.genesis", "a.genesis", NULL) == 1);

    struct file_content whole = get("ab.genesis");
    for (size_t i = 0; i < whole.size; i++) {
        whole.data[i] ^= (uint8_t)(1 << i % 8);
        put("bad.genesis", whole.data, whole.size);
        whole.data[i] ^= (uint8_t)(1 << i % 8);
        /* Bad data, or parties that nobody here knows. */
        int status = run("consultation", "join", "one", "bad.genesis", NULL);
        wrong += status != 3 && status != 1;
    }
    CHECK(wrong == 0);
    free(whole.data);
    CHECK(access("one/rooms", F_OK) != 0);
    no_parties();
}

TEST(strangers_and_rooms_of_others_are_refused)
{
    struct build_party three;

    drafted();
    build_party(&three, 3);
    put_party("three", three.reg);
    CHECK(run("consultation", "join", "three", "ab.genesis", NULL) == 1);
    CHECK(said("three is no party of this consultation"));
    CHECK(run("consultation", "draft", "one", "--title", "U", "--with", "Party 2", "--out",
              "other.genesis", NULL) == 0);
    CHECK(run("consultation", "join", "one", "ab.genesis", "other.genesis", NULL) == 3);

    /* Party 1 knows more of Party 2 than Party 2's old folder does of itself: a newer card is
     * needed. */
    build_party_certify(&one);
    put_card("one/party/register", one.reg);
    CHECK(run("consultation", "draft", "one", "--title", "V", "--with", "Party 2", "--out",
              "newer.genesis", NULL) == 0);
    CHECK(run("consultation", "join", "two", "newer.genesis", NULL) == 1);
    CHECK(said("get its newest card"));
    build_party_free(&three);
    no_parties();
}

TEST(addresses_are_host_and_port)
{
    static const char *const good[] = {
        "localhost:1", "127.0.0.1:65535", "[::1]:4433", "node.example.org:4433"};
    static const char *const bad[] = {"", ":", "host", "host:", ":4433", "host:0", "host:65536",
        "host:99999", "host:1a", "host:123456", "::1:4433", "ho st:4433", "host:-1", "h\n:1"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK(issue_address_is_good(bytes_of_text(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!issue_address_is_good(bytes_of_text(bad[i])));
}

/* Played whole or not at all: a script over the limit is not cut. */
TEST(a_long_script_is_refused)
{
    world_start();
    FILE *file = fopen("long.script", "wb");
    REQUIRE(file != NULL);
    CHECK(ftruncate(fileno(file), (16 << 20) + 1) == 0 && fclose(file) == 0);
    CHECK(run("play", "nowhere", "long.script", NULL) == 3 && said("long.script: the data is larger"));
    CHECK(truncate("long.script", 16 << 20) == 0);
    CHECK(run("play", "nowhere", "long.script", NULL) == 3 && said("long.script:1: "));
    CHECK(run("play", "nowhere", "none.script", NULL) == 1 && said("none.script"));
    world_end();
}

TEST(what_is_asked_wrongly_is_said)
{
    CHECK(run("party", NULL) == 1);
    CHECK(run("party", "frob", NULL) == 1);
    CHECK(said("there is no command 'party frob'"));
    CHECK(run("party", "show", NULL) == 1);
    CHECK(said("usage: entente party show DIR [PARTY]"));
    CHECK(run("party", "show", "a", "b", "c", NULL) == 1);
    CHECK(run("party", "show", "a", "--what", NULL) == 1);
    CHECK(said("'--what' is no option here"));
    CHECK(run("party", "card", "a", "--out", NULL) == 1);
    CHECK(run("party", "card", "a", "--out", "x", "--out", "y", NULL) == 1);
    CHECK(run("party", "card", "a", "--json=yes", NULL) == 1);
    CHECK(run("party", "show", "a", "--json", NULL) == 1);
    CHECK(said("{\"error\":\"NOT_FOUND\""));
    CHECK(run("\x1B[2J", NULL) == 1);
    CHECK(said("there is no command '\\u{001B}[2J'"));
}

TEST(every_command_has_help_and_an_example)
{
    CHECK(run("--help", NULL) == 0);
    for (size_t i = 0; i < commands_count; i++) {
        char name[64];
        CHECK(run("--help", NULL) == 0 && said(commands[i].name));
        snprintf(name, sizeof name, "%s", commands[i].name);
        char *space = strchr(name, ' ');
        if (space != NULL)
            *space = '\0';
        int status =
            space != NULL ? run(name, space + 1, "--help", NULL) : run(name, "--help", NULL);
        CHECK(status == 0);
        CHECK(said("\nexample:\n  entente "));
        CHECK(said("--json"));
    }
}

int
main(int argc, char **argv)
{
    const struct test_case cases[] = {CASE(a_card_is_trusted_and_shown),
        CASE(a_fingerprint_chooses_the_party), CASE(a_changed_or_cut_card_is_refused),
        CASE(a_card_extends_the_pinned_register),
        CASE(a_forked_register_is_named_and_the_pinned_one_stays), CASE(what_a_name_hides_is_shown),
        CASE(a_damaged_folder_is_the_machines_fault), CASE(one_command_changes_a_folder_at_a_time),
        CASE(a_draft_needs_what_a_genesis_needs), CASE(a_complete_genesis_is_joined),
        CASE(an_incomplete_or_false_genesis_is_refused),
        CASE(strangers_and_rooms_of_others_are_refused), CASE(addresses_are_host_and_port),
        CASE(a_long_script_is_refused), CASE(what_is_asked_wrongly_is_said), CASE(every_command_has_help_and_an_example)};

    if (crypto_start() != ENTENTE_OK)
        return 2;
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
    free(ran.out);
    free(ran.talk);
    return status;
}
