/** A case on its way. */
import type { Pool } from 'undici';
import { createConsumer, INTERACTIONS, MEDIA_TYPE, unsignedToken } from '../../support/consumer.js';
import { asidOf, odsCodeOf } from '../processes/practices-file.js';
import type { InputCase } from './cases.js';

/** Sends a case to the first practice; answers its status. */
export async function send(pool: Pool, url: string, asked: InputCase): Promise<number> {
  const { method, interaction, path, headers, claims, body } = asked;
  const consumer = createConsumer(url, odsCodeOf(0), asidOf(0), Date.now);
  const answer = await pool.request({
    method,
    path: `/${odsCodeOf(0)}/STU3/1/gpconnect${path}`,
    headers: {
      'Ssp-TraceID': 'trace',
      'Ssp-From': '200000009999',
      'Ssp-To': asidOf(0),
      'Ssp-InteractionID': INTERACTIONS[interaction][0],
      Authorization: `Bearer ${unsignedToken(consumer.claims(interaction, claims))}`,
      Accept: MEDIA_TYPE.json,
      ...(body !== undefined && { 'Content-Type': MEDIA_TYPE.json }),
      ...headers,
    },
    body: body ?? null,
  });
  await answer.body.dump();
  return answer.statusCode;
}
