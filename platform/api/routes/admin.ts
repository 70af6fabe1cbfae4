// What admins do, and what the operator reads about it.

import { sql } from "drizzle-orm";
import { getAddress } from "ethers";
import { Problem } from "../../../sdk/base/problem";
import type { AdmissionView, ApprovedRegistration } from "../../../sdk/platform/wire";
import { rowsOf } from "../../store/database";
import { callerIn, needs } from "../access";
import { newApp, type ApiApp, type ApiParts } from "../context";
import { actOnce } from "../idempotency";
import { createApiKey, revokeApiKey } from "../keys";
import { readPage, seconds } from "../pages";
import {
  addressSchema,
  answers,
  BEARER,
  createRoute,
  failures,
  idempotencyHeader,
  jsonBodyOf,
  pageOf,
  pageQuery,
  reply,
  z,
} from "../schemas/common";
import { admissionInput, admissionView, approvedRegistration } from "../schemas/drafts";
import { apiKeyCreated, apiKeyInput } from "../schemas/evaluations";

const shared = { security: BEARER };

const admit = createRoute({
  ...shared,
  middleware: [needs("admin")] as const,
  tags: ["operator"],
  method: "post",
  path: "/api/v1/admissions",
  summary: "Let a wallet deploy models: the operator's duty `admit` grants it the role",
  request: { headers: idempotencyHeader, body: jsonBodyOf(admissionInput) },
  responses: { 201: answers(admissionView, "The admission"), ...failures(403, 409, 413, 415) },
});

const dismiss = createRoute({
  ...shared,
  middleware: [needs("admin")] as const,
  tags: ["operator"],
  method: "delete",
  path: "/api/v1/admissions/{address}",
  summary: "Take an admission back; a role that was granted is taken away on chain, by a guardian",
  request: { params: z.object({ address: addressSchema }) },
  responses: { 204: { description: "It is gone" }, ...failures(403, 404) },
});

const admissions = createRoute({
  ...shared,
  middleware: [needs("admin")] as const,
  tags: ["operator"],
  method: "get",
  path: "/api/v1/operator/admissions",
  summary: "Wallets that may deploy models",
  request: { query: pageQuery },
  responses: { 200: answers(pageOf(admissionView), "A page of wallets, oldest first"), ...failures(403) },
});

const registrations = createRoute({
  ...shared,
  middleware: [needs("admin")] as const,
  tags: ["operator"],
  method: "get",
  path: "/api/v1/operator/registrations",
  summary: "Approved models that the chain has not registered yet",
  request: { query: pageQuery },
  responses: { 200: answers(pageOf(approvedRegistration), "A page of models, oldest first"), ...failures(403) },
});

const createKey = createRoute({
  ...shared,
  middleware: [needs("admin")] as const,
  tags: ["keys"],
  method: "post",
  path: "/api/v1/keys",
  summary: "Make a key for an account; it is shown once",
  request: { body: jsonBodyOf(apiKeyInput) },
  responses: { 201: answers(apiKeyCreated, "The key"), ...failures(403, 413, 415) },
});

const revokeKey = createRoute({
  ...shared,
  middleware: [needs("admin")] as const,
  tags: ["keys"],
  method: "delete",
  path: "/api/v1/keys/{prefix}",
  summary: "Make a key worthless",
  request: {
    params: z.object({
      prefix: z
        .string()
        .regex(/^[0-9a-f]{16}$/, "16 hexadecimal digits, the middle part of a key")
        .openapi({ example: "0123456789abcdef" }),
    }),
  },
  responses: { 204: { description: "It is worthless" }, ...failures(403, 404) },
});

/** Operations of admins and of the operator. */
export function adminRoutes({ store: { db } }: ApiParts): ApiApp {
  const app = newApp();

  app.openapi(admit, async (context) => {
    const address = getAddress(context.req.valid("json").address);
    const { account } = callerIn(context);
    const view = await actOnce(context, db, async (transaction) => {
      const [row] = await rowsOf<AdmissionView>(
        transaction,
        sql`INSERT INTO admissions (address, admitted_by) VALUES (${address}, ${account})
            ON CONFLICT (address) DO NOTHING
            RETURNING address, ${seconds("admitted_at")} AS admitted_at`,
      );
      if (row) return row;
      throw new Problem("ALREADY_DONE", `${address} was admitted before.`);
    });
    return reply(context, view, 201);
  });

  app.openapi(dismiss, async (context) => {
    const address = getAddress(context.req.valid("param").address);
    const rows = await rowsOf(db, sql`DELETE FROM admissions WHERE address = ${address} RETURNING address`);
    if (rows.length === 0) throw new Problem("NOT_DEPLOYED", `${address} is not admitted.`);
    return context.body(null, 204);
  });

  app.openapi(admissions, async (context) => {
    const query = sql`SELECT address, ${seconds("admitted_at")} AS admitted_at FROM admissions`;
    const all = { query, order: sql.raw("admissions.admitted_at, address") };
    return reply(context, await readPage(db, context.req.valid("query"), all, (row: AdmissionView) => row), 200);
  });

  app.openapi(registrations, async (context) => {
    const query = sql`SELECT approved.draft_id, approved.model_id, approved.token, approved.method,
        ${seconds("approved.approved_at")} AS approved_at, approved.files
      FROM approved_registrations AS approved LEFT JOIN models ON models.token = approved.token
      WHERE models.status IS NULL OR models.status = 'PROPOSAL'`;
    const open = { query, order: sql.raw("approved.approved_at, approved.draft_id") };
    const page = await readPage(db, context.req.valid("query"), open, (row: ApprovedRegistration) => row);
    return reply(context, page, 200);
  });

  app.openapi(createKey, async (context) => {
    const { account, scopes } = context.req.valid("json");
    const key = await createApiKey(db, account, [...new Set(scopes)]);
    const prefix = key.split("_")[1] as string;
    return reply(context, { prefix, key, account, scopes: [...new Set(scopes)] }, 201);
  });

  app.openapi(revokeKey, async (context) => {
    const { prefix } = context.req.valid("param");
    if (!(await revokeApiKey(db, prefix)))
      throw new Problem("NOT_DEPLOYED", `there is no key ${prefix} that is not revoked.`);
    return context.body(null, 204);
  });

  return app;
}
