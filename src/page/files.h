/* The table that embed.py writes.  Internal to page/. */
#ifndef ENTENTE_PAGE_FILES_H
#define ENTENTE_PAGE_FILES_H

#include "page/page.h"

extern const struct page_file page_files[];
extern const size_t page_files_count;

#endif
