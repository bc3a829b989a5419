/*
 * Goal: what a record exports is verified and read back by libentente alone, and a file with
 * anything changed in it is refused with the place and the rule. Method: records of random rooms
 * and of forked ones are exported to a file; then every kind of change is made to it.
 */
#include "reader/bundle.h"
#include "reader/export.h"
#include "support/room.h"
#include "support/test.h"

#include <entente/record.h>
#include <entente/version.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct test_room room;

/* A whole file, in memory that the caller frees. */
struct file {
    uint8_t *data;
    size_t size;
};

static struct file
export_all(struct replica *replica, const struct position *from, uint16_t from_count)
{
    struct export_options options = {.genesis_file = replica->room->genesis_file,
        .record = replica->record,
        .source = index_source(replica->index),
        .slot = 1,
        .inc = 1,
        .why = bytes_of_text("a test"),
        .from = from,
        .from_count = from_count};
    struct file file = {malloc(16777216), 0};
    uint8_t signed_bytes[EXPORT_SIGNED_BYTES];
    struct signing_key key;
    struct public_key public;
    struct signature signature;
    struct export *export;

    CHECK(export_new(&export, &options) == ENTENTE_OK);
    for (;;) {
        struct writer writer = writer_of(file.data + file.size, EXPORT_PIECE_BYTES_MAX);
        enum entente_error error = export_next(export, &writer);
        if (error == ENTENTE_ERR_INCOMPLETE) {
            build_key(&key, &public, 2, BUILD_NODE, 1);
            export_signed_bytes(export, signed_bytes);
            sign_make(&signature, &key, EXPORT_CONTEXT,
                (struct bytes){signed_bytes, sizeof signed_bytes});
            export_sign(export, &signature);
            continue;
        }
        if (error == ENTENTE_ERR_NOT_FOUND)
            break;
        CHECK(error == ENTENTE_OK && writer.used > 0);
        if (error != ENTENTE_OK)
            break;
        file.size += writer.used;
    }
    CHECK(export_done_segments(export) == export_all_segments(export));
    export_free(export);
    return file;
}

static const char *
save(struct file file)
{
    static char path[64];

    snprintf(path, sizeof path, "test_reader.%d", (int)getpid());
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(out >= 0 && write(out, file.data, file.size) == (ssize_t)file.size);
    close(out);
    return path;
}

static enum entente_outcome
verify(struct file file, unsigned threads, struct entente_report *report)
{
    struct entente_options options = {.threads = threads};
    struct entente_record *record;
    const char *path = save(file);

    enum entente_outcome outcome = entente_record_open(&record, path, report);
    if (outcome == ENTENTE_GOOD)
        outcome = entente_record_verify(record, &options, report);
    entente_record_close(record);
    unlink(path);
    return outcome;
}

/* Some entries of all parties, linked as they would be. */
static void
converse(struct replica *replica, unsigned rounds)
{
    struct build_feed feeds[ROOM_PARTIES_MAX];
    struct built_segment built;
    uint64_t state = 5;

    for (uint8_t slot = 0; slot < replica->room->parties; slot++)
        test_room_feed(&feeds[slot], replica->room, slot, 1);
    for (unsigned i = 0; i < rounds; i++) {
        struct build_feed *feed = &feeds[test_random(&state) % replica->room->parties];
        uint8_t kind = test_random(&state) % 4 == 0 ? ENTRY_ACK : ENTRY_SEALED;
        struct bytes words = bytes_of_text(kind == ENTRY_ACK ? "" : "some words");
        CHECK(replica_write(replica, feed, kind, words, &built));
        built_segment_free(&built);
        if (test_random(&state) % 3 == 0) {
            room_say_many(&built, feed, 5);
            CHECK(replica_receive(replica, &built) == ENTENTE_OK);
            built_segment_free(&built);
        }
    }
}

TEST(reads_what_was_exported)
{
    struct replica replica;
    struct entente_report report;
    struct entente_record *record;
    struct entente_entry entry;
    struct digest state;
    struct order *order;
    struct ordered ordered;
    bool found;
    size_t size;

    replica_make(&replica, &room, NULL);
    converse(&replica, 60);
    struct file file = export_all(&replica, NULL, 0);
    for (unsigned threads = 0; threads <= 2; threads++)
        CHECK(verify(file, threads, &report) == ENTENTE_GOOD);
    CHECK(report.entries == record_entries(replica.record) && report.text[0] == 0);
    CHECK(report.segments == record_last_arrival(replica.record));
    CHECK(report.parties == 3 && report.register_entries == 12 && report.bytes == file.size);
    CHECK(record_state_hash(replica.record, &state) == ENTENTE_OK);
    CHECK(memcmp(report.state, state.bytes, 32) == 0);
    CHECK(memcmp(report.room, room.id.bytes, 32) == 0);
    CHECK(report.exporter_slot == 1 && report.exporter_inc == 1);

    const char *path = save(file);
    REQUIRE(entente_record_open(&record, path, &report) == ENTENTE_GOOD);
    CHECK(entente_record_next(record, &entry, &found) == ENTENTE_ASKED_WRONGLY);
    CHECK(entente_record_verify(record, NULL, &report) == ENTENTE_GOOD);
    CHECK(entente_record_verify(record, NULL, &report) == ENTENTE_ASKED_WRONGLY);
    for (int round = 0; round < 2; round++) {
        CHECK(order_new(&order, replica.record) == ENTENTE_OK);
        for (;;) {
            CHECK(entente_record_next(record, &entry, &found) == ENTENTE_GOOD);
            enum entente_error error = order_next(order, &ordered);
            CHECK(found == (error == ENTENTE_OK));
            if (!found || error != ENTENTE_OK)
                break;
            CHECK(memcmp(entry.id, ordered.id.bytes, 32) == 0 && entry.seq == ordered.entry.seq);
            CHECK(bytes_equal((struct bytes){entry.payload, entry.payload_bytes}, ordered.payload));
            CHECK(entry.is_held_by_all ==
                  (record_held_by_all(replica.record, ordered.branch) >= entry.seq));
        }
        order_free(order);
        entente_record_rewind(record);
    }
    const char *title = entente_record_title(record, &size);
    CHECK(size == 16 && memcmp(title, "A room of a test", 16) == 0);
    const char *name = entente_record_party(record, 2, &size);
    CHECK(size == 7 && memcmp(name, "Party 3", 7) == 0);
    (void)entente_record_party(record, 3, &size);
    CHECK(size == 0 && strcmp(entente_version(), ENTENTE_VERSION_TEXT) == 0);
    entente_record_close(record);
    unlink(path);
    free(file.data);
    replica_free(&replica);
}

TEST(refuses_every_shorter_file_and_longer_ones)
{
    struct replica replica;
    struct entente_report report;

    replica_make(&replica, &room, NULL);
    converse(&replica, 3);
    struct file file = export_all(&replica, NULL, 0);
    for (size_t cut = 0; cut < file.size; cut += cut < 64 ? 1 : 47) {
        CHECK(verify((struct file){file.data, cut}, 1, &report) == ENTENTE_BAD);
        CHECK(report.text[0] != 0 && report.error[0] != 0);
    }
    file.data[file.size] = 0;
    CHECK(verify((struct file){file.data, file.size + 1}, 1, &report) == ENTENTE_BAD);
    CHECK(strcmp(report.error, "MALFORMED") == 0);
    free(file.data);
    replica_free(&replica);
}

/* Whether `offset` lies in the signature of some segment. */
static bool
is_in_signature(struct file file, size_t offset)
{
    struct frame frame;

    for (size_t at = 16; at + 4 < file.size;) {
        struct reader reader = reader_of((struct bytes){file.data + at, 4});
        size_t size = reader_u32(&reader);
        if (file.data[at + 4] == FRAME_SEGMENT && offset >= at && offset < at + 4 + size) {
            if (frame_parse((struct bytes){file.data + at + 4, size}, &frame) != ENTENTE_OK)
                return false;
            size_t end =
                (size_t)(frame.segment.segment.data - file.data) + frame.segment.segment.size;
            return offset >= end - 64 && offset < end;
        }
        at += 4 + size;
    }
    return false;
}

/*
 * Every bit of the file matters, but for the words of the manifest (why), which nobody signed,
 * and signatures of segments that later ones of their lane carry (S4).
 */
TEST(refuses_every_changed_byte)
{
    struct replica replica;
    struct entente_report one, two;
    struct frame frame;

    replica_make(&replica, &room, NULL);
    converse(&replica, 4);
    struct file file = export_all(&replica, NULL, 0);
    struct reader reader = reader_of((struct bytes){file.data + 16, 4});
    size_t manifest = reader_u32(&reader);
    REQUIRE(frame_parse((struct bytes){file.data + 20, manifest}, &frame) == ENTENTE_OK);
    size_t words = (size_t)(frame.manifest.why.data - file.data);
    size_t words_end = words + frame.manifest.why.size;
    for (size_t i = 0; i < file.size; i += 7) {
        if (i >= words && i < words_end)
            continue;
        file.data[i] ^= 0x04;
        enum entente_outcome outcome = verify(file, 1, &one);
        if (outcome == ENTENTE_GOOD)
            CHECK(is_in_signature(file, i));
        else
            CHECK(outcome == ENTENTE_BAD && one.text[0] != 0);
        if (i % 4 == 0) {
            CHECK(verify(file, 2, &two) == outcome);
            CHECK(strcmp(one.text, two.text) == 0 && one.offset == two.offset);
        }
        file.data[i] ^= 0x04;
    }
    CHECK(verify(file, 2, &one) == ENTENTE_GOOD);
    free(file.data);
    replica_free(&replica);
}

TEST(names_what_is_wrong)
{
    struct replica replica;
    struct entente_report report;
    struct built_segment built;
    struct build_feed feed;

    replica_make(&replica, &room, NULL);
    test_room_feed(&feed, &room, 2, 1);
    room_say_many(&built, &feed, 3);
    CHECK(replica_receive(&replica, &built) == ENTENTE_OK);
    built_segment_free(&built);
    struct file file = export_all(&replica, NULL, 0);
    /* The last frame is END (118 bytes); before it is the segment, whose last byte is payload. */
    size_t end = file.size - 4 - 1 - 8 - 8 - 32 - 64;
    file.data[end - 1] ^= 1;
    CHECK(verify(file, 0, &report) == ENTENTE_BAD);
    CHECK(strcmp(report.rule, "S2") == 0 && strcmp(report.error, "HASH") == 0);
    CHECK(report.has_place && report.slot == 2 && report.inc == 1 && report.seq == 3);
    file.data[end - 1] ^= 1;
    file.data[end - 28] ^= 1; /* the signature, before 27 bytes of payloads */
    CHECK(verify(file, 0, &report) == ENTENTE_BAD);
    CHECK(strcmp(report.rule, "S1") == 0 && strcmp(report.error, "SIGNATURE") == 0);
    CHECK(report.slot == 2 && report.inc == 1 && report.seq == 3);
    CHECK(strstr(report.text, "whoever made or changed the file") != NULL);
    file.data[end - 28] ^= 1;
    file.data[file.size - 1] ^= 1;
    CHECK(verify(file, 0, &report) == ENTENTE_BAD);
    CHECK(strcmp(report.rule, "U1") == 0 && report.slot == 1 && report.offset == end);
    file.data[file.size - 1] ^= 1;
    /* The id of the last head that the manifest names: in front of the frame of registers. */
    struct reader reader = reader_of((struct bytes){file.data + 16, 4});
    file.data[20 + reader_u32(&reader) - 1] ^= 1;
    CHECK(verify(file, 0, &report) == ENTENTE_BAD);
    CHECK(strcmp(report.rule, "U3") == 0 && report.offset == 16 && !report.has_place);
    free(file.data);

    CHECK(verify((struct file){(uint8_t *)"no bundle at all", 16}, 0, &report) == ENTENTE_BAD);
    CHECK(strstr(report.text, "no bundle") != NULL);
    struct entente_record *record;
    CHECK(entente_record_open(&record, "there is none", &report) == ENTENTE_ASKED_WRONGLY);
    CHECK(record == NULL && strstr(report.text, "no such file") != NULL);
    replica_free(&replica);
}

/* One payload of an entry that its own writer linked wrongly: his fault, and the text says so. */
TEST(tells_the_writer_from_the_maker_of_the_file)
{
    struct replica replica;
    struct record_mutations mutations = {.no_deps_rule = true};
    struct entente_report report;
    struct build_feed feeds[2];
    struct built_segment cause, good, bad;

    replica_make(&replica, &room, &(struct replica_options){.mutations = &mutations});
    test_room_feed(&feeds[0], &room, 0, 1);
    test_room_feed(&feeds[1], &room, 1, 1);
    room_say_many(&cause, &feeds[0], 1);
    room_say(&good, &feeds[1], cause.positions, 1);
    room_say(&bad, &feeds[1], cause.positions, 1);
    CHECK(replica_receive(&replica, &cause) == ENTENTE_OK);
    CHECK(replica_receive(&replica, &good) == ENTENTE_OK);
    CHECK(replica_receive(&replica, &bad) == ENTENTE_OK);
    struct file file = export_all(&replica, NULL, 0);
    CHECK(verify(file, 0, &report) == ENTENTE_BAD);
    CHECK(strcmp(report.rule, "L1") == 0 && report.slot == 1 && report.seq == 2);
    CHECK(strstr(report.text, "own key signed it") != NULL);
    free(file.data);
    built_segment_free(&cause);
    built_segment_free(&good);
    built_segment_free(&bad);
    replica_free(&replica);
}

/* S4 must not let an unsigned face in: neither as a branch nor as a proof. */
TEST(refuses_unsigned_faces_and_keeps_signed_ones)
{
    struct replica replica;
    struct entente_report report;
    struct build_feed feed, other, honest;
    struct built_segment trunk, yes, no, word;
    struct build_entry entry = {.kind = ENTRY_SEALED, .payload = bytes_of_text("no")};

    for (int is_signed = 0; is_signed < 2; is_signed++) {
        replica_make(&replica, &room, &(struct replica_options){.heads_only = true});
        test_room_feed(&feed, &room, 0, 1);
        test_room_feed(&honest, &room, 1, 1);
        room_say_many(&trunk, &feed, 2);
        other = feed;
        room_say_many(&yes, &feed, 1);
        build_segment(&no, &other, &entry, 1);
        if (is_signed == 0)
            no.memory[no.segment.size - 1] ^= 1;
        CHECK(replica_receive(&replica, &trunk) == ENTENTE_OK);
        CHECK(replica_receive(&replica, &yes) == ENTENTE_OK);
        CHECK(replica_receive(&replica, &no) == ENTENTE_OK && replica.admission.faults != NULL);
        room_say(&word, &honest, no.positions, 1);
        CHECK(replica_receive(&replica, &word) == ENTENTE_OK && replica.admission.is_pending);
        CHECK(replica_receive(&replica, &no) == ENTENTE_OK && replica.admission.entries == 2);
        struct file file = export_all(&replica, NULL, 0);
        CHECK((verify(file, 0, &report) == ENTENTE_GOOD) == (is_signed == 1));
        if (is_signed == 0)
            CHECK(strcmp(report.error, "SIGNATURE") == 0);
        else
            CHECK(report.entries == 5 && report.contested_lanes == 1);
        free(file.data);
        built_segment_free(&trunk);
        built_segment_free(&yes);
        built_segment_free(&no);
        built_segment_free(&word);
        replica_free(&replica);
    }
}

/*
 * An exporter who would frame party 0: he holds it for contested, signs such a state, and puts a
 * face that party 0 never signed where its proof should be.
 */
TEST(believes_no_proof_that_is_unsigned)
{
    struct replica replica;
    struct entente_report report;
    struct build_feed feed, other;
    struct built_segment yes, no;
    struct build_entry entry = {.kind = ENTRY_SEALED, .payload = bytes_of_text("no")};

    for (int is_signed = 0; is_signed < 2; is_signed++) {
        replica_make(&replica, &room, &(struct replica_options){.heads_only = true});
        test_room_feed(&feed, &room, 0, 1);
        other = feed;
        room_say_many(&yes, &feed, 1);
        build_segment(&no, &other, &entry, 1);
        if (is_signed == 0)
            no.memory[no.segment.size - 1] ^= 1;
        CHECK(replica_receive(&replica, &yes) == ENTENTE_OK);
        CHECK(replica_receive(&replica, &no) == ENTENTE_OK && replica.admission.faults != NULL);
        struct file file = export_all(&replica, NULL, 0);

        /* FAULT, in front of END, gives way to the face itself: kind, segment, payloads. */
        size_t at = 16, size = 0, end = file.size - 4 - 113;
        while (file.data[at + 4] != FRAME_FAULT) {
            struct reader reader = reader_of((struct bytes){file.data + at, 4});
            at += 4 + reader_u32(&reader);
            REQUIRE(at < end);
        }
        struct file made = {malloc(file.size), 0};
        struct writer writer = writer_of(made.data, file.size);
        writer_copy(&writer, file.data, at);
        size = 1 + no.segment.size + no.payloads.size;
        writer_u32(&writer, (uint32_t)size);
        writer_u8(&writer, FRAME_SEGMENT);
        writer_bytes(&writer, no.segment);
        writer_bytes(&writer, no.payloads);
        writer_copy(&writer, file.data + end, 5);
        writer_u64(&writer, 2); /* segments: nobody signs their number */
        writer_copy(&writer, file.data + end + 13, file.size - end - 13);
        CHECK(!writer.failed);
        made.size = writer.used;
        enum entente_outcome outcome = verify(made, 0, &report);
        CHECK((outcome == ENTENTE_GOOD) == (is_signed == 1));
        if (is_signed == 1)
            CHECK(report.refused_segments == 1 && report.contested_lanes == 1);
        free(made.data);
        free(file.data);
        built_segment_free(&yes);
        built_segment_free(&no);
        replica_free(&replica);
    }
}

/* The same frames with every pair of neighbouring segments swapped: causes come late, no more. */
TEST(takes_causes_that_come_late)
{
    struct replica replica;
    struct entente_report report, swapped_report;
    struct file swapped = {malloc(1048576), 16};
    size_t held = 0, held_size = 0;

    replica_make(&replica, &room, NULL);
    converse(&replica, 30);
    struct file file = export_all(&replica, NULL, 0);
    memcpy(swapped.data, file.data, 16);
    for (size_t at = 16; at < file.size;) {
        struct reader reader = reader_of((struct bytes){file.data + at, 4});
        size_t size = 4 + reader_u32(&reader);
        bool is_segment = file.data[at + 4] == FRAME_SEGMENT;
        if (is_segment && held_size == 0) {
            held = at;
            held_size = size;
        } else {
            bool is_end = !is_segment && held_size > 0; /* an odd one, before END */
            if (is_end) {
                memcpy(swapped.data + swapped.size, file.data + held, held_size);
                swapped.size += held_size;
                held_size = 0;
            }
            memcpy(swapped.data + swapped.size, file.data + at, size);
            swapped.size += size;
            memcpy(swapped.data + swapped.size, file.data + held, held_size);
            swapped.size += held_size;
            held_size = 0;
        }
        at += size;
    }
    CHECK(swapped.size == file.size && memcmp(swapped.data, file.data, file.size) != 0);
    CHECK(verify(file, 0, &report) == ENTENTE_GOOD);
    CHECK(verify(swapped, 0, &swapped_report) == ENTENTE_GOOD);
    CHECK(memcmp(report.state, swapped_report.state, 32) == 0);
    CHECK(report.entries == swapped_report.entries);
    free(swapped.data);
    free(file.data);
    replica_free(&replica);
}

/* A bundle from what the receiver has, read frame by frame into its record. */
TEST(continues_a_record)
{
    struct replica from, to;
    struct position have[16];
    struct entente_report report;
    struct bundle *bundle;
    struct frame frame;
    struct bundle_gap gaps[4];
    char text[96];
    uint16_t count = 0;
    uint64_t first = 0, taken = 0;
    enum entente_error error;

    replica_make(&from, &room, NULL);
    replica_make(&to, &room, NULL);
    converse(&from, 30);
    for (int pass = 0; pass < 3; pass++) {
        struct file file = export_all(&from, have, count);
        if (pass > 0)
            CHECK(verify(file, 0, &report) == ENTENTE_ASKED_WRONGLY);
        const char *path = save(file);
        int in = open(path, O_RDONLY | O_CLOEXEC);
        CHECK(bundle_new(&bundle, in) == ENTENTE_OK);
        uint64_t segments = 0;
        while ((error = bundle_next(bundle, &frame)) == ENTENTE_OK) {
            CHECK(bundle_frame_bytes(bundle).data[0] == frame.kind);
            CHECK(file.data[bundle_offset(bundle) + 4] == frame.kind);
            if (frame.kind != FRAME_SEGMENT)
                continue;
            segments++;
            if (pass == 0 && segments == 5)
                continue; /* this one is lost on the way */
            struct built_segment built = {
                .segment = frame.segment.segment, .payloads = frame.segment.payloads};
            error = replica_receive(&to, &built);
            CHECK(error == ENTENTE_OK || error == ENTENTE_ERR_DUPLICATE);
        }
        CHECK(error == ENTENTE_ERR_NOT_FOUND && bundle_next(bundle, &frame) == error);
        bundle_free(bundle);
        close(in);
        unlink(path);
        free(file.data);
        if (pass == 0) {
            CHECK(bundle_gaps(to.record, gaps, 4) >= 1 && gaps[0].after_seq < gaps[0].to_seq);
            bundle_gap_text(text, sizeof text, &gaps[0]);
            CHECK(strncmp(text, "party ", 6) == 0 && strstr(text, ": entries ") != NULL);
            first = segments;
        }
        taken = segments;
        count = 0;
        for (uint32_t i = 0; i < record_branches(to.record); i++)
            if (record_head(to.record, i).seq > 0)
                have[count++] = record_head(to.record, i);
    }
    CHECK(record_entries(to.record) == record_entries(from.record));
    CHECK(bundle_gaps(to.record, gaps, 4) == 0);
    CHECK(taken == 0 && first == record_last_arrival(from.record));
    replica_free(&from);
    replica_free(&to);
}

int
main(int argc, char **argv)
{
    static const struct test_case cases[] = {CASE(reads_what_was_exported),
        CASE(refuses_every_shorter_file_and_longer_ones), CASE(refuses_every_changed_byte),
        CASE(names_what_is_wrong), CASE(tells_the_writer_from_the_maker_of_the_file),
        CASE(refuses_unsigned_faces_and_keeps_signed_ones),
        CASE(believes_no_proof_that_is_unsigned), CASE(takes_causes_that_come_late),
        CASE(continues_a_record)};

    test_room_make(&room, 3, 4);
    int status = test_run(cases, sizeof cases / sizeof cases[0], argc, argv);
    test_room_free(&room);
    return status;
}
