/*
 * The life of a keyholder: how it is installed, starts, is killed, and loses power.  The process is
 * the real one; its disk keeps what was not synced apart, and loses some of it with the power.
 */
#include "simulator/internal.h"

#include "crypto/secret.h"
#include "keyholder/journal_internal.h"

/* ---- the installation ---- */

static struct journal_options
journal_of(struct simulator *sim, struct holder *holder)
{
    struct journal_options options = {.disk = memory_disk_of(&holder->disk),
        .inc = holder->inc,
        .file_bytes = sim->journal_file_bytes};
    struct signing_key unused;

    build_key(&unused, &options.node_key, sim->parties[holder->slot].seed, BUILD_NODE, holder->inc);
    return options;
}

void
holder_init(struct holder *holder, struct simulator *sim, uint8_t party, uint16_t inc)
{
    uint32_t life = holder->life;
    struct public_key public;

    *holder = (struct holder){.slot = party, .inc = inc, .life = life + 1};
    holder->disk.seed = simulator_random(sim, UINT64_MAX);
    build_key(&holder->key, &public, sim->parties[party].seed, BUILD_NODE, inc);
    struct journal_options options = journal_of(sim, holder);
    need(journal_create(&options) == ENTENTE_OK, "a new journal");
    holder->disk.no_sync = sim->options.keyholder.no_journal;
}

static void
end_process(struct holder *holder)
{
    struct keyholder *process = holder->process;

    holder->process = NULL;
    holder->is_busy = false;
    holder->unmarked = 0;
    holder->life++;
    holder->answers_at_ms = 0;
    if (process == NULL)
        return;
    channel_free(holder->arrived);
    channel_free(process->node);
    channel_free(process->desk);
    keyholder_free(process);
    free(process);
    holder->arrived = NULL;
}

void
holder_free(struct holder *holder)
{
    end_process(holder);
    memory_disk_free(&holder->disk);
}

void
holder_copy(struct holder *to, const struct holder *from)
{
    *to = (struct holder){.key = from->key,
        .slot = from->slot,
        .inc = from->inc,
        .first_seq = from->first_seq,
        .is_retired = from->is_retired,
        .is_damaged = from->is_damaged,
        .life = from->life + 1};
    memory_disk_copy(&to->disk, &from->disk);
    memory_disk_revive(&to->disk);
}

/* ---- start ---- */

static void
take_keys(const struct simulator *sim, struct holder *holder)
{
    struct keyholder *process = holder->process;
    uint8_t seed = sim->parties[holder->slot].seed;
    struct agreement_public unused;

    process->secrets = secret_new((sizeof *process->secrets + 15) / 16 * 16);
    process->chains = secret_new((sizeof *process->chains + 15) / 16 * 16);
    need(process->secrets != NULL && process->chains != NULL, "no memory");
    struct reading *reading = &process->secrets->readings[0];
    process->secrets->readings_count = 1;
    process->inc = reading->inc = holder->inc;
    reading->prekey_id = holder->inc;
    build_prekey(&reading->prekey, &unused, seed, holder->inc);
    memset(reading->master, seed, sizeof reading->master);
    build_key(&process->secrets->signing, &process->node_key, seed, BUILD_NODE, holder->inc);
}

/* The cards of the party's folder: the own register as it is, the others' as they were trusted. */
static struct bytes
cards_of(const struct simulator *sim, const struct holder *holder)
{
    struct bytes magic = bytes_of_text(CARD_MAGIC);
    size_t size = 0;

    for (uint32_t pass = 0;; pass++) {
        uint8_t *memory = pass == 0 ? NULL : malloc(size);
        struct writer writer = writer_of(memory, size);
        size = 0;
        for (uint8_t slot = 0; slot < sim->options.parties; slot++) {
            const struct party_register *reg = sim->parties[slot].reg;
            uint32_t count =
                slot == holder->slot ? register_count(reg) : SIMULATOR_REGISTER_ENTRIES;
            size_t card = magic.size;
            for (uint32_t number = 1; number <= count; number++)
                card += register_encoded(reg, number).size;
            size += 4 + card;
            writer_u32(&writer, (uint32_t)card);
            writer_bytes(&writer, magic);
            for (uint32_t number = 1; number <= count; number++)
                writer_bytes(&writer, register_encoded(reg, number));
        }
        if (pass > 0) {
            need(memory != NULL && !writer.failed, "the cards");
            return writer_written(&writer);
        }
    }
}

/* Where the power fails meanwhile, it starts over on what that left. */
static enum entente_error
open_journal(struct simulator *sim, struct instance *instance)
{
    struct holder *holder = &instance->holder;
    struct journal_options options = journal_of(sim, holder);

    enum entente_error error = journal_open(&holder->process->journal, &options);
    if (!holder->disk.is_off)
        return error;
    simulator_trace(sim, "the power of node %u fails while its journal opens", instance->index);
    journal_free(holder->process->journal); /* opening may succeed and leave the rest for later */
    memory_disk_cut(&holder->disk);
    return journal_open(&holder->process->journal, &options);
}

static const struct signed_entry *
find_signed(const struct simulator *sim, const struct holder *holder, uint32_t seq)
{
    for (uint32_t i = 0; i < sim->entries_count; i++) {
        const struct position *position = &sim->entries[i].position;
        if (position->slot == holder->slot && position->inc == holder->inc && position->seq == seq)
            return &sim->entries[i];
    }
    return NULL;
}

/* All that is in the journal was signed, as it stands there; nobody need have been told. */
static void
check_retained(struct simulator *sim, struct instance *instance)
{
    struct holder *holder = &instance->holder;
    struct segment *segment = malloc(sizeof *segment);
    struct bytes encoded, payloads;
    uint32_t last = 0;

    need(segment != NULL, "no memory");
    for (uint32_t seq = holder->first_seq; seq != 0; seq = last + 1) {
        enum entente_error error =
            journal_read(holder->process->journal, &sim->room, seq, &last, &encoded, &payloads);
        if (error == ENTENTE_ERR_NOT_FOUND)
            break;
        struct reader reader = reader_of(encoded);
        need(error == ENTENTE_OK && segment_parse(&reader, segment) == ENTENTE_OK,
            "a journaled segment");
        for (uint32_t i = 0; i < segment->count; i++) {
            const struct signed_entry *entry = find_signed(sim, holder, segment->entries[i].seq);
            if (entry == NULL || !entry_id_equal(&entry->position.id, &segment->ids[i]))
                breach(sim, "the journal of node %u has another entry %u than was signed",
                    instance->index, segment->entries[i].seq);
        }
        if (sim->breach[0] == 0)
            watch_acknowledged(sim, instance, segment->entries[0].seq, last);
    }
    free(segment);
}

/* Nothing acknowledged is missing, whatever the disk went through. */
static void
check_journal(struct simulator *sim, struct instance *instance)
{
    const struct holder *holder = &instance->holder;
    const struct signer *signer = &holder->process->rooms[0].signer;

    if (sim->is_liar[holder->slot] || sim->may_fork[holder->slot])
        return;
    check_retained(sim, instance);
    for (uint32_t i = 0; i < sim->entries_count; i++) {
        const struct signed_entry *entry = &sim->entries[i];
        const struct position *position = &entry->position;
        if (position->slot != holder->slot || position->inc != holder->inc ||
            !entry->was_acknowledged || entry->may_be_lost)
            continue;
        if (position->seq > signer->seq ||
            (position->seq == signer->seq && !entry_id_equal(&position->id, &signer->id)))
            breach(sim, "entry %u of node %u was acknowledged, and its journal ends at %u",
                position->seq, instance->index, signer->seq);
    }
}

void
holder_start(struct simulator *sim, struct instance *instance)
{
    struct holder *holder = &instance->holder;
    struct keyholder *process = calloc(1, sizeof *process);

    need(process != NULL, "no memory");
    holder->process = process;
    take_keys(sim, holder);
    need(channel_new(&process->node, -1, 4u * CHANNEL_BODY_BYTES_MAX) == ENTENTE_OK &&
             channel_new(&process->desk, -1, 4u * CHANNEL_BODY_BYTES_MAX) == ENTENTE_OK &&
             channel_new(&holder->arrived, -1, 4u * CHANNEL_BODY_BYTES_MAX) == ENTENTE_OK,
        "no memory");
    enum entente_error error = open_journal(sim, instance);
    if (error == ENTENTE_ERR_CORRUPT && holder->is_damaged) {
        simulator_trace(sim, "keyholder %u does not run: its journal is damaged", instance->index);
        end_process(holder);
        return;
    }
    if (error != ENTENTE_OK) {
        breach(sim, "the journal of node %u does not open: %s", instance->index,
            entente_error_text(error));
        end_process(holder);
        return;
    }
    struct message_room room = {{sim->genesis_file, sim->genesis_size}, cards_of(sim, holder)};
    error = keyholder_join(process, &room);
    free((uint8_t *)(uintptr_t)room.cards.data);
    need(error == ENTENTE_OK, "the keyholder joins the room");
    process->rooms[0].tickets.has_no_limit = sim->options.keyholder.no_ticket_limit;
    struct signer *signer = &process->rooms[0].signer;
    if (holder_ignores_barrier(sim, instance)) {
        signer->barrier_passed = true;
        signer->is_retired = false;
    }
    holder->is_retired = signer->is_retired;
    holder->first_seq = journal_first_seq(process->journal, &sim->room);
    simulator_trace(sim, "keyholder %u runs, its journal ends at %u", instance->index, signer->seq);
    watch_journal(instance, signer->seq);
    check_journal(sim, instance);
}

/* ---- the end ---- */

/*
 * What is under way: not written, written and not synced, or durable and nobody was told.  Where
 * the power goes, even the write may be there in part.
 */
static void
leave_journal(struct simulator *sim, struct holder *holder)
{
    uint32_t done = sim->crash_place > 0 ? sim->crash_place - 1 : (uint32_t)simulator_random(sim, 3);

    if (holder->process == NULL || !journal_is_dirty(holder->process->journal) || done == 0)
        return;
    if (done == 1)
        holder->disk.power_until = holder->disk.operations + 1;
    (void)!keyholder_commit(holder->process);
}

void
holder_kill(struct simulator *sim, struct instance *instance)
{
    leave_journal(sim, &instance->holder);
    memory_disk_revive(&instance->holder.disk);
    end_process(&instance->holder);
}

void
holder_lose_power(struct simulator *sim, struct instance *instance)
{
    leave_journal(sim, &instance->holder);
    memory_disk_cut(&instance->holder.disk);
    end_process(&instance->holder);
}

/* The last segment that is durable in the file being written: where it is, and its size; 0: none.
 */
static uint64_t
find_last(const struct holder *holder, uint32_t *size)
{
    const struct journal *journal = holder->process->journal;
    const uint8_t *data = holder->disk.files[journal->file].now;
    struct journal_record record;
    uint64_t found = 0;

    for (uint32_t at = JOURNAL_HEADER_BYTES; at < journal->written; at += record.size) {
        struct bytes rest = {data + at, journal->written - at};
        need(journal_record_parse(rest, &record) == ENTENTE_OK, "the journal's own records");
        if (record.kind != JOURNAL_SEGMENT)
            continue;
        found = at;
        *size = record.size;
    }
    return found;
}

bool
holder_damage(struct simulator *sim, struct instance *instance)
{
    struct holder *holder = &instance->holder;
    uint32_t size;
    uint64_t at = find_last(holder, &size);

    if (at == 0)
        return false;
    struct memory_file *file = &holder->disk.files[holder->process->journal->file];
    uint8_t bit = (uint8_t)(1u << simulator_random(sim, 8));
    at += simulator_random(sim, size);
    simulator_crash(sim, instance->index, CRASH_MACHINE);
    simulator_trace(sim, "a bit of the journal of node %u changes", instance->index);
    file->now[at] ^= bit;
    file->safe[at] ^= bit;
    holder->is_damaged = true;
    return true;
}

void
holder_finish(struct simulator *sim, struct instance *instance)
{
    struct holder *holder = &instance->holder;

    if (holder->process == NULL)
        return;
    if (!holder_turn(sim, instance) || keyholder_commit(holder->process) != ENTENTE_OK ||
        journal_mark(holder->process->journal) != ENTENTE_OK)
        memory_disk_cut(&holder->disk); /* the power failed just now */
    end_process(holder);
}
