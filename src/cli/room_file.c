#include "cli/room_file.h"

#include "text/show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

enum entente_error
room_file_read(struct cli *cli, struct room_file *file, const char *path)
{
    *file = (struct room_file){0};
    enum entente_error error = files_read(&file->content, path, GENESIS_FILE_BYTES_MAX);
    if (error == ENTENTE_OK)
        error = genesis_file_parse((struct bytes){file->content.data, file->content.size},
            &file->genesis, &file->consents);
    if (error != ENTENTE_OK) {
        room_file_free(file);
        return cli_fail(cli, error, "%s is no consultation to sign or join", path);
    }
    genesis_make_room(&file->room, file->genesis.encoded);
    return ENTENTE_OK;
}

void
room_file_free(struct room_file *file)
{
    free(file->content.data);
    *file = (struct room_file){0};
}

enum entente_error
room_file_encode(struct file_content *encoded, const struct room_file *file)
{
    *encoded = (struct file_content){malloc(GENESIS_FILE_BYTES_MAX), 0};
    if (encoded->data == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    struct writer writer = writer_of(encoded->data, GENESIS_FILE_BYTES_MAX);
    genesis_file_write(&writer, &file->genesis, &file->consents);
    encoded->size = writer.used;
    if (!writer.failed)
        return ENTENTE_OK;
    free(encoded->data);
    *encoded = (struct file_content){0};
    return ENTENTE_ERR_TOO_LARGE;
}

int
room_file_slot(const struct room_file *file, const struct party_id *party)
{
    for (int slot = 0; slot < file->genesis.parties_count; slot++) {
        if (party_id_equal(&file->genesis.parties[slot].party, party))
            return slot;
    }
    return -1;
}

enum entente_error
room_file_check(struct cli *cli, const struct room_file *file, const struct party_folder *folder,
    uint8_t *missing)
{
    *missing = 0;
    for (uint8_t slot = 0; slot < file->genesis.parties_count; slot++) {
        const struct genesis_party *party = &file->genesis.parties[slot];
        const struct party_register *reg = party_folder_register(folder, &party->party);
        char id[ID_TEXT_BYTES];

        id_to_text(id, party->party.bytes);
        if (reg == NULL)
            return cli_fail_because(cli, ENTENTE_ERR_NOT_TRUSTED,
                "party %s of this consultation is not trusted here; get its card, then: "
                "entente party trust %s CARD",
                id, folder->path);
        struct bytes name = register_name(reg);
        enum entente_error error =
            genesis_check_consent(&file->genesis, &file->consents, slot, reg);
        if (error == ENTENTE_ERR_NOT_A_PARTY)
            return cli_fail_because(cli, ENTENTE_ERR_NOT_TRUSTED,
                "the consultation cites entry %" PRIu32
                " of the register of %.*s, which is not the one "
                "known here; get its newest card, then: entente party trust %s CARD",
                party->reg_number, (int)name.size, (const char *)name.data, folder->path);
        if (error == ENTENTE_ERR_INCOMPLETE)
            *missing = (uint8_t)(*missing + 1);
        else if (error != ENTENTE_OK)
            return cli_fail(
                cli, error, "the consent of %.*s", (int)name.size, (const char *)name.data);
    }
    return ENTENTE_OK;
}

/* ---- showing ---- */

static void
print_time(FILE *out, uint64_t t_ms)
{
    time_t seconds = (time_t)(t_ms / 1000);
    struct tm parts;
    char text[40];

    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        snprintf(text, sizeof text, "%" PRIu64 " ms", t_ms);
    fputs(text, out);
}

static void
print_parties(FILE *out, const struct room_file *file, const struct party_folder *folder)
{
    for (uint8_t slot = 0; slot < file->genesis.parties_count; slot++) {
        const struct genesis_party *party = &file->genesis.parties[slot];
        const struct party_register *reg = party_folder_register(folder, &party->party);
        char id[ID_TEXT_BYTES];

        id_to_text(id, party->party.bytes);
        fprintf(out, "    %.16s  ", id);
        if (reg != NULL)
            show_name(out, register_name(reg));
        else
            fprintf(out, "(not trusted here)");
        fprintf(out, "%s\n", file->consents.counts[slot] > 0 ? "  signed" : "");
    }
}

void
room_print(
    FILE *out, const struct room_file *file, const struct party_folder *folder, bool with_texts)
{
    const struct genesis *genesis = &file->genesis;
    char room[ID_TEXT_BYTES];

    id_to_text(room, file->room.bytes);
    show_name(out, genesis->title);
    fprintf(out, "\n  room %s\n  drafted ", room);
    print_time(out, genesis->t_ms);
    fprintf(out, "\n  languages");
    for (unsigned i = 0; i < genesis->languages_count; i++) {
        fputc(' ', out);
        show_line(out, genesis->languages[i]);
    }
    if (genesis->retention_days == 0)
        fprintf(out, "\n  kept for ever\n");
    else
        fprintf(out, "\n  kept %" PRIu32 " days\n", genesis->retention_days);
    for (unsigned i = 0; i < genesis->offices_count; i++) {
        fprintf(out, "  office ");
        show_name(out, genesis->offices[i]);
        fputc('\n', out);
    }
    fprintf(out, "  parties\n");
    print_parties(out, file, folder);
    for (unsigned i = 0; i < genesis->charters_count; i++) {
        fprintf(out, "  charter, ");
        show_line(out, genesis->charters[i].tag);
        fprintf(out, ", %zu bytes%s\n", genesis->charters[i].text.size, with_texts ? ":" : "");
        if (with_texts) {
            show_text(out, genesis->charters[i].text);
            fputc('\n', out);
        }
    }
}

static json_t *
json_of_slots(const struct room_file *file, const struct party_folder *folder)
{
    json_t *parties = json_array();

    for (uint8_t slot = 0; slot < file->genesis.parties_count; slot++) {
        const struct genesis_party *party = &file->genesis.parties[slot];
        const struct party_register *reg = party_folder_register(folder, &party->party);
        json_array_append_new(parties,
            json_pack("{s:o, s:o, s:i, s:i}", "party", json_of_hex(party->party.bytes, ID_BYTES),
                "name", reg != NULL ? json_of_text(register_name(reg)) : json_null(),
                "register_number", (int)party->reg_number, "signatures",
                (int)file->consents.counts[slot]));
    }
    return parties;
}

json_t *
json_of_room(const struct room_file *file, const struct party_folder *folder)
{
    const struct genesis *genesis = &file->genesis;
    json_t *languages = json_array(), *charters = json_array(), *offices = json_array();

    for (unsigned i = 0; i < genesis->languages_count; i++)
        json_array_append_new(languages, json_of_text(genesis->languages[i]));
    for (unsigned i = 0; i < genesis->offices_count; i++)
        json_array_append_new(offices, json_of_text(genesis->offices[i]));
    for (unsigned i = 0; i < genesis->charters_count; i++)
        json_array_append_new(
            charters, json_pack("{s:o, s:o}", "language", json_of_text(genesis->charters[i].tag),
                          "text", json_of_text(genesis->charters[i].text)));
    return json_pack("{s:o, s:o, s:I, s:o, s:o, s:o, s:I, s:o}", "room",
        json_of_hex(file->room.bytes, ID_BYTES), "title", json_of_text(genesis->title),
        "drafted_ms", (json_int_t)genesis->t_ms, "languages", languages, "charters", charters,
        "offices", offices, "retention_days", (json_int_t)genesis->retention_days, "parties",
        json_of_slots(file, folder));
}
