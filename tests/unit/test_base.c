/*
 * Goal: the reader, the writer and the arena never step outside their memory, and UTF-8 is judged
 * as the standard's table does.
 * Method: every shorter input and output; all one- and two-byte texts against a second definition.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/text.h"
#include "support/test.h"

TEST(reads_what_was_written)
{
    uint8_t data[32];
    struct writer writer = writer_of(data, sizeof data);

    writer_u8(&writer, 0x01);
    writer_u16(&writer, 0x0203);
    writer_u32(&writer, 0x04050607);
    writer_u64(&writer, 0x08090A0B0C0D0E0F);
    writer_copy(&writer, "abc", 3);
    CHECK(!writer.failed && writer.used == 18);
    for (uint8_t i = 0; i < 15; i++)
        CHECK(data[i] == i + 1);

    struct reader reader = reader_of(writer_written(&writer));
    CHECK(reader_u8(&reader) == 0x01);
    CHECK(reader_u16(&reader) == 0x0203);
    CHECK(reader_u32(&reader) == 0x04050607);
    CHECK(reader_u64(&reader) == 0x08090A0B0C0D0E0F);
    CHECK(reader_finish(&reader) == ENTENTE_ERR_MALFORMED);
    CHECK(bytes_equal(reader_bytes(&reader, 3), bytes_of_text("abc")));
    CHECK(reader_finish(&reader) == ENTENTE_OK);
}

TEST(a_failed_reader_stays_failed_and_reads_zero)
{
    const uint8_t data[3] = {1, 2, 3};
    uint8_t out[4] = {9, 9, 9, 9};
    struct reader reader = reader_of((struct bytes){data, sizeof data});

    CHECK(reader_u32(&reader) == 0);
    CHECK(reader_u8(&reader) == 0);
    reader_copy(&reader, out, sizeof out);
    CHECK(out[0] == 0 && out[3] == 0);
    CHECK(reader_finish(&reader) == ENTENTE_ERR_TRUNCATED);
}

TEST(a_writer_without_room_writes_nothing_more)
{
    uint8_t data[16] = {0};

    for (size_t size = 0; size < 15; size++) {
        struct writer writer = writer_of(data, size);
        writer_u8(&writer, 1);
        writer_u16(&writer, 2);
        writer_u32(&writer, 3);
        writer_u64(&writer, 4);
        CHECK(writer.failed && writer.used <= size);
    }
}

TEST(an_arena_gives_aligned_zeroed_memory_until_it_is_full)
{
    _Alignas(16) uint8_t block[64];
    struct arena arena;

    memset(block, 0xFF, sizeof block);
    arena_init(&arena, block, sizeof block);
    uint8_t *one = arena_take(&arena, 1, 1);
    uint64_t *two = arena_take(&arena, 2, 8);
    REQUIRE(one != NULL && two != NULL);
    CHECK(*one == 0 && two[0] == 0 && two[1] == 0 && (uintptr_t)two % 16 == 0);
    CHECK(arena_take(&arena, 33, 1) == NULL);
    CHECK(arena_take(&arena, SIZE_MAX, 2) == NULL);
    CHECK(arena_take(&arena, 32, 1) != NULL);
    arena_reset(&arena);
    CHECK(arena_take(&arena, 64, 1) == block);
}

/* Decode, then judge the code point: another way to say what the table says. */
static bool
two_bytes_are_utf8(uint8_t a, uint8_t b)
{
    if (a < 0x80)
        return b < 0x80;
    uint32_t code = ((uint32_t)a & 0x1F) << 6 | ((uint32_t)b & 0x3F);
    return (a & 0xE0) == 0xC0 && (b & 0xC0) == 0x80 && code >= 0x80;
}

TEST(utf8_is_judged_as_the_standard_does)
{
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++) {
            const uint8_t text[2] = {(uint8_t)a, (uint8_t)b};
            CHECK(text_is_utf8((struct bytes){text, 2}) == two_bytes_are_utf8(text[0], text[1]));
        }
    for (size_t at = 0; at < 20; at++) {
        uint8_t text[20];
        memset(text, 'a', sizeof text);
        CHECK(text_is_utf8((struct bytes){text, sizeof text}));
        text[at] = 0x80;
        CHECK(!text_is_utf8((struct bytes){text, sizeof text}));
    }
    CHECK(text_is_utf8(bytes_of_text("")));
    CHECK(text_is_utf8(bytes_of_text("대한민국 日本 اتفاق 🤝")));
    CHECK(!text_is_utf8(bytes_of_text("\xED\xA0\x80")));     /* a surrogate */
    CHECK(!text_is_utf8(bytes_of_text("\xE0\x80\xAF")));     /* not the shortest form */
    CHECK(!text_is_utf8(bytes_of_text("\xF4\x90\x80\x80"))); /* above U+10FFFF */
    CHECK(!text_is_utf8(bytes_of_text("\xF0\x9F\xA4")));     /* cut off */
}

TEST(language_tags_have_the_form_of_rfc_5646)
{
    const char *good[] = {"ko", "ja", "en-GB", "ar", "zh-Hant-TW", "de-1996", "x-entente"};
    const char *bad[] = {"", "-", "en-", "-en", "en--GB", "9a", "en_GB", "abcdefghi", "한"};

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK(text_is_language_tag(bytes_of_text(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!text_is_language_tag(bytes_of_text(bad[i])));
}

TEST(each_error_has_a_name_and_a_sentence)
{
    for (int i = 0; i < ENTENTE_ERR_COUNT; i++) {
        CHECK(strlen(entente_error_name((enum entente_error)i)) > 0);
        CHECK(strlen(entente_error_text((enum entente_error)i)) > 0);
    }
    CHECK(entente_error_whose(ENTENTE_ERR_SIGNATURE) == ENTENTE_PEER);
    CHECK(entente_error_whose(ENTENTE_ERR_COUNT) == ENTENTE_MACHINE);
}

TEST_MAIN(CASE(reads_what_was_written), CASE(a_failed_reader_stays_failed_and_reads_zero),
    CASE(a_writer_without_room_writes_nothing_more),
    CASE(an_arena_gives_aligned_zeroed_memory_until_it_is_full),
    CASE(utf8_is_judged_as_the_standard_does), CASE(language_tags_have_the_form_of_rfc_5646),
    CASE(each_error_has_a_name_and_a_sentence))
