/* The readouts that everybody may read now, one for each language. */
#ifndef ENTENTE_DOCUMENTS_READOUTS_H
#define ENTENTE_DOCUMENTS_READOUTS_H

#include "documents/buffer.h"

struct published {
    struct digest act;
    uint8_t kind; /* ACT_READOUT or ACT_CORRECTION */
    struct digest subject;
    uint32_t number;
    uint64_t published_ms; /* when the first party did */
    uint64_t updated_ms;   /* when the last one did */
    uint32_t published_by;
    struct text_language language;
    struct bytes data; /* of the file */
    bool is_text;      /* UTF-8 of a media type text/... */
};

/*
 * Tell each text of each readout or correction that is effective, published by a party at least,
 * and whose embargo is over at `now_ms`; by the time of their publication.  Views are borrowed for
 * the call. what `take` returned; ENTENTE_ERR_NO_MEMORY, ENTENTE_ERR_IO, ENTENTE_ERR_CORRUPT
 */
MUST_USE enum entente_error published_each(const struct document_options *options,
    enum entente_error (*take)(void *state, const struct published *published), void *state);

/* The first line of its text, without what stands around it: its title. */
struct bytes published_title(const struct published *published);

#endif
