/*
 * openapi.json as the program uses it: which operations there are, at which paths, for whom, and
 * what they may be given.  Read once, at start; a document that promises what is not checked is
 * refused.
 */
#ifndef ENTENTE_API_CONTRACT_H
#define ENTENTE_API_CONTRACT_H

#include "api/schema.h"

#define CONTRACT_PARAMETERS_MAX 8u /* of one operation */
#define CONTRACT_SEGMENTS_MAX 10u  /* of one path */
#define CONTRACT_ALLOW_BYTES 64u

/* The document, built into the program. */
extern const unsigned char api_document[];
extern const size_t api_document_size;

/* X(NAME, name): who may do something; see x-roles. */
#define ROLES(X)                                                                                   \
    X(OPERATOR, operator)                                                                          \
    X(HOLDER, holder)                                                                              \
    X(DEPUTY, deputy)                                                                              \
    X(SECRETARY, secretary)                                                                        \
    X(INTERPRETER, interpreter)                                                                    \
    X(LINGUIST, linguist)                                                                          \
    X(SPOKESPERSON, spokesperson)                                                                  \
    X(READER, reader)

enum role {
#define X(NAME, name) ROLE_##NAME,
    ROLES(X)
#undef X
        ROLE_COUNT
};
#define ROLES_ALL ((1u << ROLE_COUNT) - 1)

/* NULL: there is no such role. */
const char *role_name(enum role role);
/* ROLE_COUNT: there is no such role. */
enum role role_of_name(const char *name);

enum parameter_place { PARAMETER_PATH, PARAMETER_QUERY, PARAMETER_HEADER };

struct parameter {
    const char *name;
    enum parameter_place place;
    bool is_required;
    bool is_integer;
    const json_t *schema;
};

enum body_form { BODY_NONE, BODY_JSON, BODY_STREAM };

/* All borrowed from the contract. */
struct operation {
    const char *name;   /* operationId */
    const char *method; /* "GET", ... */
    uint32_t index;     /* among all operations */
    uint32_t roles;     /* a bit for each enum role; 0: nobody needs to say who he is */
    bool is_repeatable; /* it takes an Idempotency-Key */
    enum body_form body_form;
    bool body_is_required;
    const json_t *body;         /* schema; NULL: none */
    const char *media_types[4]; /* of its answers, as the document says; ended by NULL */
    uint32_t parameters_count;
    struct parameter parameters[CONTRACT_PARAMETERS_MAX];
};

struct contract;

/*
 *   ENTENTE_ERR_MALFORMED   the document is wrong or has something that is not checked: see
 * `*violation` ENTENTE_ERR_NO_MEMORY
 */
MUST_USE enum entente_error contract_new(
    struct contract **contract, struct bytes document, struct violation *violation);
void contract_free(struct contract *contract);

/* Its whole tree, for schema_check(). */
const json_t *contract_document(const struct contract *contract);
uint32_t contract_operations(const struct contract *contract);
const struct operation *contract_operation(const struct contract *contract, uint32_t index);

struct found {
    const struct operation
        *operation; /* NULL: the path is known, and takes the methods of `allow` only */
    struct bytes values[CONTRACT_SEGMENTS_MAX]; /* of the path's parameters, as sent, borrowed */
    const char *names[CONTRACT_SEGMENTS_MAX];
    uint32_t count;
    char allow[CONTRACT_ALLOW_BYTES];
};
/* False: there is no such path.  HEAD finds what GET finds. */
bool contract_find(
    const struct contract *contract, struct bytes method, struct bytes path, struct found *found);

#endif
