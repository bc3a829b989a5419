#include "format/box.h"

#include "crypto/secret.h"

#include <assert.h>

#define PURPOSE_BYTES 16
#define INFO_BYTES (PURPOSE_BYTES + ID_BYTES + CHAIN_TAG_BYTES + 3 + 8 + 1 + 4 + 4)
#define PSK_ID_BYTES 4

static_assert(BOX_BYTES == 4 + 4 + 32 + BOX_SEALED_BYTES, "as PROTOCOL.md says");
static_assert(sizeof(struct box_secret) == BOX_SECRET_BYTES, "plaintext is the struct's bytes");

/* What HPKE binds, and its psk where there is one. */
struct inputs {
    uint8_t info_bytes[INFO_BYTES];
    struct bytes info;
    uint8_t psk_id[PSK_ID_BYTES];
    struct hpke_psk psk_value;
    const struct hpke_psk *psk; /* NULL: mode base */
};

static void
make_info(struct inputs *inputs, const struct box_place *place, uint32_t prekey_id, uint32_t psk_id)
{
    struct writer writer = writer_of(inputs->info_bytes, sizeof inputs->info_bytes);
    const char *purpose =
        place->purpose == BOX_FOR_KEYS ? "entente/hpke/v1\0" : "entente/keyhelp\0";

    writer_copy(&writer, purpose, PURPOSE_BYTES);
    writer_copy(&writer, place->room.bytes, sizeof place->room.bytes);
    writer_copy(&writer, place->tag, sizeof place->tag);
    writer_u8(&writer, place->slot);
    writer_u16(&writer, place->inc);
    writer_u64(&writer, place->chain);
    writer_u8(&writer, place->recipient);
    writer_u32(&writer, prekey_id);
    writer_u32(&writer, psk_id);
    inputs->info = writer_written(&writer);
}

/* The psk's name for HPKE is its id as in the box. */
static void
make_psk(struct inputs *inputs, const uint8_t *psk, uint32_t psk_id)
{
    struct writer writer = writer_of(inputs->psk_id, sizeof inputs->psk_id);

    inputs->psk = psk == NULL ? NULL : &inputs->psk_value;
    if (psk == NULL)
        return;
    writer_u32(&writer, psk_id);
    memcpy(inputs->psk_value.key, psk, HPKE_PSK_BYTES);
    inputs->psk_value.id = writer_written(&writer);
}

enum entente_error
box_seal(struct box *box, const struct box_place *place, const struct agreement_public *prekey,
    uint32_t prekey_id, const uint8_t *psk, uint32_t psk_id,
    const uint8_t seed[static HPKE_SEED_BYTES], const struct box_secret *secret)
{
    struct inputs inputs;

    assert((psk == NULL) == (psk_id == 0));
    *box = (struct box){.prekey_id = prekey_id, .psk_id = psk_id};
    make_info(&inputs, place, prekey_id, psk_id);
    make_psk(&inputs, psk, psk_id);
    enum entente_error error = hpke_seal(&box->enc, box->sealed, prekey, seed, inputs.psk,
        inputs.info, (struct bytes){0}, (struct bytes){(const uint8_t *)secret, sizeof *secret});
    if (error != ENTENTE_OK)
        *box = (struct box){0};
    secret_wipe(&inputs, sizeof inputs);
    return error;
}

enum entente_error
box_open(struct box_secret *secret, const struct box_place *place,
    const struct agreement_key *prekey, const uint8_t *psk, const struct box *box)
{
    struct inputs inputs;
    enum entente_error error = ENTENTE_ERR_UNSEALABLE;

    make_info(&inputs, place, box->prekey_id, box->psk_id);
    make_psk(&inputs, psk, box->psk_id);
    if ((psk == NULL) == (box->psk_id == 0))
        error = hpke_open((uint8_t *)secret, prekey, &box->enc, inputs.psk, inputs.info,
            (struct bytes){0}, (struct bytes){box->sealed, sizeof box->sealed});
    if (error != ENTENTE_OK)
        secret_wipe(secret, sizeof *secret);
    secret_wipe(&inputs, sizeof inputs);
    return error;
}

struct box
box_read(struct reader *reader)
{
    struct box box;

    box.prekey_id = reader_u32(reader);
    box.psk_id = reader_u32(reader);
    reader_copy(reader, box.enc.bytes, sizeof box.enc.bytes);
    reader_copy(reader, box.sealed, sizeof box.sealed);
    return box;
}

void
box_write(struct writer *writer, const struct box *box)
{
    writer_u32(writer, box->prekey_id);
    writer_u32(writer, box->psk_id);
    writer_copy(writer, box->enc.bytes, sizeof box->enc.bytes);
    writer_copy(writer, box->sealed, sizeof box->sealed);
}

enum entente_error
prekey_parse(struct bytes payload, struct prekey *prekey)
{
    struct reader reader = reader_of(payload);

    prekey->id = reader_u32(&reader);
    reader_copy(&reader, prekey->key.bytes, sizeof prekey->key.bytes);
    enum entente_error error = reader_finish(&reader);
    if (error != ENTENTE_OK)
        *prekey = (struct prekey){0};
    return error;
}

void
prekey_write(struct writer *writer, const struct prekey *prekey)
{
    writer_u32(writer, prekey->id);
    writer_copy(writer, prekey->key.bytes, sizeof prekey->key.bytes);
}
