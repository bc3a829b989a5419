// What the OpenAPI document says of each operation, for the page's forms: who may, and the fields of its JSON body.
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const DOCUMENT = new URL("../src/api/openapi.json", import.meta.url);
const NAME = "virtual:operations";

interface Schema {
  $ref?: string;
  type?: string;
  enum?: string[];
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
}

const LINE_MAX = 255; // longer texts get a field of several lines

export function operations(document: any): Record<string, unknown> {
  const resolve = (schema: Schema): Schema =>
    schema.$ref === undefined ? schema : resolve(document.components.schemas[schema.$ref.split("/").at(-1)!]);

  function field(given: Schema, isRequired: boolean) {
    const schema = resolve(given.anyOf?.[0] ?? given);
    const named = (given.anyOf?.[0] ?? given).$ref?.split("/").at(-1);
    const item = schema.items?.$ref?.split("/").at(-1);
    const kind =
      schema.enum !== undefined
        ? "choice"
        : named === "Id" || named === "Language" || named === "Time" || named === "Slot" || named === "Decimal"
          ? named.toLowerCase()
          : item === "Slot"
            ? "slots"
            : schema.type === "integer"
              ? "number"
              : schema.type === "array" && resolve(schema.items!).type === "string"
                ? "lines"
                : schema.type === "string"
                  ? (schema.maxLength ?? 0) > LINE_MAX
                    ? "text"
                    : "line"
                  : "other";
    const { maxLength, minimum, maximum } = schema;
    return { kind, required: isRequired || undefined, choices: schema.enum, maxLength, minimum, maximum };
  }

  const found: Record<string, unknown> = {};
  for (const [path, methods] of Object.entries<any>(document.paths))
    for (const [method, operation] of Object.entries<any>(methods)) {
      const body = operation.requestBody?.content?.["application/json"]?.schema;
      if (operation.operationId === undefined) continue;
      const schema = resolve(body ?? {});
      const fields = Object.entries(schema.properties ?? {}).map(([name, given]) => [
        name,
        field(given, schema.required?.includes(name) ?? false),
      ]);
      found[operation.operationId] = {
        method: method.toUpperCase(),
        path,
        roles: operation["x-roles"],
        fields: Object.fromEntries(fields),
      };
    }
  return found;
}

export function operationsOfTheContract(): Plugin {
  return {
    name: "entente-operations",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load: (id) =>
      id === `\0${NAME}`
        ? `export default ${JSON.stringify(operations(JSON.parse(readFileSync(DOCUMENT, "utf8"))))}`
        : undefined,
  };
}
