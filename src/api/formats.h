/*
 * The few forms of text that openapi.json names, read and written in one place.  Pure: nothing is
 * looked up, nothing depends on the machine's language or time zone.
 */
#ifndef ENTENTE_API_FORMATS_H
#define ENTENTE_API_FORMATS_H

#include "base/bytes.h"
#include "base/hex.h"
#include "format/ids.h"

#define TIME_TEXT_BYTES 25    /* with the closing zero */
#define DECIMAL_TEXT_BYTES 24 /* with the closing zero */
#define HEX_TEXT_BYTES 65     /* of 32 bytes, with the closing zero */

/* RFC 3339, of the years 1970 to 9999, with an offset or Z; what is finer than a millisecond is
 * cut. */
bool time_of_text(struct bytes text, uint64_t *t_ms);
/* In UTC with milliseconds and Z; for times up to the year 9999. */
void time_to_text(char text[static TIME_TEXT_BYTES], uint64_t t_ms);

/* Digits, perhaps a point and 1 to 9 digits: quantity / 10^scale; false where it does not fit. */
bool decimal_of_text(struct bytes text, uint64_t *quantity, uint8_t *scale);
void decimal_to_text(char text[static DECIMAL_TEXT_BYTES], uint64_t quantity, uint8_t scale);

/*
 * RFC 4648 section 4, with padding, without line ends, and with zero bits where none are needed:
 * one text for each content.  `data` may be NULL to check only; its room is 3 bytes for each 4 of
 * text.
 */
bool base64_of_text(struct bytes text, uint8_t *data, size_t *size);

/* A life of a room (room_life()), as the cursor of those who follow names it. */
#define LIFE_TEXT_BYTES 17
void life_to_text(char text[static LIFE_TEXT_BYTES], uint64_t life);

/* How many code points well-formed UTF-8 has. */
size_t utf8_length(struct bytes text);
/* `size` or less, so that no code point of well-formed UTF-8 is cut. */
size_t utf8_cut(struct bytes text, size_t size);

#endif
