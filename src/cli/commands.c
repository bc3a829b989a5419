#include "cli/api/commands.h"
#include "cli/command.h"
#include "cli/desk_commands.h"

#define OPTION_END                                                                                 \
    {                                                                                              \
        NULL, OPTION_NOTHING, NULL, NULL                                                           \
    }

static const struct option party_create_options[] = {
    {"name", OPTION_VALUE, "NAME", "what the party is called, in its own words"},
    {"listen", OPTION_VALUE, "HOST:PORT", "where the other parties' nodes find this one"},
    OPTION_KEY_FILE, OPTION_END};
static const struct option party_card_options[] = {
    {"out", OPTION_VALUE, "FILE", "write the card to a new file"}, OPTION_END};
static const struct option party_trust_options[] = {
    {"fingerprint", OPTION_VALUE, "DIGITS", "refuse any other party than this one"}, OPTION_END};
static const struct option draft_options[] = {
    {"title", OPTION_VALUE, "TITLE", "what the consultation is called"},
    {"with", OPTION_VALUES, "PARTY", "the other parties, by name or digits of their ids"},
    {"language", OPTION_VALUES, "TAG", "its languages, equal in rank; en where none is given"},
    {"charter", OPTION_VALUES, "TAG:FILE", "its charter, a text for each language"},
    {"office", OPTION_VALUES, "NAME", "offices that the parties fill"},
    {"retention-days", OPTION_VALUE, "N", "how long texts are kept; for ever where not given"},
    {"out", OPTION_VALUE, "FILE", "write the draft to a new file"}, OPTION_END};

static const struct option sign_options[] = {
    {"yes", OPTION_NOTHING, NULL, "do not ask"}, OPTION_KEY_FILE, OPTION_END};
static const struct option rotate_options[] = {
    {"root", OPTION_NOTHING, NULL, "the root key: what was committed to comes into force"},
    {"operations", OPTION_NOTHING, NULL, "the operations key, by the root key"},
    {"transport", OPTION_NOTHING, NULL, "the transport key, by the operations key"},
    {"listen", OPTION_VALUE, "HOST:PORT", "with --transport: the node's new address"},
    OPTION_KEY_FILE, OPTION_END};
static const struct option resume_options[] = {
    {"revoke", OPTION_NOTHING, NULL, "revoke the incarnation before, which may be stolen"},
    OPTION_KEY_FILE, OPTION_END};

#define OPTION_HOLDER_KEY_FILE                                                                     \
    {                                                                                              \
        "holder-key-file", OPTION_VALUE, "FILE", "unlock the holder's key with FILE instead of a passphrase" \
    }
#define OPTION_HOLDER                                                                              \
    {                                                                                              \
        "holder", OPTION_VALUE, "CARD", "the card of the person"                                   \
    }
#define OPTION_MAY_ASSUME                                                                          \
    {                                                                                              \
        "deputies-may-assume", OPTION_NOTHING, NULL,                                               \
            "who is in the line may take over by their own signature"                              \
    }
static const struct option holder_new_options[] = {
    {"name", OPTION_VALUE, "NAME", "the person's name"},
    {"card", OPTION_VALUE, "CARD", "write the card, for who appoints, to a new file"},
    OPTION_HOLDER_KEY_FILE, OPTION_END};
static const struct option holder_options[] = {OPTION_HOLDER_KEY_FILE, OPTION_END};
static const struct option office_create_options[] = {
    OPTION_HOLDER, OPTION_MAY_ASSUME, OPTION_KEY_FILE, OPTION_END};
static const struct option office_appoint_options[] = {OPTION_HOLDER,
    {"rank", OPTION_VALUE, "N", "place in the line of succession, from 1"},
    {"replaces", OPTION_VALUE, "PERSON", "whose place it is"}, OPTION_KEY_FILE, OPTION_END};
static const struct option office_deputise_options[] = {
    {"kinds", OPTION_VALUES, "KIND", "kinds of acts; none: no longer a deputy"}, OPTION_KEY_FILE,
    OPTION_END};
static const struct option office_relieve_options[] = {
    {"assumption", OPTION_NOTHING, NULL, "end the person's assumption only"}, OPTION_KEY_FILE,
    OPTION_END};
static const struct option office_away_options[] = {
    {"back", OPTION_NOTHING, NULL, "the person is back"}, OPTION_KEY_FILE, OPTION_END};
static const struct option office_policy_options[] = {
    OPTION_MAY_ASSUME, OPTION_KEY_FILE, OPTION_END};
static const struct option office_assume_options[] = {
    OPTION_HOLDER_KEY_FILE, OPTION_KEY_FILE, OPTION_END};

const struct command commands[] = {
    {"party create", "DIR --name NAME --listen HOST:PORT [--key-file FILE]", 1, 1,
        "make a party: its keys, and the register that certifies them", party_create_options,
        "entente party create korea --name 'Republic of Korea' --listen node.example.org:4433",
        command_party_create},
    {"party card", "DIR [--out FILE]", 1, 1, "write the party's card, for the other parties",
        party_card_options, "entente party card korea --out korea.card", command_party_card},
    {"party trust", "DIR CARD [--fingerprint DIGITS]", 2, 2,
        "trust another party's card, or its next one", party_trust_options,
        "entente party trust korea japan.card", command_party_trust},
    {"party show", "DIR [PARTY]", 1, 2, "show the party, and those that it trusts", NULL,
        "entente party show korea Japan", command_party_show},
    {"consultation draft", "DIR --title TITLE --with PARTY... --out FILE [...]", 1, 1,
        "draft a consultation for all parties to sign", draft_options,
        "entente consultation draft korea --title 'Trilateral consultation' --with Japan "
        "'United States' --language ko ja en --charter en:charter.txt --out draft.genesis",
        command_consultation_draft},
    {"consultation sign", "DIR FILE [--yes] [--key-file FILE]", 2, 2,
        "sign a drafted consultation with the party's root key", sign_options,
        "entente consultation sign korea draft.genesis", command_consultation_sign},
    {"consultation join", "DIR FILE...", 2, -1,
        "join a consultation that all parties have signed, in one file or in copies", NULL,
        "entente consultation join korea draft.genesis", command_consultation_join},
    {"consultation list", "DIR", 1, 1, "list the consultations that were joined", NULL,
        "entente consultation list korea --json", command_consultation_list},
    {"consultation status", "DIR", 1, 1, "how far a consultation is evaluated, and to what",
        options_room, "entente consultation status korea --json", command_consultation_status},
    {"holder new", "FILE --name NAME [--card CARD] [--holder-key-file FILE]", 1, 1,
        "make the key of a person who is to hold an office", holder_new_options,
        "entente holder new suh-hoon.key --name 서훈 --card suh-hoon.card", command_holder_new},
    {"holder card", "FILE CARD [--holder-key-file FILE]", 2, 2,
        "write the card of a holder's key, for who appoints", holder_options,
        "entente holder card suh-hoon.key suh-hoon.card", command_holder_card},
    {"holder show", "CARD", 1, 1, "show a holder's card, with the digits to compare by voice", NULL,
        "entente holder show suh-hoon.card", command_holder_show},
    {"office create", "DIR OFFICE --holder CARD [--deputies-may-assume] [--key-file FILE]", 2, 2,
        "make an office of the party, held by a person", office_create_options,
        "entente office create korea 국가안보실장 --holder suh-hoon.card", command_office_create},
    {"office appoint", "DIR OFFICE --holder CARD (--rank N | --replaces PERSON) [--key-file FILE]", 2,
        2, "put a person into the office's line of succession", office_appoint_options,
        "entente office appoint usa 'National Security Adviser' --holder successor.card "
        "--replaces 'Robert O'\\''Brien'",
        command_office_appoint},
    {"office deputise", "DIR OFFICE PERSON [--kinds KIND...] [--key-file FILE]", 3, 3,
        "let a person of the line act for the office in some kinds of acts", office_deputise_options,
        "entente office deputise korea 국가안보실장 서주석 --kinds joint-text readout",
        command_office_deputise},
    {"office relieve", "DIR OFFICE PERSON [--assumption] [--key-file FILE]", 3, 3,
        "take a person out of the line, or end an assumption", office_relieve_options,
        "entente office relieve korea 국가안보실장 서주석", command_office_relieve},
    {"office away", "DIR OFFICE PERSON [--back] [--key-file FILE]", 3, 3,
        "mark a person as away, so that the next in line acts, or as back", office_away_options,
        "entente office away korea 국가안보실장 서훈", command_office_away},
    {"office policy", "DIR OFFICE [--deputies-may-assume] [--key-file FILE]", 2, 2,
        "whether who is in the line may assume the office", office_policy_options,
        "entente office policy korea 국가안보실장 --deputies-may-assume", command_office_policy},
    {"office assume", "DIR OFFICE HOLDER-KEY [--holder-key-file FILE] [--key-file FILE]", 3, 3,
        "take over the office by one's own signature", office_assume_options,
        "entente office assume korea 국가안보실장 deputy.key", command_office_assume},
    {"text new", "DIR TAG:FILE... [--translation TAG:FILE...] [--bracket TAG:PARTY:PASSAGE...]", 2, -1,
        "put a text into the record, in its equally authentic languages", options_text_new,
        "entente text new korea ko:joint.ko.txt ja:joint.ja.txt en:joint.en.txt", command_text_new},
    {"act sign", "DIR ACT --holder FILE [--office OFFICE] [--yes]", 2, 2,
        "sign for the party, with its holder's own key", options_act_sign,
        "entente act sign korea $ACT --holder suh-hoon.key", command_act_sign},
    {"act withdraw", "DIR ACT [--holder FILE] [--reason TEXT --language TAG]", 2, 2,
        "withdraw from an act, or decline it", options_act_withdraw,
        "entente act withdraw japan $ACT --reason '…' --language ja", command_act_withdraw},
    {"readout check", "REPORT (--readout FILE... | --party DIR)", 1, 1,
        "hold a press report against a readout, paragraph by paragraph", options_readout_check,
        "entente readout check report.txt --readout readout.en.txt readout.ar.txt",
        command_readout_check},
    {"assessment put", "DIR FILE --language TAG [--marking MARKING] [...]", 2, 2,
        "put an assessment into the record: a file with a marking", options_assessment_put,
        "entente assessment put korea assessment.pdf --language ko --marking TLP:AMBER",
        command_assessment_put},
    {"keys rotate", "DIR (--root | --operations | --transport) [--key-file FILE]", 1, 1,
        "put a new key in the place of one", rotate_options,
        "entente keys rotate korea --operations", command_keys_rotate},
    {"keys resume", "DIR [--revoke] [--key-file FILE]", 1, 1,
        "certify a new node key, to go on after the old one was lost or retired", resume_options,
        "entente keys resume korea", command_keys_resume},
    {"keys help", "DIR PARTY", 2, 2,
        "let a party that lost its node's keys read again what this one reads", options_room,
        "entente keys help korea Japan", command_keys_help},
    {"record verify", "FILE", 1, 1,
        "verify an exported record: every signature, hash, rule and the state", NULL,
        "entente record verify korea.record", command_record_verify},
    {"record show", "FILE", 1, 1, "verify an exported record and list its entries in order", NULL,
        "entente record show korea.record --json", command_record_show},
    {"serve", "DIR", 1, 1, "run the party's node until it is told to stop", options_serve,
        "entente serve korea --key-file korea.key", command_serve},
    {"say", "DIR [TEXT|-]", 1, 2, "write a statement, a heading or a file into the record", options_say,
        "entente say korea --language ko --speaker 국가안보실장 '회의를 시작하겠습니다.'", command_say},
    {"log", "DIR", 1, 1, "show the record, in display order or as it arrives", options_log,
        "entente log korea --follow", command_log},
    {"status", "DIR", 1, 1, "how the consultation stands, party by party", options_room,
        "entente status korea --json", command_status},
    {"record export", "DIR FILE", 2, 2, "write the whole record to a file", options_room,
        "entente record export korea consultation.record", command_record_export},
    {"bundle export", "DIR FILE [--for PARTY | --from BUNDLE | --heads]", 2, 2,
        "write a bundle for a party that no link reaches", options_bundle_export,
        "entente bundle export korea to-japan.bundle --for Japan", command_record_export},
    {"bundle import", "DIR FILE|-", 2, 2, "take a bundle in, as if its entries had come over a link",
        options_room, "entente bundle import japan to-japan.bundle", command_bundle_import},
    {"import-minutes", "DIR FILE...", 2, -1, "make sessions of a committee's minutes: a folder, .md or .tar.zst",
        options_import_minutes, "entente import-minutes korea minutes.tar.zst --in-flight 64",
        command_import_minutes},
    {"play", "DIR SCRIPT", 2, 2, "say a script of the demo", options_play,
        "entente play korea demonstration/statements/korea.txt --pause-ms 5", command_play},
    {"drill", "DIR alone | block PARTY | unblock PARTY", 2, 3,
        "write without the others being heard, or cut a link to see what happens", options_room,
        "entente drill korea block Japan", command_drill},
};

const size_t commands_count = sizeof commands / sizeof commands[0];
