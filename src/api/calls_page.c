/* The page's own files: for everybody, since they hold nothing but the program. */
#include "api/internal.h"

#include "page/page.h"

static void
answer_file(struct http_exchange *exchange, const struct page_file *file)
{
    const struct http_field fields[] = {
        {"content-type", bytes_of_text(file->media_type)},
        {"etag", bytes_of_text(file->tag)},
        {"cache-control", bytes_of_text(file->is_named_by_contents
                                            ? "public, max-age=31536000, immutable"
                                            : "no-cache")},
        {"x-content-type-options", bytes_of_text("nosniff")},
        {"referrer-policy", bytes_of_text("no-referrer")},
        {"content-security-policy", bytes_of_text(file->policy)},
    };
    bool is_known =
        bytes_equal(http_header(exchange, "if-none-match"), bytes_of_text(file->tag));

    http_answer(exchange, is_known ? 304 : 200, fields, sizeof fields / sizeof fields[0],
        is_known ? (struct bytes){0} : file->content);
}

bool
page_answer(struct http_exchange *exchange, const struct http_request *request)
{
    const struct page_file *file = page_find(request->path);

    if (file == NULL || (!bytes_equal(request->method, bytes_of_text("GET")) &&
                            !bytes_equal(request->method, bytes_of_text("HEAD"))))
        return false;
    answer_file(exchange, file);
    return true;
}
