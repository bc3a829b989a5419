/* What must be true of text before it may enter the record.  Bytes are checked, never changed. */
#ifndef ENTENTE_BASE_TEXT_H
#define ENTENTE_BASE_TEXT_H

#include "base/bytes.h"

/*
 * True when `text` is well-formed UTF-8 (Unicode 15, table 3-7: shortest form, no surrogates,
 * nothing above U+10FFFF).  The empty text is well-formed.
 */
bool text_is_utf8(struct bytes text);

/*
 * True when `tag` has the form of a BCP 47 language tag (RFC 5646): 1 to 35 bytes, subtags of 1 to
 * 8 ASCII letters or digits joined by single hyphens, the first one of 1 to 8 letters.
 */
bool text_is_language_tag(struct bytes tag);

#define MEDIA_TYPE_BYTES_MAX 255u

/* True when `type` is two restricted names of RFC 6838, section 4.2, joined by '/'. */
bool text_is_media_type(struct bytes type);

#endif
