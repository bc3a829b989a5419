/*
 * The page's files, built from web/ and embedded in the desk.  Where web/dist was not there when the desk was
 * built, the only file is one that says so.
 */
#ifndef ENTENTE_PAGE_PAGE_H
#define ENTENTE_PAGE_PAGE_H

#include "base/bytes.h"

struct page_file {
    const char *path; /* "/" is the page itself */
    const char *media_type;
    const char *tag; /* of the contents, for conditional requests: an ETag with its quotes */
    bool is_named_by_contents; /* never changes under this path */
    bool is_page;              /* HTML: goes with PAGE_POLICY */
    struct bytes content;
};

/* The file at `path`, or NULL. */
const struct page_file *page_find(struct bytes path);

/* Nothing inline, nothing from elsewhere, no frame around it. */
#define PAGE_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; "                   \
    "frame-ancestors 'none'"

#endif
