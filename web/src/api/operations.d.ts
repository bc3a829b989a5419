// The module that operations.ts at the root of web/ makes of the OpenAPI document.
declare module "virtual:operations" {
  export interface Field {
    kind: "id" | "language" | "time" | "slot" | "slots" | "decimal" | "choice" | "number" | "line" | "lines" | "text" | "other";
    required?: true;
    choices?: string[];
    maxLength?: number;
    minimum?: number;
    maximum?: number;
  }
  export interface Operation {
    method: "POST" | "PATCH";
    path: string;
    roles: string[];
    fields: Record<string, Field>;
  }
  const operations: Record<string, Operation>;
  export default operations;
}
