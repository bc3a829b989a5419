/* Which handlers there are: the tables of the files of handlers. */
#include "api/internal.h"

static const struct call_entry *const tables[] = {
    calls_of_desk,
    calls_of_accounts,
    calls_of_rooms,
    calls_of_changes,
    calls_of_live,
    calls_of_statements,
    calls_of_sessions,
    calls_of_texts,
    calls_of_acts,
    calls_of_offices,
    calls_of_commitments,
    calls_of_dialogues,
    calls_of_readouts,
    calls_of_assessments,
    calls_of_files,
    calls_of_documents,
    calls_of_search,
    calls_of_record,
};

const struct call_entry *
table_at(uint32_t index)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct call_entry *entry = tables[i]; entry->operation != NULL; entry++)
            if (index-- == 0)
                return entry;
    return NULL;
}

const struct call_entry *
table_find(const char *operation)
{
    const struct call_entry *entry;

    for (uint32_t i = 0; (entry = table_at(i)) != NULL; i++)
        if (strcmp(entry->operation, operation) == 0)
            return entry;
    return NULL;
}
