#include "documents/brief.h"

#include "consultation/texts.h"

#include <stdlib.h>
#include <strings.h>

enum phrase
phrase_of_act(uint8_t kind)
{
    switch (kind) {
    case ACT_JOINT_TEXT:
        return SAY_JOINT_TEXT;
    case ACT_CHARTER:
        return SAY_CHARTER_CHANGE;
    case ACT_SUCCESSOR:
        return SAY_SUCCESSOR;
    case ACT_READOUT:
        return SAY_READOUT;
    case ACT_CORRECTION:
        return SAY_CORRECTION;
    case ACT_JOINT_OFFICE:
        return SAY_JOINT_OFFICE;
    case ACT_CHAIR_ORDER:
        return SAY_CHAIR_ORDER;
    case ACT_MINUTES:
        return SAY_MINUTES;
    default:
        return SAY_OTHER_ACT;
    }
}

/* The file in the language of the document, or the first one that is here. */
static const struct text_file *
choose_file(const struct text_state *text, enum phrase_language language)
{
    const struct text_file *chosen = NULL;

    for (uint16_t i = 0; i < text->languages; i++) {
        const struct text_file *file = &text->files[i];
        const char *wanted = phrase_language_tag(language);
        if (!file->is_here)
            continue;
        if (file->language.tag.size >= 2 &&
            strncasecmp((const char *)file->language.tag.data, wanted, 2) == 0)
            return file;
        chosen = chosen == NULL ? file : chosen;
    }
    return chosen;
}

static void
put_title(struct brief *brief, const struct text_file *file)
{
    struct bytes rest = file->data, title;

    if (!text_paragraph_next(&rest, &title))
        return;
    const uint8_t *end = memchr(title.data, '\n', title.size);
    if (end != NULL)
        title.size = (size_t)(end - title.data);
    page_plain(&brief->page, ": ");
    page_name(&brief->page, file->language.tag, title);
}

void
put_act(struct brief *brief, const struct digest *act)
{
    struct text_state *text = calloc(1, sizeof *text);
    struct proposal proposal;

    if (consultation_proposal(brief->consultation, act, &proposal)) {
        page_say(&brief->page, phrase_of_act(proposal.kind));
        if (proposal.number != 0) {
            page_plain(&brief->page, " ");
            page_number(&brief->page, proposal.number);
        }
        if (text != NULL &&
            consultation_text(brief->consultation, &proposal.root, text) == ENTENTE_OK) {
            const struct text_file *file = choose_file(text, brief->page.language);
            if (file != NULL)
                put_title(brief, file);
        }
    }
    free(text);
}

enum entente_error
act_time(struct brief *brief, const struct digest *act, uint64_t *t_ms)
{
    struct proposal proposal;
    struct room_entry entry;

    *t_ms = 0;
    if (!consultation_proposal(brief->consultation, act, &proposal))
        return ENTENTE_OK;
    enum entente_error error = room_entry(brief->room, &proposal.place, &entry);
    if (error == ENTENTE_OK)
        *t_ms = entry.entry.t_ms;
    return error == ENTENTE_ERR_NOT_FOUND ? ENTENTE_OK : error;
}

void
put_object(struct brief *brief, const struct digest *id)
{
    const struct object *object = consultation_object(brief->consultation, id);
    struct page *page = &brief->page;
    struct fact fact;

    if (object == NULL || object_made_by(object) == NULL ||
        fact_parse(&fact, object_type(object), object_made_by(object)->content) != ENTENTE_OK)
        return;
    page_name(page, fact.tag, fact.name.size > 0 ? fact.name : fact.label);
    if (object_type(object) != FACT_PLEDGE)
        return;
    page_comma(page);
    page_decimal(&brief->page, fact.quantity, fact.scale);
    page_plain(page, " ");
    page_name(page, (struct bytes){0}, fact.label);
}
