/*
 * A document for people, in HTML or Markdown alike: what it says is written once, by these calls.
 *
 * HTML: one file that needs nothing else, no script; each text has its language and direction, each
 * name is isolated (bdi).  Markdown: CommonMark with pipe tables; isolates of Unicode TR 9 around
 * what others wrote.
 */
#ifndef ENTENTE_DOCUMENTS_PAGE_H
#define ENTENTE_DOCUMENTS_PAGE_H

#include "documents/phrases.h"

struct page {
    struct document *document;
    const struct document_options *options;
    enum document_form form;
    enum phrase_language language;
    uint32_t cells;   /* of the row so far */
};

/* Title and stylesheet; what kind of document it is of the room's consultation. */
void page_start(struct page *page, struct document *document,
    const struct document_options *options, enum document_form form, enum phrase kind);
/* Where it is from; and the rest to `flush`. */
MUST_USE enum entente_error page_end(struct page *page);

/* ---- blocks ---- */

/* A heading of level 2 to 4, of inline pieces; `anchor`: an id to link to, or NULL. */
void page_heading(struct page *page, unsigned level, const struct digest *anchor);
void page_heading_end(struct page *page, unsigned level);
void page_heading_say(struct page *page, unsigned level, enum phrase say);

/* A list of labels with inline pieces behind them. */
void page_fields(struct page *page);
void page_field(struct page *page, enum phrase label);
void page_field_end(struct page *page);
void page_fields_end(struct page *page);

void page_table(struct page *page, const enum phrase *heads, uint32_t count);
void page_row(struct page *page);
void page_cell(struct page *page); /* begins one, and ends the one before */
void page_row_end(struct page *page);
void page_table_end(struct page *page);

/* A list of items of inline pieces. */
void page_list(struct page *page);
void page_item(struct page *page);
void page_item_end(struct page *page);
void page_list_end(struct page *page);

/* "None." */
void page_nothing(struct page *page);

/* Somebody's words: who and when (inline pieces), then page_text() as often as there are texts. */
enum page_words { PAGE_STATEMENT, PAGE_CONCLUSION };
void page_words(struct page *page, enum page_words kind);
void page_words_said(struct page *page); /* the texts begin */
void page_words_end(struct page *page);

/* A text with its paragraphs and lines, in the language `tag` (may be empty). */
void page_text(struct page *page, struct bytes tag, struct bytes text);

/* ---- inline pieces ---- */

void page_say(struct page *page, enum phrase say);
void page_plain(struct page *page, const char *text); /* our own: signs and numbers */
void page_comma(struct page *page); /* as the language has it, with its space */
void page_number(struct page *page, uint64_t number);
/* quantity / 10^scale, its thousands apart. */
void page_decimal(struct page *page, uint64_t quantity, uint8_t scale);
/* A line from outside, isolated; `tag` may be empty. */
void page_name(struct page *page, struct bytes tag, struct bytes name);
void page_time(struct page *page, uint64_t t_ms);  /* with its date; nothing for 0 */
void page_date(struct page *page, uint64_t t_ms);  /* the date alone; nothing for 0 */
void page_clock(struct page *page, uint64_t t_ms); /* the time of day */
void page_party(struct page *page, uint8_t slot);
void page_parties(struct page *page, uint32_t mask);
/* Something the reader must not miss: late, void, withdrawn. */
void page_mark(struct page *page, enum phrase say);
/* Less important than what stands around it, until page_small_end(). */
void page_small(struct page *page);
void page_small_end(struct page *page);
void page_strong(struct page *page);
void page_strong_end(struct page *page);
/* A link within the document, to a heading's anchor. */
void page_link(struct page *page, const struct digest *anchor);
void page_link_end(struct page *page);

#endif
