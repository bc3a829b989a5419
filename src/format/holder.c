#include "format/holder.h"

#include "base/text.h"

#include <string.h>

/* What the signature covers: key || name. */
static struct bytes
terms_write(struct writer *writer, const struct public_key *public, struct bytes name)
{
    writer_copy(writer, public->bytes, sizeof public->bytes);
    writer_bytes(writer, name);
    return writer_written(writer);
}

static enum entente_error
parse(struct holder_card *card, struct reader *reader)
{
    uint8_t terms[sizeof card->key.bytes + HOLDER_NAME_BYTES_MAX];
    struct writer writer = writer_of(terms, sizeof terms);
    struct signature signature;

    struct bytes magic = reader_bytes(reader, sizeof HOLDER_CARD_MAGIC - 1);
    reader_copy(reader, card->key.bytes, sizeof card->key.bytes);
    reader_copy(reader, signature.bytes, sizeof signature.bytes);
    card->name = reader_bytes(reader, reader_u8(reader));
    enum entente_error error = reader_finish(reader);
    if (error != ENTENTE_OK)
        return error;
    if (!bytes_equal(magic, bytes_of_text(HOLDER_CARD_MAGIC)) || card->name.size == 0 ||
        card->name.size > HOLDER_NAME_BYTES_MAX || !text_is_utf8(card->name))
        return ENTENTE_ERR_MALFORMED;
    if (!sign_check(
            &card->key, &signature, HOLDER_CONTEXT, terms_write(&writer, &card->key, card->name)))
        return ENTENTE_ERR_SIGNATURE;
    return ENTENTE_OK;
}

enum entente_error
holder_card_parse(struct holder_card *card, struct bytes input)
{
    struct reader reader = reader_of(input);

    *card = (struct holder_card){0};
    enum entente_error error = parse(card, &reader);
    if (error != ENTENTE_OK)
        *card = (struct holder_card){0};
    return error;
}

void
holder_card_write(struct writer *writer, const struct signing_key *key,
    const struct public_key *public, struct bytes name)
{
    uint8_t terms[sizeof public->bytes + HOLDER_NAME_BYTES_MAX];
    struct writer terms_writer = writer_of(terms, sizeof terms);
    struct signature signature;

    struct bytes covered = terms_write(&terms_writer, public, name);
    if (terms_writer.failed) {
        writer->failed = true;
        return;
    }
    sign_make(&signature, key, HOLDER_CONTEXT, covered);
    writer_copy(writer, HOLDER_CARD_MAGIC, sizeof HOLDER_CARD_MAGIC - 1);
    writer_copy(writer, public->bytes, sizeof public->bytes);
    writer_copy(writer, signature.bytes, sizeof signature.bytes);
    writer_u8(writer, (uint8_t)name.size);
    writer_bytes(writer, name);
}
