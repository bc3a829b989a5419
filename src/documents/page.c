#include "documents/page.h"

#include "base/text.h"
#include "consultation/texts.h"
#include "text/show.h"

#include <inttypes.h>

#define FIRST_STRONG_ISOLATE "\xE2\x81\xA8"
#define LEFT_TO_RIGHT_ISOLATE "\xE2\x81\xA6"
#define RIGHT_TO_LEFT_ISOLATE "\xE2\x81\xA7"
#define POP_ISOLATE "\xE2\x81\xA9"
#define NARROW_SPACE "\xE2\x80\xAF" /* U+202F, which does not break */
#define NO_BREAK_SPACE "\xC2\xA0"

extern const unsigned char page_style[]; /* style.css */
extern const size_t page_style_size;

static bool
is_html(const struct page *page)
{
    return page->form == DOCUMENT_HTML;
}

static void
put(struct page *page, const char *text)
{
    document_put_text(page->document, text);
}

/* One of two, as the form is. */
static void
put_as(struct page *page, const char *html, const char *markdown)
{
    put(page, is_html(page) ? html : markdown);
}

/* ---- text from outside ---- */

static void
put_escaped_html(struct page *page, struct bytes text)
{
    size_t from = 0;

    for (size_t i = 0; i < text.size; i++) {
        const char *escape = NULL;
        switch (text.data[i]) {
        case '&':
            escape = "&amp;";
            break;
        case '<':
            escape = "&lt;";
            break;
        case '>':
            escape = "&gt;";
            break;
        case '"':
            escape = "&quot;";
            break;
        case '\'':
            escape = "&#39;";
            break;
        default:
            continue;
        }
        document_put(page->document, (struct bytes){text.data + from, i - from});
        put(page, escape);
        from = i + 1;
    }
    if (from < text.size)
        document_put(page->document, (struct bytes){text.data + from, text.size - from});
}

/* A backslash before whatever could be a sign of Markdown: all ASCII punctuation may have one. */
static void
put_escaped_markdown(struct page *page, struct bytes text, bool is_line_start)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        bool is_sign = strchr("\\`*_{}[]<>#|~&!$^=+-", c) != NULL && c != '\0';
        /* "1." and "1)" begin a list; elsewhere a point is a point */
        bool is_list = (c == '.' || c == ')') && i > 0 && i < 10 && is_line_start;
        for (size_t j = 0; is_list && j < i; j++)
            is_list = text.data[j] >= '0' && text.data[j] <= '9';
        if (c == ' ' && is_line_start && (i == 0 || text.data[i - 1] == ' ')) {
            put(page, i == 0 || text.data[0] == ' ' ? NO_BREAK_SPACE : " ");
            continue;
        }
        if (is_sign || is_list)
            put(page, "\\");
        document_put(page->document, (struct bytes){text.data + i, 1});
    }
}

/* A line, or what `is_line` leaves of one: hidden characters are written out. */
static void
put_shown(struct page *page, struct bytes text, bool is_line)
{
    struct shown piece;
    bool is_start = true;

    while (show_next(&text, is_line, &piece)) {
        if (piece.escape[0] == '\0' && is_html(page))
            put_escaped_html(page, piece.as_is);
        else if (piece.escape[0] == '\0')
            put_escaped_markdown(page, piece.as_is, is_start);
        else if (is_html(page))
            document_printf(page->document, "<span class=\"hidden\">%s</span>", piece.escape);
        else
            document_printf(page->document, "`%s`", piece.escape);
        is_start = false;
    }
}

/* lang="..." where there is a tag, which holds letters, digits and hyphens only. */
static void
put_language(struct page *page, struct bytes tag)
{
    if (!text_is_language_tag(tag))
        return;
    put(page, " lang=\"");
    document_put(page->document, tag);
    put(page, "\"");
}

void
page_name(struct page *page, struct bytes tag, struct bytes name)
{
    if (is_html(page)) {
        put(page, "<bdi");
        put_language(page, tag);
        put(page, ">");
    } else {
        put(page, FIRST_STRONG_ISOLATE);
    }
    put_shown(page, name, true);
    put_as(page, "</bdi>", POP_ISOLATE);
}

static bool
line_of(struct bytes *rest, struct bytes *line)
{
    const uint8_t *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
    size_t used = end == NULL ? rest->size : (size_t)(end - rest->data) + 1;

    if (used == 0)
        return false;
    *line = (struct bytes){rest->data, end == NULL ? used : used - 1};
    while (line->size > 0 && line->data[line->size - 1] == '\r')
        line->size--;
    *rest = (struct bytes){rest->data + used, rest->size - used};
    return true;
}

static void
put_paragraph(struct page *page, struct bytes paragraph, bool is_right_to_left)
{
    struct bytes line;

    put_as(page, "<p>", "> ");
    for (bool is_first = true; line_of(&paragraph, &line); is_first = false) {
        if (!is_first)
            put_as(page, "<br>\n", "\\\n> ");
        if (!is_html(page))
            put(page, is_right_to_left ? RIGHT_TO_LEFT_ISOLATE : LEFT_TO_RIGHT_ISOLATE);
        put_shown(page, line, false);
        if (!is_html(page))
            put(page, POP_ISOLATE);
    }
    put_as(page, "</p>\n", "\n");
}

void
page_text(struct page *page, struct bytes tag, struct bytes text)
{
    bool is_right_to_left = tag_is_right_to_left(tag);
    struct bytes paragraph;

    if (is_html(page)) {
        put(page, "<div class=\"text\"");
        put_language(page, tag);
        put(page, is_right_to_left ? " dir=\"rtl\">\n" : " dir=\"ltr\">\n");
    }
    for (bool is_first = true; text_paragraph_next(&text, &paragraph); is_first = false) {
        if (!is_first)
            put_as(page, "", ">\n");
        put_paragraph(page, paragraph, is_right_to_left);
    }
    put_as(page, "</div>\n", "\n");
}

/* ---- the whole ---- */

static void
put_head(struct page *page, enum phrase kind, struct bytes title)
{
    document_printf(page->document,
        "<!DOCTYPE html>\n<html lang=\"%s\" dir=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'\">\n<title>",
        phrase_language_tag(page->language), page->language == IN_ARABIC ? "rtl" : "ltr");
    put_shown(page, title, true);
    put(page, " · ");
    page_say(page, kind);
    put(page, "</title>\n<style>\n");
    document_put(page->document, (struct bytes){page_style, page_style_size});
    put(page, "</style>\n</head>\n<body>\n<header>\n<p class=\"kind\">");
    page_say(page, kind);
    put(page, "</p>\n<h1>");
    page_name(page, (struct bytes){0}, title);
    put(page, "</h1>\n<p class=\"drawn\">");
}

void
page_start(struct page *page, struct document *document, const struct document_options *options,
    enum document_form form, enum phrase kind)
{
    const struct genesis *genesis = room_genesis(options->room);

    *page = (struct page){.document = document,
        .options = options,
        .form = form,
        .language = phrase_language_of(options->language)};
    if (is_html(page)) {
        put_head(page, kind, genesis->title);
    } else {
        put(page, "# ");
        page_name(page, (struct bytes){0}, genesis->title);
        put(page, "\n\n**");
        page_say(page, kind);
        put(page, "** · ");
    }
    page_parties(page, (uint32_t)((UINT64_C(1) << room_parties(options->room)) - 1));
    put_as(page, "<br>\n", "\\\n");
    page_say(page, SAY_DRAWN);
    put(page, " ");
    page_time(page, options->now_ms);
    put_as(page, "</p>\n</header>\n<main>\n", "\n\n");
}

enum entente_error
page_end(struct page *page)
{
    put_as(page, "</main>\n<footer>\n<p>", "---\n\n");
    page_say(page, SAY_FROM_RECORD);
    put_as(page, "</p>\n<p>", "\n\n");
    page_say(page, SAY_RECORD);
    put_as(page, " <code>", " `");
    document_put_hex(page->document, room_id(page->options->room)->bytes, ID_BYTES);
    put_as(page, "</code></p>\n</footer>\n</body>\n</html>\n", "`\n");
    return document_finish(page->document);
}

/* ---- blocks ---- */

void
page_heading(struct page *page, unsigned level, const struct digest *anchor)
{
    if (is_html(page)) {
        document_printf(page->document, "<h%u", level);
        if (anchor != NULL) {
            put(page, " id=\"s");
            document_put_hex(page->document, anchor->bytes, 8);
            put(page, "\"");
        }
        put(page, ">");
        return;
    }
    for (unsigned i = 0; i < level; i++)
        put(page, "#");
    put(page, " ");
}

void
page_heading_end(struct page *page, unsigned level)
{
    if (is_html(page))
        document_printf(page->document, "</h%u>\n", level);
    else
        put(page, "\n\n");
}

void
page_heading_say(struct page *page, unsigned level, enum phrase say)
{
    page_heading(page, level, NULL);
    page_say(page, say);
    page_heading_end(page, level);
}

void
page_fields(struct page *page)
{
    put_as(page, "<dl>\n", "");
}

void
page_field(struct page *page, enum phrase label)
{
    put_as(page, "<dt>", "- **");
    page_say(page, label);
    put_as(page, "</dt><dd>", ":** ");
}

void
page_field_end(struct page *page)
{
    put_as(page, "</dd>\n", "\n");
}

void
page_fields_end(struct page *page)
{
    put_as(page, "</dl>\n", "\n");
}

void
page_table(struct page *page, const enum phrase *heads, uint32_t count)
{
    put_as(page, "<table>\n<thead><tr>", "|");
    for (uint32_t i = 0; i < count; i++) {
        put_as(page, "<th scope=\"col\">", " ");
        page_say(page, heads[i]);
        put_as(page, "</th>", " |");
    }
    put_as(page, "</tr></thead>\n<tbody>\n", "\n|");
    for (uint32_t i = 0; i < count && !is_html(page); i++)
        put(page, " --- |");
    put_as(page, "", "\n");
}

void
page_row(struct page *page)
{
    put_as(page, "<tr>", "|");
    page->cells = 0;
}

void
page_cell(struct page *page)
{
    if (page->cells++ > 0)
        put_as(page, "</td>", " |");
    put_as(page, "<td>", " ");
}

void
page_row_end(struct page *page)
{
    put_as(page, "</td></tr>\n", " |\n");
}

void
page_table_end(struct page *page)
{
    put_as(page, "</tbody>\n</table>\n", "\n");
}

void
page_list(struct page *page)
{
    put_as(page, "<ul>\n", "");
}

void
page_item(struct page *page)
{
    put_as(page, "<li>", "- ");
}

void
page_item_end(struct page *page)
{
    put_as(page, "</li>\n", "\n");
}

void
page_list_end(struct page *page)
{
    put_as(page, "</ul>\n", "\n");
}

void
page_nothing(struct page *page)
{
    put_as(page, "<p class=\"nothing\">", "*");
    page_say(page, SAY_NOTHING);
    put_as(page, "</p>\n", "*\n\n");
}

void
page_words(struct page *page, enum page_words kind)
{
    if (is_html(page))
        put(page, kind == PAGE_CONCLUSION ? "<article class=\"words conclusion\">\n<header>"
                                          : "<article class=\"words\">\n<header>");
}

void
page_words_said(struct page *page)
{
    put_as(page, "</header>\n", "\n\n");
}

void
page_words_end(struct page *page)
{
    put_as(page, "</article>\n", "");
}

/* ---- inline pieces ---- */

void
page_say(struct page *page, enum phrase say)
{
    put(page, phrase(page->language, say));
}

void
page_plain(struct page *page, const char *text)
{
    put(page, text);
}

void
page_comma(struct page *page)
{
    static const char *const commas[PHRASE_LANGUAGES] = {", ", ", ", "、", "، "};

    put(page, commas[page->language]);
}

void
page_number(struct page *page, uint64_t number)
{
    document_printf(page->document, "%" PRIu64, number);
}

void
page_time(struct page *page, uint64_t t_ms)
{
    char form[TIME_BYTES_MAX];

    if (t_ms == 0)
        return;
    time_print(form, t_ms);
    if (is_html(page))
        document_printf(page->document, "<time datetime=\"%s\">", form);
    phrase_put_time(page->document, page->language, t_ms);
    put_as(page, "</time>", "");
}

void
page_date(struct page *page, uint64_t t_ms)
{
    char form[TIME_BYTES_MAX];

    if (t_ms == 0)
        return;
    time_print(form, t_ms);
    if (is_html(page))
        document_printf(page->document, "<time datetime=\"%.10s\">", form);
    phrase_put_date(page->document, page->language, t_ms);
    put_as(page, "</time>", "");
}

void
page_decimal(struct page *page, uint64_t quantity, uint8_t scale)
{
    char out[DECIMAL_BYTES_MAX];

    decimal_print(out, quantity, scale);
    size_t whole = strcspn(out, ".");
    put_as(page, "<span class=\"number\">", "");
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            put(page, NARROW_SPACE);
        document_put(page->document, (struct bytes){(const uint8_t *)out + i, 1});
    }
    put(page, out + whole);
    put_as(page, "</span>", "");
}

void
page_clock(struct page *page, uint64_t t_ms)
{
    char form[TIME_BYTES_MAX];

    time_print(form, t_ms);
    if (is_html(page))
        document_printf(page->document, "<time datetime=\"%s\">", form);
    phrase_put_clock(page->document, t_ms);
    put_as(page, "</time>", "");
}

void
page_party(struct page *page, uint8_t slot)
{
    page_name(page, (struct bytes){0}, room_party_name(page->options->room, slot));
}

void
page_parties(struct page *page, uint32_t mask)
{
    bool is_first = true;

    for (uint8_t slot = 0; slot < room_parties(page->options->room); slot++) {
        if ((mask >> slot & 1) == 0)
            continue;
        if (!is_first)
            page_comma(page);
        page_party(page, slot);
        is_first = false;
    }
}

void
page_mark(struct page *page, enum phrase say)
{
    put_as(page, " <span class=\"mark\">", " **(");
    page_say(page, say);
    put_as(page, "</span>", ")**");
}

void
page_small(struct page *page)
{
    put_as(page, " <span class=\"small\">", " *");
}

void
page_small_end(struct page *page)
{
    put_as(page, "</span>", "*");
}

void
page_strong(struct page *page)
{
    put_as(page, "<b>", "**");
}

void
page_strong_end(struct page *page)
{
    put_as(page, "</b>", "**");
}

void
page_link(struct page *page, const struct digest *anchor)
{
    if (!is_html(page))
        return;
    put(page, "<a href=\"#s");
    document_put_hex(page->document, anchor->bytes, 8);
    put(page, "\">");
}

void
page_link_end(struct page *page)
{
    put_as(page, "</a>", "");
}
