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
    const char *policy;        /* Content-Security-Policy: one of those below */
    struct bytes content;
};

/* The file at `path`, or NULL. */
const struct page_file *page_find(struct bytes path);

/* Nothing inline, nothing from elsewhere, no frame around it; a frame in it only for the viewer. */
#define PAGE_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "              \
    "connect-src 'self'; font-src 'self'; frame-src 'self'; form-action 'none'; "                  \
    "base-uri 'none'; frame-ancestors 'none'"

/*
 * The frame that shows a party's document, which may be made to harm: an origin of its own and no network, so
 * that whatever breaks in it neither reads the page around it nor tells anybody.
 */
#define VIEWER_POLICY                                                                              \
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src data:; "                    \
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-scripts"

/* Scripts, styles and pictures: they are no documents. */
#define FILE_POLICY "default-src 'none'"

#endif
