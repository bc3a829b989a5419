/*
 * Goal: whatever somebody wrote, it is text in a page: no markup, no second line, nothing that
 * turns the order of what stands around it. Method: any bytes as a name and as a text with a
 * language, in both forms.  In HTML, "<" begins nothing but our own elements, and no character is
 * invisible; in Markdown, each sign has a backslash before it, each line closes its isolates, and a
 * name has one line.
 */
#include "fuzz.h"

#include "base/text.h"
#include "documents/page.h"

#include <string.h>

static bool
begins(struct bytes text, const char *with)
{
    size_t size = strlen(with);

    return text.size >= size && memcmp(text.data, with, size) == 0;
}

static struct bytes
behind(struct bytes text, size_t size)
{
    return (struct bytes){text.data + size, text.size - size};
}

/* The size of the element that the text begins with, where it is one of ours. */
static size_t
element_size(struct bytes text)
{
    static const char *const elements[] = {"<span class=\"hidden\">", "</span>", "<bdi>", "</bdi>",
        "<bdi lang=\"", "<div class=\"text\"", "</div>", "<p>", "</p>", "<br>"};

    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        if (!begins(text, elements[i]))
            continue;
        const uint8_t *end = memchr(text.data, '>', text.size);
        fuzz_require(end != NULL);
        return (size_t)(end - text.data) + 1;
    }
    return 0;
}

static void
check_html(struct bytes page)
{
    while (page.size > 0) {
        size_t size = element_size(page);
        if (size > 0) {
            page = behind(page, size);
            continue;
        }
        uint8_t c = page.data[0];
        fuzz_require(c != '<' && c != '>' && c != '"' && c != '\'');
        fuzz_require(c >= 0x20 || c == '\n' || c == '\t');
        fuzz_require(c != '&' || begins(page, "&amp;") || begins(page, "&lt;") ||
                     begins(page, "&gt;") || begins(page, "&quot;") || begins(page, "&#39;"));
        page = behind(page, 1);
    }
}

/* Behind the code span `\u{202E}` that stands for a hidden character; 0: it is none. */
static size_t
escape_size(struct bytes page)
{
    if (!begins(page, "`\\u{") && !begins(page, "`\\x{"))
        return 0;
    for (size_t i = 4; i < page.size && i < 16; i++)
        if (page.data[i] == '`')
            return i + 1;
    return 0;
}

static void
check_markdown(struct bytes page, bool is_line)
{
    int depth = 0;
    bool is_line_start = true;

    while (page.size > 0) {
        size_t size = escape_size(page);
        uint8_t c = page.data[0];
        if (size == 0 && is_line_start && !is_line && (begins(page, "> ") || begins(page, ">\n")))
            size = begins(page, "> ") ? 2 : 1;
        else if (size == 0 && c == '\\')
            size = 2; /* an escape, or a hard break */
        is_line_start = size == 0 ? c == '\n' : size == 2 && page.size > 1 && page.data[1] == '\n';
        depth += begins(page, "\xE2\x81\xA6") || begins(page, "\xE2\x81\xA7") ||
                 begins(page, "\xE2\x81\xA8");
        depth -= begins(page, "\xE2\x81\xA9");
        fuzz_require(depth >= 0 && depth <= 1 && (!is_line_start || depth == 0));
        fuzz_require(size > 0 || strchr("`*_{}[]<>#|~&!", c) == NULL);
        fuzz_require(c >= 0x20 || c == '\t' || (c == '\n' && !is_line));
        page = behind(page, size > 0 ? size : 1);
    }
    fuzz_require(depth == 0);
}

static void
check_form(enum document_form form, struct bytes tag, struct bytes text)
{
    struct document document = {0};
    struct page page = {.document = &document, .form = form};

    page_name(&page, tag, text);
    struct bytes written = {document.data, document.size};
    fuzz_require(document.error == ENTENTE_OK && text_is_utf8(written));
    fuzz_require(memchr(written.data, '\n', written.size) == NULL);
    form == DOCUMENT_HTML ? check_html(written) : check_markdown(written, true);
    document.size = 0;
    page_text(&page, tag, text);
    written = (struct bytes){document.data, document.size};
    fuzz_require(document.error == ENTENTE_OK && text_is_utf8(written));
    form == DOCUMENT_HTML ? check_html(written) : check_markdown(written, false);
    document_free(&document);
}

/* The first byte is the size of the tag. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = reader_of((struct bytes){data, size});
    struct bytes tag = reader_bytes(&reader, reader_u8(&reader) % 40u);

    check_form(DOCUMENT_HTML, tag, reader.rest);
    check_form(DOCUMENT_MARKDOWN, tag, reader.rest);
    return 0;
}
