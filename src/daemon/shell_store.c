/* Writing what the node wants kept.  What comes within some milliseconds goes into one commit. */
#include "daemon/shell.h"

#define STORE_RETRY_MS 1000u
#define NS_IN_MS UINT64_C(1000000)

static enum entente_error
put(struct shell *shell, const struct effect *effect)
{
    const struct admitted *admitted = effect->admitted;

    enum entente_error error = store_begin(shell->store);
    if (error != ENTENTE_OK)
        return error;
    if (effect->kind == EFFECT_STORE_BRANCH)
        return store_put_branch(shell->store, &effect->room, &admitted->branch);
    if (effect->kind == EFFECT_STORE_SEGMENT)
        for (uint32_t i = 0; i < admitted->specials_count; i++)
            shell->grows_acts |= admitted->specials[i].kind == ENTRY_SIGN;
    if (effect->kind == EFFECT_STORE_SEGMENT)
        return store_put_segment(shell->store, &effect->room, &admitted->row, admitted->specials,
            admitted->specials_count);
    if (effect->kind == EFFECT_STORE_REGISTER)
        return store_put_register(shell->store, &effect->party, effect->seq, effect->data);
    if (effect->kind == EFFECT_STORE_FILE)
        return store_put_file(
            shell->store, &effect->room, &effect->root, &effect->file, effect->data);
    if (effect->kind == EFFECT_STORE_CHUNK)
        return store_put_chunk(
            shell->store, &effect->room, &effect->file.place, effect->seq, effect->data);
    return store_put_proof(shell->store, &effect->room, effect->slot, effect->inc, effect->data);
}

/* Whether people at this party wait for it: not for acks, which have no payload, nor for parts of files. */
static bool
is_read(const struct effect *effect)
{
    if (effect->kind == EFFECT_STORE_SEGMENT)
        return effect->admitted->row.payloads.size > 0;
    return effect->kind != EFFECT_STORE_CHUNK;
}

/* After a failure the transaction is gone: the rest of the turn is not written either. */
void
shell_store_effect(struct shell *shell, const struct effect *effect)
{
    if (effect->kind == EFFECT_COMMIT) {
        shell->commit_batch = effect->batch;
        return;
    }
    if (shell->store_failed)
        return;
    shell->grows = true;
    shell->is_read |= is_read(effect);
    shell->grows_besides |= effect->kind != EFFECT_STORE_SEGMENT && effect->kind != EFFECT_STORE_CHUNK;
    enum entente_error error = put(shell, effect);
    if (error != ENTENTE_OK) {
        shell->store_failed = true;
        shell->store_error = error;
    }
}

enum entente_error
shell_store_open(struct shell *shell)
{
    return shell->store_failed ? shell->store_error : store_begin(shell->store);
}

enum entente_error
shell_store_written(struct shell *shell, enum entente_error error)
{
    if (error != ENTENTE_OK && !shell->store_failed) {
        shell->store_failed = true;
        shell->store_error = error;
    }
    shell->has_writes = true;
    return error;
}

static void
on_retry(uv_timer_t *timer)
{
    struct shell *shell = timer->data;
    struct event event = shell_event(EVENT_STORE_FAILED);

    event.error = shell->store_error;
    shell->store_failed = false;
    shell_step(shell, &event);
}

static void
on_commit_timer(uv_timer_t *timer)
{
    shell_commit(timer->data);
}

static bool
must_wait(struct shell *shell)
{
    uint64_t wait_ns = pace_wait_ns(&shell->pace, uv_hrtime(), shell->is_read);

    if (wait_ns == 0)
        return false;
    uv_update_time(shell->loop);
    uv_timer_start(&shell->commit_timer, on_commit_timer, wait_ns / NS_IN_MS + 1, 0);
    return true;
}

void
shell_commit(struct shell *shell)
{
    bool has_work = shell->commit_batch != 0 || shell->has_writes;
    if (!has_work || (!shell->store_failed && must_wait(shell)))
        return;
    shell->has_writes = shell->is_read = false;
    if (!shell->store_failed) {
        uint64_t began = uv_hrtime();
        enum entente_error error = store_commit(shell->store);
        uint64_t ended = uv_hrtime();
        pace_note(&shell->pace, ended, ended - began);
        if (error != ENTENTE_OK) {
            shell->store_failed = true;
            shell->store_error = error;
        }
    }
    if (shell->store_failed) {
        /* The node is told after a pause, so that a full disk does not make it spin; until then
         * nothing is written, and nothing is claimed to be held. */
        shell->commit_batch = 0;
        chunks_committed(shell, shell->store_error);
        if (!uv_is_active((uv_handle_t *)&shell->retry)) {
            shell_trace(shell->store_error,
                bytes_of_text("the store cannot be written; this is tried again every second"));
            uv_timer_start(&shell->retry, on_retry, STORE_RETRY_MS, 0);
        }
        return;
    }
    chunks_committed(shell, ENTENTE_OK);
    if (shell->commit_batch == 0)
        return;
    struct event event = shell_event(EVENT_STORED);
    event.batch = shell->commit_batch;
    shell->commit_batch = 0;
    shell->grew |= shell->grows;
    shell->grew_acts |= shell->grows_acts;
    shell->grew_besides |= shell->grows_besides;
    shell->grows = shell->grows_acts = shell->grows_besides = false;
    shell_step(shell, &event);
}

void
shell_tell_stored(struct shell *shell)
{
    bool is_due = (shell->follow == FOLLOW_ALL && (shell->grew || shell->grew_acts)) ||
                  (shell->follow == FOLLOW_ACTS && shell->grew_acts);

    if (!is_due)
        return;
    struct message_node_stored stored = {shell->grew_acts, shell->grew_besides};
    shell->follow = FOLLOW_NOTHING;
    shell->grew = shell->grew_acts = shell->grew_besides = false;
    if (message_node_stored_queue(shell->desk, &stored) != ENTENTE_OK)
        shell_end(shell, "the desk does not take its news");
}

enum entente_error
shell_read_error(const struct shell *shell, enum entente_error error)
{
    return error == ENTENTE_ERR_CORRUPT && shell->store_failed ? shell->store_error : error;
}
