#include "api/contract.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTES_MAX 256u
#define OPERATIONS_MAX 256u
#define METHODS_COUNT 5u

static const char *const methods[METHODS_COUNT][2] = {
    {"get", "GET"}, {"post", "POST"}, {"put", "PUT"}, {"patch", "PATCH"}, {"delete", "DELETE"}};

struct segment_form {
    struct bytes text; /* of the document; of a parameter its name */
    const char *name;  /* NULL: literal; else with a closing zero, owned by the contract */
};

struct route {
    uint32_t count;
    struct segment_form segments[CONTRACT_SEGMENTS_MAX];
    const struct operation *operations[METHODS_COUNT];
};

struct contract {
    json_t *document;
    uint32_t routes_count;
    uint32_t operations_count;
    struct route routes[ROUTES_MAX];
    struct operation operations[OPERATIONS_MAX];
};

/* ---- roles ---- */

const char *
role_name(enum role role)
{
    static const char *const names[] = {
#define X(NAME, name) #name,
        ROLES(X)
#undef X
    };

    return role < ROLE_COUNT ? names[role] : NULL;
}

enum role
role_of_name(const char *name)
{
    enum role role = 0;

    while (role < ROLE_COUNT && (name == NULL || strcmp(role_name(role), name) != 0))
        role++;
    return role;
}

/* ---- paths ---- */

/* The next segment of a path behind its slash. */
static bool
segment_next(struct bytes *path, struct bytes *segment)
{
    if (path->size == 0 || path->data[0] != '/')
        return false;
    const uint8_t *start = path->data + 1;
    const uint8_t *end = memchr(start, '/', path->size - 1);
    size_t size = end != NULL ? (size_t)(end - start) : path->size - 1;
    *segment = (struct bytes){start, size};
    *path = (struct bytes){start + size, path->size - 1 - size};
    return true;
}

static bool
route_read(struct route *route, const char *template)
{
    struct bytes rest = bytes_of_text(template), segment;

    while (segment_next(&rest, &segment)) {
        if (route->count == CONTRACT_SEGMENTS_MAX || segment.size == 0)
            return false;
        struct segment_form *form = &route->segments[route->count++];
        form->text = segment;
        if (segment.data[0] != '{')
            continue;
        if (segment.data[segment.size - 1] != '}')
            return false;
        form->name = strndup((const char *)segment.data + 1, segment.size - 2);
        if (form->name == NULL)
            return false;
    }
    return rest.size == 0 && route->count > 0;
}

static bool
route_matches(const struct route *route, struct bytes path, struct found *found)
{
    struct bytes segment;

    found->count = 0;
    for (uint32_t i = 0; i < route->count; i++) {
        const struct segment_form *form = &route->segments[i];
        if (!segment_next(&path, &segment))
            return false;
        if (form->name == NULL && !bytes_equal(form->text, segment))
            return false;
        if (form->name != NULL) {
            found->names[found->count] = form->name;
            found->values[found->count++] = segment;
        }
    }
    return path.size == 0;
}

bool
contract_find(
    const struct contract *contract, struct bytes method, struct bytes path, struct found *found)
{
    struct found tried = {0}, best = {0};
    const struct route *route = NULL;

    for (uint32_t i = 0; i < contract->routes_count; i++)
        if (route_matches(&contract->routes[i], path, &tried) &&
            (route == NULL || tried.count < best.count)) { /* literal before parameter */
            best = tried;
            route = &contract->routes[i];
        }
    *found = best;
    if (route == NULL)
        return false;
    if (bytes_equal(method, bytes_of_text("HEAD")))
        method = bytes_of_text("GET");
    for (size_t i = 0, used = 0; i < METHODS_COUNT; i++) {
        if (route->operations[i] == NULL)
            continue;
        if (bytes_equal(method, bytes_of_text(methods[i][1])))
            found->operation = route->operations[i];
        used += (size_t)snprintf(found->allow + used, sizeof found->allow - used, "%s%s%s",
            used > 0 ? ", " : "", methods[i][1], i == 0 ? ", HEAD" : "");
    }
    return true;
}

/* ---- loading ---- */

static bool __attribute__((format(printf, 2, 3)))
unknown(struct violation *violation, const char *text, ...)
{
    va_list values;

    va_start(values, text);
    vsnprintf(violation->text, sizeof violation->text, text, values);
    va_end(values);
    return false;
}

static bool
parameter_place(const char *in, enum parameter_place *place)
{
    static const char *const places[] = {"path", "query", "header"};

    for (size_t i = 0; in != NULL && i < 3; i++)
        if (strcmp(in, places[i]) == 0) {
            *place = (enum parameter_place)i;
            return true;
        }
    return false;
}

static bool
parameters_read(struct contract *contract, struct operation *operation, const json_t *list,
    struct violation *violation)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *node = json_array_get(list, i);
        if (operation->parameters_count == CONTRACT_PARAMETERS_MAX)
            return unknown(violation, "%s: too many parameters", operation->name);
        struct parameter *parameter = &operation->parameters[operation->parameters_count++];
        parameter->name = json_string_value(json_object_get(node, "name"));
        parameter->is_required = json_is_true(json_object_get(node, "required"));
        parameter->schema = json_object_get(node, "schema");
        if (parameter->name == NULL ||
            !parameter_place(json_string_value(json_object_get(node, "in")), &parameter->place))
            return unknown(violation, "%s: a parameter has a wrong form", operation->name);
        if (!schema_is_known(contract->document, parameter->schema, violation))
            return false;
        const char *type = schema_type(contract->document, parameter->schema);
        parameter->is_integer = type != NULL && strcmp(type, "integer") == 0;
        if (parameter->place == PARAMETER_HEADER) {
            operation->is_repeatable = strcmp(parameter->name, "Idempotency-Key") == 0;
            if (!operation->is_repeatable)
                return unknown(violation, "%s: a header that nobody reads", operation->name);
        }
    }
    return true;
}

static bool
body_read(struct contract *contract, struct operation *operation, const json_t *node,
    struct violation *violation)
{
    const json_t *content = json_object_get(node, "content");

    if (node == NULL)
        return true;
    operation->body_is_required = json_is_true(json_object_get(node, "required"));
    operation->body = json_object_get(json_object_get(content, "application/json"), "schema");
    operation->body_form = operation->body != NULL ? BODY_JSON : BODY_STREAM;
    if (json_object_size(content) != 1 ||
        (operation->body == NULL && json_object_get(content, "application/octet-stream") == NULL))
        return unknown(violation, "%s: a body of a form that is not read", operation->name);
    return operation->body == NULL ||
           schema_is_known(contract->document, operation->body, violation);
}

static bool
answers_read(struct contract *contract, struct operation *operation, const json_t *node,
    struct violation *violation)
{
    const char *status, *media_type;
    json_t *answer, *content;
    size_t count = 0;

    json_object_foreach((json_t *)node, status, answer)
        json_object_foreach(json_object_get(answer, "content"), media_type, content)
    {
        const json_t *schema = json_object_get(content, "schema");
        if (count == 3)
            return unknown(violation, "%s: too many kinds of answers", operation->name);
        operation->media_types[count++] = media_type;
        if (strcmp(media_type, "application/json") == 0 &&
            !schema_is_known(contract->document, schema, violation))
            return false;
    }
    return count > 0 || json_object_size(node) > 0;
}

static bool
roles_read(struct operation *operation, const json_t *list, struct violation *violation)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        enum role role = role_of_name(json_string_value(json_array_get(list, i)));
        if (role == ROLE_COUNT)
            return unknown(violation, "%s: an unknown role", operation->name);
        operation->roles |= 1u << role;
    }
    return json_is_array(list) || unknown(violation, "%s: x-roles is missing", operation->name);
}

static bool
operation_read(struct contract *contract, struct route *route, size_t method, const json_t *node,
    struct violation *violation)
{
    if (contract->operations_count == OPERATIONS_MAX)
        return unknown(violation, "too many operations");
    struct operation *operation = &contract->operations[contract->operations_count];
    operation->index = contract->operations_count++;
    operation->name = json_string_value(json_object_get(node, "operationId"));
    operation->method = methods[method][1];
    route->operations[method] = operation;
    if (operation->name == NULL)
        return unknown(violation, "an operation has no operationId");
    for (uint32_t i = 0; i < operation->index; i++)
        if (strcmp(contract->operations[i].name, operation->name) == 0)
            return unknown(violation, "%s: it is there twice", operation->name);
    return roles_read(operation, json_object_get(node, "x-roles"), violation) &&
           parameters_read(contract, operation, json_object_get(node, "parameters"), violation) &&
           body_read(contract, operation, json_object_get(node, "requestBody"), violation) &&
           answers_read(contract, operation, json_object_get(node, "responses"), violation);
}

static bool
paths_read(struct contract *contract, const json_t *paths, struct violation *violation)
{
    const char *path, *method;
    json_t *node, *operation;

    json_object_foreach((json_t *)paths, path, node)
    {
        if (contract->routes_count == ROUTES_MAX)
            return unknown(violation, "too many paths");
        struct route *route = &contract->routes[contract->routes_count++];
        if (!route_read(route, path))
            return unknown(violation, "%s: a path of a wrong form", path);
        json_object_foreach(node, method, operation)
        {
            size_t i = 0;
            while (i < METHODS_COUNT && strcmp(methods[i][0], method) != 0)
                i++;
            if (i == METHODS_COUNT)
                return unknown(violation, "%s: an unknown method %s", path, method);
            if (!operation_read(contract, route, i, operation, violation))
                return false;
        }
    }
    return true;
}

static bool
schemas_read(struct contract *contract, struct violation *violation)
{
    json_t *schemas = json_object_get(json_object_get(contract->document, "components"), "schemas");
    const char *name;
    json_t *schema;

    json_object_foreach(
        schemas, name, schema) if (!schema_is_known(contract->document, schema, violation))
    {
        char what[SCHEMA_TEXT_BYTES_MAX];
        snprintf(what, sizeof what, "%s", violation->text);
        return unknown(violation, "schema %.100s: %.300s", name, what);
    }
    return true;
}

enum entente_error
contract_new(struct contract **contract_out, struct bytes document, struct violation *violation)
{
    struct contract *contract = calloc(1, sizeof *contract);
    json_error_t error;

    *contract_out = NULL;
    memset(violation, 0, sizeof *violation);
    if (contract == NULL)
        return ENTENTE_ERR_NO_MEMORY;
    contract->document =
        json_loadb((const char *)document.data, document.size, JSON_REJECT_DUPLICATES, &error);
    if (contract->document == NULL)
        unknown(violation, "line %d: %s", error.line, error.text);
    if (contract->document == NULL || !schemas_read(contract, violation) ||
        !paths_read(contract, json_object_get(contract->document, "paths"), violation)) {
        contract_free(contract);
        return ENTENTE_ERR_MALFORMED;
    }
    *contract_out = contract;
    return ENTENTE_OK;
}

void
contract_free(struct contract *contract)
{
    if (contract == NULL)
        return;
    for (uint32_t i = 0; i < contract->routes_count; i++)
        for (uint32_t j = 0; j < contract->routes[i].count; j++)
            free((void *)(uintptr_t)contract->routes[i].segments[j].name);
    json_decref(contract->document);
    free(contract);
}

const json_t *
contract_document(const struct contract *contract)
{
    return contract->document;
}

uint32_t
contract_operations(const struct contract *contract)
{
    return contract->operations_count;
}

const struct operation *
contract_operation(const struct contract *contract, uint32_t index)
{
    return &contract->operations[index];
}
