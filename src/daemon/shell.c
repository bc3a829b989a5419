#include "daemon/shell.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>

struct event
shell_event(enum event_kind kind)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (struct event){
        .kind = kind,
        .now_ms = (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u,
        .mono_ms = uv_hrtime() / 1000000u,
    };
}

void
shell_trace(enum entente_error error, struct bytes text)
{
    fprintf(stderr, "node: %.*s (%s)\n", (int)text.size, (const char *)text.data,
        entente_error_text(error));
}

/* Then all of us end, in no order: that the others are gone, too, is no trouble. */
static bool
supervisor_is_gone(void)
{
    struct pollfd supervisor = {SHELL_FD_SUPERVISOR, POLLRDHUP, 0};

    return poll(&supervisor, 1, 0) == 1;
}

void
shell_end(struct shell *shell, const char *why)
{
    if (shell->is_ending)
        return;
    shell->is_ending = true;
    if (why != NULL && supervisor_is_gone())
        why = NULL;
    if (why != NULL) {
        fprintf(stderr, "node: %s\n", why);
        shell->status = 1;
    }
    uv_stop(shell->loop);
}

static void
on_timer(uv_timer_t *timer)
{
    struct event event = shell_event(EVENT_TIMER);

    shell_step(timer->data, &event);
}

static void
on_next_turn(uv_idle_t *idle)
{
    struct event event = shell_event(EVENT_TIMER);

    uv_idle_stop(idle);
    shell_step(idle->data, &event);
}

/* A timer of no time would be called again and again in one turn (libuv before 1.45), and nobody else heard. */
static void
set_timer(struct shell *shell, uint64_t at_ms)
{
    uint64_t now = uv_hrtime() / 1000000u;

    if (at_ms <= now) {
        uv_timer_stop(&shell->timer);
        uv_idle_start(&shell->next_turn, on_next_turn);
        return;
    }
    uv_idle_stop(&shell->next_turn);
    uv_update_time(shell->loop);
    uv_timer_start(&shell->timer, on_timer, at_ms - now, 0);
}

static void
perform(struct shell *shell, const struct effect *effect)
{
    switch (effect->kind) { /* no default: -Wswitch-enum names the case we forget */
    case EFFECT_SEND:
    case EFFECT_CUT:
        shell_link_effect(shell, effect);
        break;
    case EFFECT_STORE_BRANCH:
    case EFFECT_STORE_SEGMENT:
    case EFFECT_STORE_REGISTER:
    case EFFECT_STORE_PROOF:
    case EFFECT_COMMIT:
        shell_store_effect(shell, effect);
        break;
    case EFFECT_STORE_FILE:
    case EFFECT_STORE_CHUNK:
        shell_store_effect(shell, effect);
        chunks_effect(shell, effect);
        break;
    case EFFECT_STATE_ASK:
    case EFFECT_BARRIER:
    case EFFECT_APPEND:
    case EFFECT_JOURNAL_ASK:
    case EFFECT_RELEASE:
    case EFFECT_KEYHOLDER_REGISTER:
        shell_keyholder_effect(shell, effect);
        break;
    case EFFECT_NEWS:
        shell->has_news = true;
        shell->news_room = effect->room;
        break;
    case EFFECT_TRACE:
        shell_trace(effect->error, effect->data);
        break;
    case EFFECT_TIMER:
        set_timer(shell, effect->at_ms);
        break;
    }
}

void
shell_step(struct shell *shell, const struct event *event)
{
    bool registers_grew = false;

    if (shell->is_ending)
        return;
    enum entente_error error = node_step(shell->node, event, &shell->effects);
    for (uint32_t i = 0; i < shell->effects.count && !shell->is_ending; i++) {
        perform(shell, &shell->effects.list[i]);
        registers_grew |= shell->effects.list[i].kind == EFFECT_STORE_REGISTER;
    }
    if (error != ENTENTE_OK)
        shell_trace(error, bytes_of_text("this machine could not do all that the record needs now"));
    if (registers_grew)
        shell_peers_refresh(shell);
}

static enum entente_error
put_register(struct shell *shell, const struct party_id *party)
{
    const struct party_register *reg = node_register(shell->node, party);
    enum entente_error error = store_begin(shell->store);

    for (uint32_t n = 1; n <= register_count(reg) && error == ENTENTE_OK; n++)
        error = store_put_register(shell->store, party, n, register_encoded(reg, n));
    return error;
}

/* What the store learnt of a party since its card was given. */
static enum entente_error
add_stored_register(struct shell *shell, const struct party_id *party)
{
    enum entente_error error = ENTENTE_OK;
    struct bytes encoded;

    for (uint32_t n = 1; error == ENTENTE_OK; n++) {
        error = store_register_entry(shell->store, party, n, &encoded);
        if (error == ENTENTE_OK)
            error = node_add_register(shell->node, encoded);
        if (error == ENTENTE_ERR_DUPLICATE)
            error = ENTENTE_OK;
    }
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

static enum entente_error
add_cards(struct shell *shell, struct bytes cards)
{
    struct reader reader = reader_of(cards);
    enum entente_error error = ENTENTE_OK;

    while (reader.rest.size > 0 && !reader.failed && error == ENTENTE_OK) {
        struct bytes entries;
        error = card_entries(reader_bytes(&reader, reader_u32(&reader)), &entries);
        if (error == ENTENTE_OK)
            error = node_add_register(shell->node, entries);
        if (error == ENTENTE_ERR_DUPLICATE)
            error = ENTENTE_OK;
    }
    return reader.failed ? ENTENTE_ERR_TRUNCATED : error;
}

static enum entente_error
store_room(struct shell *shell, const struct genesis *genesis, struct bytes genesis_file)
{
    struct room_id room;

    genesis_make_room(&room, genesis->encoded);
    enum entente_error error = store_begin(shell->store);
    if (error == ENTENTE_OK)
        error = store_put_room(shell->store, &room, genesis_file);
    for (uint8_t slot = 0; slot < genesis->parties_count && error == ENTENTE_OK; slot++) {
        struct branch_row row = {.index = slot, .slot = slot, .inc = REGISTER_INC};
        error = put_register(shell, &genesis->parties[slot].party);
        if (error == ENTENTE_OK)
            error = store_put_branch(shell->store, &room, &row);
    }
    return error == ENTENTE_OK ? store_commit(shell->store) : error;
}

/* Whether anybody has signed an act: the desk then evaluates the room, to ratify by itself (A10). */
static void
look_for_acts(struct shell *shell, const struct room_id *id)
{
    const struct record_source *source = store_source(shell->store);
    const struct record *record = node_record(shell->node, id);
    struct special_row special;

    for (uint32_t b = record_parties(record); b < record_branches(record); b++)
        shell->grew_acts |=
            source->special_from(source->state, id, ENTRY_SIGN, b, 0, 0, &special) == ENTENTE_OK;
}

enum entente_error
shell_join(struct shell *shell, struct bytes genesis_file, struct bytes cards)
{
    static struct genesis genesis;
    static struct genesis_consents consents;

    enum entente_error error = genesis_file_parse(genesis_file, &genesis, &consents);
    if (error == ENTENTE_OK)
        error = add_cards(shell, cards);
    for (uint8_t slot = 0; slot < genesis.parties_count && error == ENTENTE_OK; slot++)
        error = add_stored_register(shell, &genesis.parties[slot].party);
    if (error == ENTENTE_OK)
        error = node_add_room(shell->node, genesis_file, store_source(shell->store));
    if (error == ENTENTE_ERR_EXISTS)
        return ENTENTE_OK;
    if (error == ENTENTE_OK)
        error = store_room(shell, &genesis, genesis_file);
    if (error == ENTENTE_OK) {
        struct room_id id;
        genesis_make_room(&id, genesis.encoded);
        look_for_acts(shell, &id);
        shell->grew = true;
        shell_peers_refresh(shell);
        shell_relink(shell);
        struct event event = shell_event(EVENT_TIMER);
        shell_step(shell, &event);
    }
    return error;
}
