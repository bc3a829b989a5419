/* Writing what the node wants kept.  All of one loop turn goes into one commit. */
#include "daemon/shell.h"

#define STORE_RETRY_MS 1000u

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
        return store_put_segment(shell->store, &effect->room, &admitted->row, admitted->specials,
            admitted->specials_count);
    if (effect->kind == EFFECT_STORE_REGISTER)
        return store_put_register(shell->store, &effect->party, effect->seq, effect->data);
    return store_put_proof(shell->store, &effect->room, effect->slot, effect->inc, effect->data);
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
    enum entente_error error = put(shell, effect);
    if (error != ENTENTE_OK) {
        shell->store_failed = true;
        shell->store_error = error;
    }
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

void
shell_commit(struct shell *shell)
{
    if (shell->commit_batch == 0)
        return;
    if (!shell->store_failed) {
        enum entente_error error = store_commit(shell->store);
        if (error != ENTENTE_OK) {
            shell->store_failed = true;
            shell->store_error = error;
        }
    }
    if (shell->store_failed) {
        /* The node is told after a pause, so that a full disk does not make it spin; until then
         * nothing is written, and nothing is claimed to be held. */
        shell->commit_batch = 0;
        if (!uv_is_active((uv_handle_t *)&shell->retry)) {
            shell_trace(shell->store_error,
                bytes_of_text("the store cannot be written; this is tried again every second"));
            uv_timer_start(&shell->retry, on_retry, STORE_RETRY_MS, 0);
        }
        return;
    }
    struct event event = shell_event(EVENT_STORED);
    event.batch = shell->commit_batch;
    shell->commit_batch = 0;
    shell_step(shell, &event);
}
