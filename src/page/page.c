#include "page/files.h"

const struct page_file *
page_find(struct bytes path)
{
    for (size_t i = 0; i < page_files_count; i++)
        if (bytes_equal(path, bytes_of_text(page_files[i].path)))
            return &page_files[i];
    return NULL;
}
