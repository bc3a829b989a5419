/* A program of somebody else's, which has libentente's headers and pkg-config file and no more. */
#include <entente/record.h>
#include <entente/version.h>

#include <stdio.h>
#include <string.h>

int
main(int count, char **words)
{
    struct entente_record *record = NULL;
    struct entente_report report;
    struct entente_entry entry;
    bool found = true;
    unsigned entries = 0;

    if (count != 2 || strcmp(entente_version(), ENTENTE_VERSION_TEXT) != 0)
        return 1;
    enum entente_outcome outcome = entente_record_open(&record, words[1], &report);
    if (outcome == ENTENTE_GOOD)
        outcome = entente_record_verify(record, NULL, &report);
    while (outcome == ENTENTE_GOOD && found) {
        outcome = entente_record_next(record, &entry, &found);
        entries += found;
    }
    entente_record_close(record);
    printf("%u entries%s%s\n", entries, outcome == ENTENTE_GOOD ? "" : ": ", report.text);
    return (int)outcome;
}
