#include "format/section.h"

#include "base/text.h"

#include <string.h>

static enum entente_error
check_text(struct bytes text, size_t size_max)
{
    if (text.size > size_max)
        return ENTENTE_ERR_USAGE;
    return text_is_utf8(text) ? ENTENTE_OK : ENTENTE_ERR_TEXT;
}

static enum entente_error
check_statement(const struct section_statement *statement)
{
    if (!text_is_language_tag(statement->tag))
        return ENTENTE_ERR_USAGE;
    enum entente_error error = check_text(statement->speaker, SECTION_SPEAKER_BYTES_MAX);
    if (error != ENTENTE_OK)
        return error;
    return check_text(statement->text, SECTION_TEXT_BYTES_MAX);
}

static enum entente_error
check_heading(const struct section_heading *heading)
{
    if (heading->role > HEADING_CONCLUSION || heading->level < 1 ||
        heading->level > SECTION_LEVEL_MAX || !text_is_language_tag(heading->tag))
        return ENTENTE_ERR_USAGE;
    return check_text(heading->text, SECTION_TEXT_BYTES_MAX);
}

static enum entente_error
check_file(const struct section_file *file)
{
    if (!text_is_media_type(file->media_type))
        return ENTENTE_ERR_USAGE;
    return check_text(file->name, SECTION_FILE_NAME_BYTES_MAX);
}

enum entente_error
section_check(const struct section *section)
{
    switch ((enum section_type)section->type) {
    case SECTION_STATEMENT:
        return check_statement(&section->statement);
    case SECTION_HEADING:
        return check_heading(&section->heading);
    case SECTION_FILE:
        return check_file(&section->file);
    }
    if (fact_is_known(section->type))
        return fact_check(&section->fact, section->type);
    return section->type != 0 ? ENTENTE_OK : ENTENTE_ERR_USAGE;
}

/* What is left is the section's last field, which has no size of its own. */
static struct bytes
read_rest(struct reader *reader)
{
    return reader_bytes(reader, reader->rest.size);
}

static void
read_fields(struct reader *reader, struct section *section)
{
    switch ((enum section_type)section->type) {
    case SECTION_STATEMENT:
        section->statement.tag = reader_bytes(reader, reader_u8(reader));
        section->statement.speaker = reader_bytes(reader, reader_u16(reader));
        section->statement.text = read_rest(reader);
        return;
    case SECTION_HEADING:
        section->heading.role = reader_u8(reader);
        section->heading.level = reader_u8(reader);
        section->heading.tag = reader_bytes(reader, reader_u8(reader));
        section->heading.text = read_rest(reader);
        return;
    case SECTION_FILE:
        section->file.name = reader_bytes(reader, reader_u16(reader));
        section->file.media_type = reader_bytes(reader, reader_u8(reader));
        section->file.data = read_rest(reader);
        return;
    }
    section->unknown = read_rest(reader);
}

static bool
has_too_much_text(const struct section *section)
{
    return (section->type == SECTION_STATEMENT &&
               section->statement.text.size > SECTION_TEXT_BYTES_MAX) ||
           (section->type == SECTION_HEADING &&
               section->heading.text.size > SECTION_TEXT_BYTES_MAX);
}

enum entente_error
section_parse(struct section *section, uint16_t type, struct bytes content)
{
    struct reader reader = reader_of(content);

    *section = (struct section){.type = type, .content = content};
    if (fact_is_known(type)) {
        enum entente_error failed = fact_parse(&section->fact, type, content);
        if (failed != ENTENTE_OK)
            *section = (struct section){0};
        return failed;
    }
    read_fields(&reader, section);

    enum entente_error error = ENTENTE_OK;
    if (reader.failed)
        error = ENTENTE_ERR_TRUNCATED;
    else if (has_too_much_text(section))
        error = ENTENTE_ERR_TOO_LARGE;
    else if (section_check(section) != ENTENTE_OK)
        error = ENTENTE_ERR_MALFORMED;
    if (error != ENTENTE_OK)
        *section = (struct section){0};
    return error;
}

size_t
section_size(const struct section *section)
{
    switch ((enum section_type)section->type) {
    case SECTION_STATEMENT:
        return 3 + section->statement.tag.size + section->statement.speaker.size +
               section->statement.text.size;
    case SECTION_HEADING:
        return 3 + section->heading.tag.size + section->heading.text.size;
    case SECTION_FILE:
        return 3 + section->file.name.size + section->file.media_type.size +
               section->file.data.size;
    }
    return fact_is_known(section->type) ? fact_size(&section->fact, section->type)
                                        : section->unknown.size;
}

void
section_write(struct writer *writer, const struct section *section)
{
    switch ((enum section_type)section->type) {
    case SECTION_STATEMENT:
        writer_u8(writer, (uint8_t)section->statement.tag.size);
        writer_bytes(writer, section->statement.tag);
        writer_u16(writer, (uint16_t)section->statement.speaker.size);
        writer_bytes(writer, section->statement.speaker);
        writer_bytes(writer, section->statement.text);
        return;
    case SECTION_HEADING:
        writer_u8(writer, section->heading.role);
        writer_u8(writer, section->heading.level);
        writer_u8(writer, (uint8_t)section->heading.tag.size);
        writer_bytes(writer, section->heading.tag);
        writer_bytes(writer, section->heading.text);
        return;
    case SECTION_FILE:
        writer_u16(writer, (uint16_t)section->file.name.size);
        writer_bytes(writer, section->file.name);
        writer_u8(writer, (uint8_t)section->file.media_type.size);
        writer_bytes(writer, section->file.media_type);
        writer_bytes(writer, section->file.data);
        return;
    }
    if (fact_is_known(section->type))
        fact_write(writer, &section->fact, section->type);
    else
        writer_bytes(writer, section->unknown);
}
