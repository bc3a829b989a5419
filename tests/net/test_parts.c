/*
 * Goal: the parts of a net that need no network hold their promises.
 * Method: addresses against lists of good and bad ones; frames cut into pieces in all ways; the
 * queue against what was put in; certificates read back.
 */
#include "net/address.h"
#include "net/assembly.h"
#include "net/backoff.h"
#include "net/certificate.h"
#include "net/queue.h"
#include "net/wire.h"
#include "support/test.h"

#include <openssl/ec.h>

TEST(addresses_are_host_and_port)
{
    static const struct {
        const char *text, *host;
        uint16_t port;
    } good[] = {{"127.0.0.1:443", "127.0.0.1", 443}, {"[::1]:65535", "::1", 65535},
        {"node.example:0", "node.example", 0}, {"a_b-c.d:1", "a_b-c.d", 1}};
    static const char *const bad[] = {"", ":", ":443", "host", "host:", "host:65536", "host:-1",
        "host:4x", "host:000443", "ho st:443", "host/:443", "host:443 ", "::1:443", "[::1]443",
        "[::1]", "[::1:443", "[host]:443", "[]:443", "[::1]:", "h\xC3\xB6st:1", "a:1:2", "host%:1"};
    struct address address;
    char long_text[300];

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(address_parse(good[i].text, &address) == ENTENTE_OK);
        CHECK(strcmp(address.host, good[i].host) == 0 && address.port == good[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(address_parse(bad[i], &address) == ENTENTE_ERR_ADDRESS);
        CHECK(address.host[0] == '\0' && address.port == 0);
    }
    memset(long_text, 'a', sizeof long_text);
    memcpy(long_text + ADDRESS_BYTES_MAX - 2, ":1", 3);
    CHECK(address_parse(long_text, &address) == ENTENTE_OK);
    memcpy(long_text + ADDRESS_BYTES_MAX - 2, "a:1", 4);
    CHECK(address_parse(long_text, &address) == ENTENTE_ERR_ADDRESS);
}

TEST(numeric_addresses_are_known_and_printed)
{
    static const char *const hosts[] = {"192.0.2.1", "2001:db8::1"};
    struct address address = {.port = 443};
    struct sockaddr_storage name;
    char text[ADDRESS_NUMERIC_BYTES];

    for (size_t i = 0; i < 2; i++) {
        snprintf(address.host, sizeof address.host, "%s", hosts[i]);
        CHECK(address_is_numeric(&address, &name));
        CHECK(address_print((struct sockaddr *)&name, text) && strcmp(text, hosts[i]) == 0);
    }
    snprintf(address.host, sizeof address.host, "node.example");
    CHECK(!address_is_numeric(&address, &name));
    name.ss_family = AF_UNIX;
    CHECK(!address_print((struct sockaddr *)&name, text));
}

TEST(waits_double_to_their_limit_and_differ)
{
    struct backoff one = {.min_ms = 50, .max_ms = 5000, .random = 1};
    struct backoff two = {.min_ms = 50, .max_ms = 5000, .random = 2};
    uint64_t expected = 50;
    int equal = 0;

    for (int i = 0; i < 40; i++) {
        uint32_t a = backoff_next_ms(&one), b = backoff_next_ms(&two);
        CHECK(a <= expected && a >= expected / 2 && b <= expected && b >= expected / 2);
        equal += a == b;
        expected = expected * 2 < 5000 ? expected * 2 : 5000;
    }
    CHECK(equal < 10);
    backoff_reset(&one);
    CHECK(backoff_next_ms(&one) <= 50);
}

/* A frame of `size` bytes in two WebSocket fragments, cut at `cut`; both arrive in `step`s. */
static void
assemble(size_t size, size_t cut, size_t step)
{
    uint8_t data[40];
    struct assembly assembly = {0};
    struct bytes whole;
    bool complete = false;

    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i + 1);
    const size_t ends[] = {cut, size};
    size_t at = 0;
    for (int fragment = 0; fragment < 2; fragment++)
        do {
            CHECK(!complete);
            size_t piece = ends[fragment] - at < step ? ends[fragment] - at : step;
            CHECK(assembly_take(&assembly, (struct bytes){data + at, piece},
                      ends[fragment] - at - piece, fragment == 1, sizeof data, &whole,
                      &complete) == ENTENTE_OK);
            at += piece;
        } while (at < ends[fragment]);
    CHECK(complete && bytes_equal(whole, (struct bytes){data, size}));
    assembly_free(&assembly);
    CHECK(assembly.data == NULL && assembly.room == 0);
}

TEST(frames_are_put_together_however_they_are_cut)
{
    for (size_t size = 0; size <= 40; size++)
        for (size_t cut = 0; cut <= size; cut++)
            for (size_t step = 1; step <= size + 1; step++)
                assemble(size, cut, step);
}

TEST(a_frame_in_one_piece_is_not_copied)
{
    struct assembly assembly = {0};
    const uint8_t data[4] = {1, 2, 3, 4};
    struct bytes whole;
    bool complete;

    CHECK(assembly_take(&assembly, (struct bytes){data, 4}, 0, true, 4, &whole, &complete) ==
          ENTENTE_OK);
    CHECK(complete && whole.data == data && assembly.data == NULL);
}

TEST(a_frame_never_outgrows_its_limit)
{
    static const struct {
        size_t first, second;
        uint64_t following;
    } cases[] = {{0, 11, 0}, {0, 0, 11}, {0, 5, 6}, {5, 6, 0}, {5, 0, 6}, {5, 1, UINT64_MAX},
        {10, 1, 0}, {10, 0, 1}};
    const uint8_t data[16] = {0};
    struct bytes whole;
    bool complete;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct assembly assembly = {0};
        if (cases[i].first > 0)
            CHECK(assembly_take(&assembly, (struct bytes){data, cases[i].first}, 0, false, 10,
                      &whole, &complete) == ENTENTE_OK);
        CHECK(assembly_take(&assembly, (struct bytes){data, cases[i].second}, cases[i].following,
                  true, 10, &whole, &complete) == ENTENTE_ERR_TOO_LARGE);
        CHECK(!complete && assembly.room <= 10);
        assembly_free(&assembly);
    }
}

TEST(each_rule_of_the_framing_is_kept)
{
    static const struct {
        const char *what;
        bool from_client;
        uint8_t size, bytes[16];
        enum entente_error error;
    } cases[] = {
        {"a masked frame of a client", true, 7, {0x82, 0x81, 1, 2, 3, 4, 5}, ENTENTE_OK},
        {"a plain frame of a server", false, 3, {0x82, 1, 5}, ENTENTE_OK},
        {"a client that does not mask", true, 3, {0x82, 1, 5}, ENTENTE_ERR_MALFORMED},
        {"a server that masks", false, 7, {0x82, 0x81, 1, 2, 3, 4, 5}, ENTENTE_ERR_MALFORMED},
        {"125 in two bytes", false, 4, {0x82, 126, 0, 125}, ENTENTE_ERR_MALFORMED},
        {"126 in two bytes", false, 4, {0x82, 126, 0, 126}, ENTENTE_OK},
        {"65535 in eight bytes", false, 10, {0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF},
            ENTENTE_ERR_MALFORMED},
        {"65536 in eight bytes", false, 10, {0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}, ENTENTE_OK},
        {"too large", false, 10, {0x82, 127, 0, 0, 0, 0, 0, 1, 0, 1}, ENTENTE_ERR_TOO_LARGE},
        {"a negative size", false, 10, {0x82, 127, 0x80, 0, 0, 0, 0, 1, 0, 0},
            ENTENTE_ERR_MALFORMED},
        {"text", false, 2, {0x81, 0}, ENTENTE_ERR_UNEXPECTED},
        {"a continuation of nothing", false, 2, {0x80, 0}, ENTENTE_ERR_MALFORMED},
        {"two beginnings", false, 5, {0x02, 1, 5, 0x82, 0}, ENTENTE_ERR_MALFORMED},
        {"a ping between fragments", false, 7, {0x02, 1, 5, 0x89, 0, 0x80, 0}, ENTENTE_OK},
        {"a ping in fragments", false, 2, {0x09, 0}, ENTENTE_ERR_MALFORMED},
        {"a ping of 126 bytes", false, 4, {0x89, 126, 0, 126}, ENTENTE_ERR_MALFORMED},
        {"a ping of 125 bytes", false, 2, {0x89, 125}, ENTENTE_OK},
        {"a reserved bit", false, 2, {0xC2, 0}, ENTENTE_ERR_MALFORMED},
        {"a reserved opcode", false, 2, {0x83, 0}, ENTENTE_ERR_MALFORMED},
        {"a reserved control opcode", false, 2, {0x8B, 0}, ENTENTE_ERR_MALFORMED},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wire wire = {.from_client = cases[i].from_client};
        uint8_t data[sizeof cases[i].bytes];
        enum entente_error error = ENTENTE_OK;
        memcpy(data, cases[i].bytes, sizeof data);
        for (size_t at = 0; at < cases[i].size && error == ENTENTE_OK;) {
            size_t used;
            enum wire_opcode whole;
            struct bytes payload;
            error = wire_take(&wire, data + at, cases[i].size - at, 65536, &used, &whole, &payload);
            at += used;
        }
        CHECK(error == cases[i].error);
        if (error != cases[i].error)
            printf("# %s: %s\n", cases[i].what, entente_error_name(error));
        wire_free(&wire);
    }
}

TEST(what_wire_header_writes_wire_take_reads)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 65534, 65535};
    uint8_t *data = malloc(65535 + WIRE_HEADER_BYTES_MAX);

    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        struct wire wire = {.from_client = i % 2 == 0};
        size_t size = sizes[i / 2], used;
        enum wire_opcode whole;
        struct bytes payload;
        size_t header = wire_header(data, WIRE_BINARY, true, size, wire.from_client);
        memset(data + header, 7, size);
        CHECK(wire_take(&wire, data, header + size, 65535, &used, &whole, &payload) == ENTENTE_OK);
        CHECK(whole == WIRE_BINARY && used == header + size);
        CHECK(bytes_equal(payload, (struct bytes){data + header, size}));
        wire_free(&wire);
    }
    free(data);
}

TEST(the_queue_gives_back_what_it_got)
{
    struct queue queue = {0};
    const uint8_t data[] = "0123456789";
    char out[64];
    bool begun;

    CHECK(queue_add(&queue, (struct bytes){data, 10}, 4) == ENTENTE_OK);
    CHECK(queue_add(&queue, (struct bytes){0}, 0) == ENTENTE_OK);
    CHECK(queue_add(&queue, (struct bytes){data, 3}, 0) == ENTENTE_OK);
    CHECK(queue.bytes == 6 + 0 + 3 + 3 * QUEUE_FRAME_COST);

    CHECK(bytes_equal(queue_front(&queue, &begun), bytes_of_text("456789")) && begun);
    queue_wrote(&queue, 2);
    CHECK(bytes_equal(queue_front(&queue, &begun), bytes_of_text("6789")) && begun);
    queue_wrote(&queue, 4);
    CHECK(queue_front(&queue, &begun).size == 0 && !begun);
    queue_wrote(&queue, 0);
    CHECK(bytes_equal(queue_front(&queue, &begun), bytes_of_text("012")) && !begun);
    queue_wrote(&queue, 1);
    CHECK(bytes_equal(queue_front(&queue, &begun), bytes_of_text("12")) && begun);
    CHECK(queue.bytes == 2 + QUEUE_FRAME_COST);
    queue_wrote(&queue, 2);
    CHECK(queue_is_empty(&queue) && queue.bytes == 0);

    snprintf(out, sizeof out, "left over");
    CHECK(queue_add(&queue, bytes_of_text(out), 0) == ENTENTE_OK);
    queue_free(&queue);
    CHECK(queue_is_empty(&queue) && queue.bytes == 0);
}

TEST(a_certificate_carries_the_key_of_its_seed)
{
    /* RFC 8032, 7.1, test 1. */
    static const uint8_t seed[32] = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84,
        0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70,
        0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
    static const uint8_t expected[32] = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b,
        0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf,
        0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};
    uint8_t key[CERTIFICATE_KEY_BYTES];
    char name[64];
    X509 *certificate;
    EVP_PKEY *secret;

    REQUIRE(certificate_make(seed, &certificate, &secret) == ENTENTE_OK);
    CHECK(certificate_key(certificate, key) == ENTENTE_OK && memcmp(key, expected, 32) == 0);
    CHECK(X509_verify(certificate, secret) == 1);
    CHECK(X509_NAME_get_text_by_NID(
              X509_get_subject_name(certificate), NID_commonName, name, sizeof name) == 32);
    CHECK(strcmp(name, "d75a980182b10ab7d54bfed3c964073a") == 0);

    /* From the first second of 1970 to the last of 9999. */
    CHECK(ASN1_TIME_cmp_time_t(X509_get0_notBefore(certificate), 0) == 0);
    CHECK(ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate), 253402300799) == 0);
    X509_free(certificate);
    EVP_PKEY_free(secret);
}

TEST(other_kinds_of_keys_are_refused)
{
    uint8_t key[CERTIFICATE_KEY_BYTES];
    const uint8_t seed[32] = {1};
    EVP_PKEY *other = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, seed, sizeof seed);
    EVP_PKEY *curve = EVP_EC_gen("P-256");

    CHECK(certificate_key_of_secret(other, key) == ENTENTE_ERR_UNEXPECTED);
    CHECK(certificate_key_of_secret(curve, key) == ENTENTE_ERR_UNEXPECTED);
    CHECK(certificate_key_of_secret(NULL, key) == ENTENTE_ERR_UNEXPECTED);
    for (size_t i = 0; i < sizeof key; i++)
        CHECK(key[i] == 0);
    EVP_PKEY_free(other);
    EVP_PKEY_free(curve);
}

TEST_MAIN(CASE(addresses_are_host_and_port), CASE(numeric_addresses_are_known_and_printed),
    CASE(waits_double_to_their_limit_and_differ),
    CASE(frames_are_put_together_however_they_are_cut), CASE(a_frame_in_one_piece_is_not_copied),
    CASE(a_frame_never_outgrows_its_limit), CASE(each_rule_of_the_framing_is_kept),
    CASE(what_wire_header_writes_wire_take_reads), CASE(the_queue_gives_back_what_it_got),
    CASE(a_certificate_carries_the_key_of_its_seed), CASE(other_kinds_of_keys_are_refused))
