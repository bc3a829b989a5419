#include "documents/readout_check_json.h"

typedef json_t *make_text(struct bytes paragraph);

/* False: memory is out. */
static bool
add_readout_text(json_t *made, const struct checked_paragraph *paragraph, make_text *text)
{
    if (paragraph->of == 0)
        return true;
    if (paragraph->of_last > paragraph->of &&
        json_object_set_new(made, "of_last", json_integer(paragraph->of_last)) != 0)
        return false;
    return json_object_set_new(made, "of", json_integer(paragraph->of)) == 0 &&
           json_object_set_new(made, "readout_text", text(paragraph->readout_text)) == 0 &&
           json_object_set_new(made, "similarity", json_real(paragraph->similarity)) == 0;
}

static bool
add_paragraph(json_t *list, const struct checked_paragraph *paragraph, make_text *text)
{
    json_t *made = json_pack("{s:s}", "is", check_verdict_name(paragraph->is));

    if (made == NULL || json_array_append(list, made) != 0) {
        json_decref(made);
        return false;
    }
    json_decref(made); /* the list has it */
    if (paragraph->text.size > 0 &&
        json_object_set_new(made, "text", text(paragraph->text)) != 0)
        return false;
    if (paragraph->is == CHECKED_REPEATED &&
        json_object_set_new(made, "first", json_integer(paragraph->first)) != 0)
        return false;
    return add_readout_text(made, paragraph, text);
}

json_t *
readout_check_json(const struct readout_check *check, json_t *(*text)(struct bytes paragraph))
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < check->count; i++)
        if (list == NULL || !add_paragraph(list, &check->paragraphs[i], text)) {
            json_decref(list);
            return NULL;
        }
    return json_pack("{s:n, s:n, s:b, s:o}", "readout", "language", "is_rough", (int)check->is_rough,
        "paragraphs", list);
}
